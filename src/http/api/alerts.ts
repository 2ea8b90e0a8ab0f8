import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import { alertCursor, parseAlertCursor } from "../../core/delivery/cursor.ts";
import type { Acknowledgement, Alert } from "../../core/model/alert.ts";
import type { ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EvidenceStore } from "../../ports/evidence.ts";
import type { AlertQuery, AlertStore } from "../../ports/store.ts";
import { callerOf } from "../base/caller.ts";
import { alertname, answers, page, pageQuery, severity, stateName } from "../base/field-schemas.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import { alertSchema, alertView, transitionSchema, transitionView } from "../rows/alert-view.ts";
import { evidenceSchema, evidenceView, readableEvidence } from "../rows/evidence-view.ts";
import { rowIdOf } from "../rows/rows.ts";

export interface AlertsDeps {
  readonly store: Pick<AlertStore, "alerts" | "transitions" | "acknowledge"> & {
    readonly evidence: Pick<EvidenceStore, "get">;
  };
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

/** Rows that one request looks through at most, when most of them do not match: `next` goes on from there. */
const LOOKED_THROUGH = 5_000;
const BATCH = 500;

const states = z
  .string()
  .transform((given) => given.split(","))
  .pipe(z.array(stateName))
  .optional()
  .meta({
    override: { type: "string" },
    description: "Comma-separated; all without it.",
    examples: ["firing,pending"],
  });

const matcher = z
  .string()
  .regex(/^[a-z]+!?=.*$/s, "A matcher is label=value or label!=value, such as pod=web-0.")
  .meta({ examples: ["workload=Deployment/checkout"] });

const alertsQuery = pageQuery.extend({
  state: states,
  namespace: z.string().max(63).optional(),
  workload: z
    .string()
    .max(300)
    .optional()
    .meta({ examples: ["Deployment/checkout"] }),
  severity: severity.optional(),
  alertname: alertname.optional(),
  matcher: z
    .union([matcher, z.array(matcher).max(20)])
    .optional()
    .meta({ description: "Matchers of labels, all of which must hold. An absent label is the empty value." }),
});

const fingerprintParams = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/, "A fingerprint is hexadecimal."),
});

const episodeQuery = z.object({
  episode: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: "The newest without it." }),
});

const alertWithEvidence = alertSchema
  .extend({
    evidence: evidenceSchema.optional().meta({ description: "Absent while, or where, nothing was kept." }),
  })
  .meta({ id: "AlertWithEvidence" });

const ackBody = z.strictObject({
  note: z.string().max(2000).default(""),
  notifyOnWorsening: z.boolean().default(true).meta({ description: "Tell again when it gets worse." }),
  by: z.string().trim().min(1).max(200).optional().meta({ description: "Who takes it, where nobody signs in." }),
});

/** /api/v1/alerts: the alerts, their history, and who took them. */
export function alertsApi({ store, clock, log }: AlertsDeps) {
  return function alerts(plain: FastifyInstance): void {
    const app = plain.withTypeProvider<FastifyZodOpenApiTypeProvider>();
    const tags = ["alerts"];

    app.get(
      "/alerts",
      {
        schema: {
          summary: "Alerts, newest first",
          description: "By when they became active. Every episode of an alert is an entry of its own.",
          tags,
          querystring: alertsQuery,
          response: answers(page(alertSchema)),
        },
      },
      async (request) => {
        const { entries, next } = await find(request, request.query);
        return { entries: entries.map(alertView), next };
      },
    );

    app.get(
      "/alerts/:fingerprint",
      {
        schema: {
          summary: "One episode of one alert, with what was found out when it fired",
          description: "The evidence is kept as long as the alert is, also when the pod is long gone.",
          tags,
          params: fingerprintParams,
          querystring: episodeQuery,
          response: answers(alertWithEvidence),
        },
      },
      async (request) => {
        const alert = await episodeOf(request, request.params.fingerprint, request.query.episode);
        const kept = await store.evidence.get(alert);
        if (kept === undefined) return alertView(alert);
        const readable = await readableEvidence(kept, alert.labels.namespace, callerOf(request));
        return { ...alertView(alert), evidence: evidenceView(readable) };
      },
    );

    app.get(
      "/alerts/:fingerprint/history",
      {
        schema: {
          summary: "What became of one alert, newest first",
          tags,
          params: fingerprintParams,
          querystring: pageQuery,
          response: answers(page(transitionSchema)),
        },
      },
      async (request) => {
        const { fingerprint } = request.params;
        const { limit, cursor } = request.query;
        await newest(request, fingerprint);
        if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw wrongCursor();
        const transitions = await store.transitions({
          fingerprint,
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        return {
          entries: transitions.map(transitionView),
          next: transitions.length < limit ? undefined : String(transitions.at(-1)!.id),
        };
      },
    );

    app.post(
      "/alerts/:fingerprint/ack",
      {
        schema: {
          summary: "Take an alert",
          description: "No reminders until it recovers or, with `notifyOnWorsening`, gets worse.",
          tags,
          params: fingerprintParams,
          body: ackBody,
          response: answers(alertSchema),
        },
      },
      async (request) => {
        const { note, notifyOnWorsening, by } = request.body;
        const caller = callerOf(request);
        return change(request, request.params.fingerprint, {
          by: caller.user ?? by ?? "anonymous",
          at: clock.now(),
          note,
          notifyOnWorsening,
        });
      },
    );

    app.delete(
      "/alerts/:fingerprint/ack",
      { schema: { summary: "Give an alert back", tags, params: fingerprintParams, response: answers(alertSchema) } },
      async (request) => change(request, request.params.fingerprint, undefined),
    );
  };

  async function newest(request: FastifyRequest, fingerprint: string): Promise<Alert> {
    const episodes = await store.alerts({ fingerprint, limit: 1 });
    const alert = episodes[0];
    if (alert === undefined || !callerOf(request).sees(alert.labels.namespace)) {
      throw notFound(`Alert ${fingerprint}`);
    }
    return alert;
  }

  async function episodeOf(request: FastifyRequest, fingerprint: string, episode: number | undefined): Promise<Alert> {
    const last = await newest(request, fingerprint);
    if (episode === undefined || episode === last.episode) return last;
    // Episodes are numbered one after the other, and at most as many as that are newer.
    const limit = last.episode - episode + 1;
    const found = limit > 0 ? await store.alerts({ fingerprint, limit }) : [];
    const asked = found.find((alert) => alert.episode === episode);
    if (asked === undefined) throw notFound(`Episode ${episode} of alert ${fingerprint}`);
    return asked;
  }

  async function change(request: FastifyRequest, fingerprint: string, acknowledgement: Acknowledgement | undefined) {
    const { labels } = await newest(request, fingerprint);
    if (!(await callerOf(request).mayAct(labels.namespace))) throw mayNotAct(labels.namespace);
    const changed = await store.acknowledge(fingerprint, acknowledgement);
    if (changed === undefined) throw new HttpProblem(409, "The alert has resolved: there is nothing left to take.");
    await log({
      at: clock.now(),
      by: acknowledgement?.by ?? callerOf(request).user ?? "anonymous",
      action: acknowledgement === undefined ? "unack" : "ack",
      about: [rowIdOf(labels), fingerprint],
      ...(acknowledgement?.note ? { note: acknowledgement.note } : {}),
    });
    return alertView(changed);
  }

  /** Namespace, fingerprint and state are the store's to filter; the rest is looked through here. */
  async function find(request: FastifyRequest, query: z.output<typeof alertsQuery>) {
    const caller = callerOf(request);
    const matches = matcherOf(query);
    if (query.cursor !== undefined && parseAlertCursor(query.cursor) === undefined) throw wrongCursor();
    const entries: Alert[] = [];
    let cursor = query.cursor;
    for (let seen = 0; seen < LOOKED_THROUGH; ) {
      const filter: AlertQuery = {
        limit: BATCH,
        ...(query.state === undefined ? {} : { states: query.state }),
        ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const batch = await store.alerts(filter);
      for (const alert of batch) {
        cursor = alertCursor(alert);
        if (!caller.sees(alert.labels.namespace) || !matches(alert)) continue;
        entries.push(alert);
        if (entries.length === query.limit) return { entries, next: cursor };
      }
      if (batch.length < BATCH) return { entries, next: undefined };
      seen += batch.length;
    }
    return { entries, next: cursor };
  }
}

function matcherOf(query: z.output<typeof alertsQuery>): (alert: Alert) => boolean {
  const conditions = [query.matcher ?? []].flat().map((given) => {
    const [, name, operator, value] = /^([a-z]+)(!?=)(.*)$/s.exec(given)!;
    return (alert: Alert) =>
      ((Object.entries(alert.labels).find(([label]) => label === name)?.[1] ?? "") === value) === (operator === "=");
  });
  return (alert) =>
    (query.workload === undefined || alert.labels.workload === query.workload) &&
    (query.severity === undefined || alert.severity === query.severity) &&
    (query.alertname === undefined || alert.labels.alertname === query.alertname) &&
    conditions.every((holds) => holds(alert));
}

function wrongCursor(): HttpProblem {
  return new HttpProblem(400, "The cursor is not one that this program gave: leave it out to begin anew.");
}

export function mayNotAct(namespace: string): HttpProblem {
  return new HttpProblem(403, `You may look at ${namespace}, and not change anything there.`, {
    missing: `update pods in ${namespace}`,
  });
}
