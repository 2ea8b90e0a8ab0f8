import { podsOf } from "../../core/incident/causes.ts";
import { rolloutOf } from "../../core/incident/change.ts";
import { stripOf } from "../../core/incident/lifecycle.ts";
import { backOffOf } from "../../core/incident/why.ts";
import type { Alert } from "../../core/model/alert.ts";
import { terminationsOf } from "../../core/model/container.ts";
import type { ContainerSnapshot, PodSnapshot } from "../../core/model/pod.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import { isBatch } from "../../core/model/workload.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications } from "../../ports/notifications.ts";
import type { Caller } from "../base/caller.ts";
import type { Incident, IncidentAck, IncidentChange, IncidentNow } from "../schemas/incidents.ts";
import { type IncidentFacts, podsOfWorkload, workloadOf } from "./incident-facts.ts";
import type { IncidentIndex } from "./incident-index.ts";
import { DEFAULT_CONSUMER_LABEL, type NotificationLog } from "./notification-log.ts";
import { rowIdOf } from "./rows.ts";

/** Sources of an incident's view, apart from its facts. */
export interface IncidentViewDeps {
  readonly live: LiveState;
  readonly index: Pick<IncidentIndex, "episodesOf" | "shown">;
  readonly notifications: Pick<Notifications, "explain" | "receivers">;
  readonly log: Pick<NotificationLog, "receiversOf">;
  readonly join: () => Duration;
  readonly now: () => Instant;
  /** Whether a consumer has asked for alerts within the last hour. */
  readonly isPulled: () => boolean;
}

/** Alerts of one incident whose notifications are read: there may be thousands, and they are notified together. */
const MAX_EXPLAINED = 20;
const MAX_NODES = 3;

/** An incident as the caller may see it. Await `log.read()` before. */
export async function incidentView(facts: IncidentFacts, caller: Caller, deps: IncidentViewDeps): Promise<Incident> {
  const { id, key, kind, namespace, workload, severity, phase, since, cause, span, causes } = facts;
  const isOpen = phase !== "resolved";
  deps.index.shown(facts);
  const worst = causes[0]?.alerts[0];
  const reason = worst?.annotations.reason;
  const row = rowOf(worst, deps.live);
  const now = isOpen && facts.asOf === undefined ? nowOf(facts, deps.live) : undefined;
  const change = isOpen ? changeOf(facts, deps) : undefined;
  const nodes = [...new Set(facts.nodes)].sort();
  const isLineHidden = facts.line?.from === "log" && !(await caller.mayRead(namespace, "logs"));
  const line = isLineHidden ? undefined : facts.line;
  const { why, short } = (isLineHidden ? facts.withoutLog : undefined) ?? facts;
  return {
    id,
    key,
    kind,
    namespace,
    ...(workload === undefined ? {} : { workload }),
    severity,
    ...(facts.asOf === undefined ? {} : { asOf: facts.asOf }),
    phase,
    since,
    ...(span.sinceAtLeast && { sinceAtLeast: true }),
    ...(span.reopenedAt.length === 0 ? {} : { onAndOff: true }),
    ...(isOpen ? {} : { resolvedAt: span.resolvedAt }),
    timesIn24h: facts.times,
    cause,
    ...(reason === undefined ? {} : { reason }),
    why,
    short,
    ...(causes.length < 2 ? {} : { otherCauses: causes.length - 1 }),
    ...(line === undefined ? {} : { lastLine: line }),
    ...(change === undefined ? {} : { change }),
    ...(now === undefined ? {} : { now }),
    ...(isOpen && facts.ready !== undefined ? { ready: facts.ready } : {}),
    ...(isOpen && facts.restarts !== undefined ? { restarts: facts.restarts } : {}),
    pods: {
      failing: facts.failing,
      total: facts.total,
      ...(nodes.length === 0 || nodes.length > MAX_NODES ? {} : { nodes }),
    },
    ...(row === undefined ? {} : { row }),
    strip: stripOf(deps.index.episodesOf(key), deps.now(), { unknown: severity === "unknown" }),
    handling: handlingOf(facts, deps),
  };
}

/** The row of an alert, while it is there or has one of its own. */
function rowOf(alert: Alert | undefined, live: LiveState): string | undefined {
  if (alert === undefined) return undefined;
  const { labels, subject } = alert;
  if (labels.container !== undefined || subject.pod === undefined) return rowIdOf(labels);
  const pod = live.source.pod(labels.namespace, labels.pod ?? subject.pod);
  const container = pod?.containers.find(({ ready, type }) => !ready && type === "main") ?? pod?.containers[0];
  return container === undefined ? rowIdOf(labels) : `${labels.namespace}/${pod?.name}/${container.name}`;
}

function handlingOf(facts: IncidentFacts, deps: IncidentViewDeps): Incident["handling"] {
  const { phase, isHandled, alerts, silenced } = facts;
  const shown = alerts.slice(0, MAX_EXPLAINED);
  const notified = deps.log.receiversOf(shown).map(({ receiver, at }) => ({
    receiver,
    at,
    ...(receiver === DEFAULT_CONSUMER_LABEL ? ({ pull: true } as const) : {}),
  }));
  const ack = ackOf(facts);
  const attention = phase === "open" && !isHandled;
  if (phase === "resolved") return { attention, ...(notified.length === 0 ? {} : { notified }) };
  const verdicts = shown.flatMap((alert) => deps.notifications.explain(alert));
  const failing = new Set(
    deps.notifications
      .receivers()
      .filter(({ state }) => state === "failing")
      .map(({ name }) => name),
  );
  const failed = [...new Set(verdicts.map(({ receiver }) => receiver))].filter((receiver) => failing.has(receiver));
  const waiting = verdicts.filter((verdict) => !verdict.notified && verdict.nextAt !== undefined);
  const pending = notified.length > 0 ? undefined : waiting.sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0))[0];
  return {
    attention,
    ...(notified.length === 0 ? {} : { notified }),
    ...(pending?.nextAt === undefined ? {} : { pendingUntil: pending.nextAt, pendingBecause: pending.reason }),
    ...(failed.length === 0 ? {} : { failed }),
    ...(verdicts.length === 0 && notified.length === 0 && !deps.isPulled() ? { nobody: true } : {}),
    ...(ack === undefined ? {} : { ack }),
    ...(silenced === undefined ? {} : { silenced }),
  };
}

/** Of the worst cause; when an alert got worse since, the one that ended then. */
function ackOf({ acknowledged, alerts }: IncidentFacts): IncidentAck | undefined {
  const former = alerts.map(({ formerAcknowledgement }) => formerAcknowledgement).find((one) => one !== undefined);
  if (acknowledged.length < alerts.length && former !== undefined) {
    const { by, at, note, endedAt } = former;
    return { by, at, ...(note === "" ? {} : { note }), worseSince: endedAt };
  }
  const current = acknowledged[0]?.acknowledgement;
  if (current === undefined) return undefined;
  const unacknowledged = alerts.filter(({ acknowledgement }) => acknowledgement === undefined);
  const later = unacknowledged.map(({ state }) => state.activeAt).sort((a, b) => a - b)[0];
  const { by, at, note } = current;
  return {
    by,
    at,
    ...(note === "" ? {} : { note }),
    ...(later === undefined ? {} : { worseSince: Math.max(later, at) }),
  };
}

function nowOf({ causes, namespace, workload, total, ready }: IncidentFacts, live: LiveState): IncidentNow | undefined {
  const worst = causes[0]?.alerts[0];
  if (worst === undefined || workload === undefined) return undefined;
  const missing = ready === undefined ? 0 : ready.wanted - total;
  if (worst.labels.alertname === "WorkloadCannotCreatePods" && missing > 0) {
    const detail = `${missing} ${missing === 1 ? "pod" : "pods"} missing`;
    return { word: worst.annotations.reason ?? "FailedCreate", detail };
  }
  if (worst.labels.alertname === "WorkloadCannotCreatePods")
    return { word: worst.annotations.reason ?? "FailedCreate" };
  if (isBatch(workloadOf(workload))) return { word: "Last run failed", since: worst.state.activeAt };
  const names = podsOf(causes[0]?.alerts ?? []);
  const pods = names.map((name) => live.source.pod(namespace, name)).filter((pod) => pod !== undefined);
  const [pod] = pods;
  if (pod !== undefined) return podNow(pod, worst.labels.container);
  return podsOfWorkload(live, namespace, workload).length > 0 ? { word: "Pods replaced" } : undefined;
}

/** The status word of a pod as `oc get pods` prints it, for one of its containers. */
export function podNow(pod: PodSnapshot, name: string | undefined): IncidentNow {
  const container = pod.containers.find((one) => one.name === name) ?? pod.containers.find(isAtFault);
  if (pod.deletionAt !== undefined) return { word: "Terminating", since: pod.deletionRequestedAt ?? pod.deletionAt };
  if (pod.reason !== undefined) return { word: pod.reason };
  const { state } = container ?? {};
  if (container === undefined || state === undefined || state.name === "unknown") return { word: pod.phase };
  if (state.name === "terminated") return { word: state.reason ?? "Error", ...sinceOf(state.finishedAt) };
  if (state.name === "waiting") {
    const ended = terminationsOf(container).current?.finishedAt;
    const delay = state.message === undefined ? undefined : backOffOf(state.message);
    return {
      word: state.reason ?? pod.phase,
      ...sinceOf(ended),
      ...(ended === undefined || delay === undefined ? {} : { nextAttemptAt: ended + delay }),
    };
  }
  const end = container.restartCount === 0 ? undefined : container.lastTerminated;
  const last =
    end?.finishedAt === undefined
      ? {}
      : { last: { text: end.reason === "OOMKilled" ? "was killed" : `exited ${end.exitCode}`, at: end.finishedAt } };
  return { word: "Running", ...sinceOf(state.startedAt), ...last };
}

function sinceOf(at: Instant | undefined): { readonly since?: Instant } {
  return at === undefined ? {} : { since: at };
}

function isAtFault({ state, ready, type }: ContainerSnapshot): boolean {
  return state.name === "waiting" || (type === "main" && !ready);
}

function changeOf(
  { namespace, workload, since, alerts }: IncidentFacts,
  { live, join }: Pick<IncidentViewDeps, "live" | "join">,
): IncidentChange | undefined {
  return rolloutOf({
    workload: workload === undefined ? undefined : workloadOf(workload),
    pods: podsOfWorkload(live, namespace, workload),
    failing: new Set(podsOf(alerts)),
    since,
    join: join(),
  });
}
