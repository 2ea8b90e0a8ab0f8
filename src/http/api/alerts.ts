import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { alertCursor, parseAlertCursor } from "../../core/delivery/cursor.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { EvidenceStore } from "../../ports/evidence.ts";
import type { AlertQuery, AlertStore } from "../../ports/store.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerOf } from "../base/caller.ts";
import { notFound } from "../base/problem.ts";
import { alertSchema, alertView } from "../rows/alert-view.ts";
import { evidenceSchema, evidenceView, readableEvidence } from "../rows/evidence-view.ts";
import { alertname, answers, commaSeparated, cursorOf, page, pageQuery, severity } from "../schemas/fields.ts";

export interface AlertsDeps {
  readonly store: Pick<AlertStore, "alerts"> & {
    readonly evidence: Pick<EvidenceStore, "get">;
  };
}

/** Alerts that one request reads at most when few of them match; `next` continues from there. */
const MAX_SCANNED = 5_000;
const BATCH = 500;

const states = commaSeparated(["pending", "firing", "resolved"])
  .optional()
  .meta({
    description: "Default: all.",
    examples: ["firing,pending"],
  });

const matcher = z
  .string()
  .regex(/^[a-z]+!?=.*$/s, "A matcher is label=value or label!=value, such as pod=web-0.")
  .meta({ examples: ["workload=Deployment/checkout"] });

const alertsQuery = pageQuery.extend({
  cursor: cursorOf("^\\d{1,15}\\.[0-9a-f]{1,64}\\.\\d{1,9}$"),
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
    .meta({ description: "Label matchers; all must match. An absent label has the empty value." }),
});

const fingerprintParams = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/, "A fingerprint is hexadecimal."),
});

const episodeQuery = z.strictObject({
  episode: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: "Default: the newest." }),
});

export const alertWithEvidence = alertSchema
  .extend({
    evidence: evidenceSchema.optional().meta({ description: "Absent if none was stored." }),
  })
  .meta({ id: "AlertWithEvidence" });

/** /api/v1/alerts. */
export function alertsApi({ store }: AlertsDeps) {
  return function alerts(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["alerts"];

    app.get(
      "/alerts",
      {
        schema: {
          summary: "Alerts, newest first",
          description: "Sorted by `activeAt`. Every episode of an alert is a separate entry.",
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
          summary: "One episode of an alert, with its evidence",
          description: "The evidence is kept as long as the alert, even if the pod is deleted.",
          tags,
          params: fingerprintParams,
          querystring: episodeQuery,
          response: answers(alertWithEvidence),
        },
      },
      async (request) => {
        const alert = await episodeOf(request, request.params.fingerprint, request.query.episode);
        const stored = await store.evidence.get(alert);
        if (stored === undefined) return alertView(alert);
        const readable = await readableEvidence(stored, alert.labels.namespace, callerOf(request));
        return { ...alertView(alert), evidence: evidenceView(readable) };
      },
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

  /** The store filters by namespace and state, this function by everything else. */
  async function find(request: FastifyRequest, query: z.output<typeof alertsQuery>) {
    const caller = callerOf(request);
    const matches = matcherOf(query);
    if (query.cursor !== undefined) parseAlertCursor(query.cursor);
    const entries: Alert[] = [];
    let cursor = query.cursor;
    for (let seen = 0; seen < MAX_SCANNED; ) {
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
