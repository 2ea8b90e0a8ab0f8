import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { eventTime } from "../../core/model/event-time.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Evidence, EvidenceSnapshot, EvidenceStore, KubernetesObject, LogExcerpt } from "../../ports/evidence.ts";
import { errorMessage } from "../../util/error-message.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerOf } from "../base/caller.ts";
import { notFound } from "../base/problem.ts";
import { concernsWorkload, mayNotRead } from "../rows/cluster-evidence.ts";
import { concerns, type DetailsDeps, detailsOf, failedContainerOf } from "../rows/details.ts";
import { parseRowId, type RowTarget } from "../rows/row-id.ts";
import {
  details,
  type Events,
  type EventView,
  events as eventsSchema,
  type Log,
  logQuery,
  log as logSchema,
} from "../schemas/details.ts";
import { answers } from "../schemas/fields.ts";
import type { Row } from "../schemas/state.ts";

export interface ContainersApiDeps extends DetailsDeps {
  readonly evidence: Evidence;
  /** Evidence that was stored when alerts fired; the only source once a pod and its events are gone. */
  readonly storedEvidence: Pick<EvidenceStore, "get">;
}

/** After this time the response is sent without limits and requests. */
const RAW_POD_DEADLINE: Duration = 2 * SECOND;

/** Alerts of one row whose evidence is read: a container has few, a namespace may have many. */
const MAX_EVIDENCE_READS = 20;

const idParams = z.object({
  id: z
    .string()
    .max(600)
    .meta({
      description: "`namespace/pod/container`, as one path segment: `/` is `%2F`.",
      examples: ["shop%2Fweb-0%2Fapp"],
    }),
});

/** /api/v1/containers/{id}: details, events and log. */
export function containersApi(deps: ContainersApiDeps) {
  const { rowOf, storedFor, rawPod, eventsOf } = createRowReader(deps);
  return function containers(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["page"];

    app.get(
      "/containers/:id",
      { schema: { summary: "Details of a container", tags, params: idParams, response: answers(details) } },
      async (request) => {
        const target = targetOf(request, request.params.id);
        const row = await rowOf(request.params.id, target);
        const raw = await rawPod(target);
        // Evidence of a resolved alert is out of date for a pod that has recovered.
        const stored =
          row.alerts === undefined && row.resolvedAt === undefined ? undefined : await storedFor(target, () => true);
        return detailsOf(deps, row, raw, stored, callerOf(request));
      },
    );

    app.get(
      "/containers/:id/events",
      {
        schema: {
          summary: "Events of its pod, newest first",
          tags,
          params: idParams,
          response: answers(eventsSchema),
        },
      },
      async (request) => {
        const target = targetOf(request, request.params.id);
        if (!(await callerOf(request).mayRead(target.namespace, "events"))) {
          return { events: [], reason: mayNotRead(target.namespace, "events") };
        }
        const found = await eventsOf(target);
        if (found.events.length > 0) return found;
        const stored = await storedFor(target, ({ events }) => events.length > 0);
        return stored === undefined
          ? found
          : { ...found, events: stored.events.map(eventView), storedAt: stored.takenAt };
      },
    );

    app.get(
      "/containers/:id/log",
      {
        schema: {
          summary: "End of its log, secrets masked",
          tags,
          params: idParams,
          querystring: logQuery,
          response: answers(logSchema),
        },
      },
      async (request) => {
        const target = targetOf(request, request.params.id);
        const { previous, lines } = request.query;
        const failedContainer = target.container === undefined ? failedContainerOf(deps.live, target) : undefined;
        const pod = failedContainer?.pod ?? target.pod;
        const container = failedContainer?.container.name ?? target.container;
        if (pod === undefined || container === undefined) {
          return unavailable("never-started", "Only a container has a log.");
        }
        if (!(await callerOf(request).mayRead(target.namespace, "logs"))) {
          return unavailable("forbidden", mayNotRead(target.namespace, "logs"));
        }
        const options = { previous: previous === "true", tailLines: lines };
        const excerpt = await deps.evidence
          .log(target.namespace, pod, container, options)
          .catch((error: unknown): LogExcerpt => ({ available: false, reason: messageOf(error), why: "unreachable" }));
        const stored = excerpt.available ? undefined : await storedFor(target, ({ log }) => log?.available === true);
        return {
          ...((stored && storedLog(stored, lines)) ?? logOf(excerpt)),
          ...(failedContainer === undefined ? {} : { of: failedContainer.id }),
        };
      },
    );
  };
}

/** Reads the data of one row from the cluster and from stored evidence. */
function createRowReader({ rows, evidence, clock, live, storedEvidence }: ContainersApiDeps) {
  return { rowOf, storedFor, rawPod, eventsOf };

  async function rowOf(id: string, target: RowTarget): Promise<Row> {
    const row = (await rows.groupWithResolved(target)).find((one) => one.id === id);
    if (row === undefined) throw notFound(id);
    return row;
  }

  /** The stored evidence of its newest alert that has the wanted part. */
  async function storedFor(
    target: RowTarget,
    isWanted: (stored: EvidenceSnapshot) => boolean,
  ): Promise<EvidenceSnapshot | undefined> {
    const alerts = [...live.alerts()].filter((alert) => concerns(alert, target));
    const newest = alerts.sort((a, b) => b.state.activeAt - a.state.activeAt).slice(0, MAX_EVIDENCE_READS);
    for (const alert of newest) {
      // The store may not respond; the current data of the cluster is shown anyway.
      const stored = await storedEvidence.get(alert).catch(() => undefined);
      if (stored !== undefined && isWanted(stored)) return stored;
    }
    return undefined;
  }

  async function rawPod({ namespace, pod }: RowTarget): Promise<KubernetesObject | undefined> {
    if (pod === undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = clock.after(RAW_POD_DEADLINE, () => resolve(undefined));
    const asked = evidence.pods(namespace, pod).then(
      (pods) => pods[0],
      () => undefined,
    );
    return Promise.race([asked, promise]).finally(() => timer.cancel());
  }

  async function eventsOf({ namespace, pod, workload }: RowTarget): Promise<Events> {
    const uid = pod === undefined ? undefined : live.source.pod(namespace, pod)?.uid;
    try {
      const found = await evidence.events(
        namespace,
        pod === undefined ? undefined : { name: pod, ...(uid === undefined ? {} : { uid }) },
      );
      const own = workload === undefined ? found : found.filter((event) => concernsWorkload(event, workload));
      return { events: own.map(eventView) };
    } catch (error) {
      return { events: [], reason: messageOf(error) };
    }
  }
}

function targetOf(request: FastifyRequest, id: string): RowTarget {
  const target = parseRowId(id);
  if (target === undefined || !callerOf(request).sees(target.namespace)) throw notFound(id);
  return target;
}

function logOf(excerpt: LogExcerpt): Log {
  if (excerpt.available)
    return { available: true, lines: excerpt.lines, masked: excerpt.masked ?? maskedIn(excerpt.lines) };
  return unavailable(excerpt.why ?? whyOf(excerpt.reason), excerpt.reason);
}

function storedLog({ log, takenAt }: EvidenceSnapshot, lines: number): Log | undefined {
  if (log?.available !== true) return undefined;
  const end = log.lines.slice(-lines);
  const masked = end.length === log.lines.length ? log.masked : undefined;
  return { available: true, lines: end, masked: masked ?? maskedIn(end), storedAt: takenAt };
}

type NoLog = Extract<Log, { readonly available: false }>;

function unavailable(why: NoLog["why"], reason: string): NoLog {
  return { available: false, why, reason };
}

/** Derived from the reason, if its source did not classify it. */
function whyOf(reason: string): NoLog["why"] {
  if (/forbidden|may not/i.test(reason)) return "forbidden";
  if (/not started|never started|waiting to start/i.test(reason)) return "never-started";
  if (/not kept|not found|no longer|gone/i.test(reason)) return "not-kept";
  return "unreachable";
}

function maskedIn(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.split("[masked]").length - 1, 0);
}

function eventView(event: KubernetesObject): EventView {
  const text = (name: string) => (typeof event[name] === "string" ? (event[name] as string) : "");
  const series = event.series as { readonly count?: unknown } | null | undefined;
  const source = event.source as { readonly component?: string; readonly host?: string } | null | undefined;
  const first = Date.parse(text("firstTimestamp") || text("eventTime"));
  const last = eventTime(event);
  const from = [source?.component ?? (text("reportingComponent") || undefined), source?.host]
    .filter(Boolean)
    .join(", ");
  return {
    type: text("type") || "Normal",
    reason: text("reason"),
    message: text("message"),
    count: Number(series?.count ?? event.count ?? 1) || 1,
    ...(Number.isNaN(first) ? {} : { firstSeenAt: first }),
    ...(last === undefined ? {} : { lastSeenAt: last }),
    ...(from === "" ? {} : { source: from }),
  };
}

function messageOf(error: unknown): string {
  return errorMessage(error);
}
