import { podsOf } from "../../core/incident/causes.ts";
import { formatSpan } from "../../core/model/duration.ts";
import { unplannedRestarts } from "../../core/model/history.ts";
import { silencedBy } from "../../core/notify/silence.ts";
import type { Action } from "../../ports/activity.ts";
import type { Gap } from "../../ports/pods.ts";
import type { IncidentTimelineEntry } from "../schemas/incident-details.ts";
import type { Incident } from "../schemas/incidents.ts";
import type { IncidentFacts } from "./incident-facts.ts";

const MAX_ENTRIES = 200;

export interface TimelineSources {
  /** The other incidents of the key within 24 h. */
  readonly others: readonly IncidentFacts[];
  /** Actions of people on the incident, newest first. */
  readonly actions: readonly Action[];
  /** When its namespace was not watched. */
  readonly gaps: readonly Gap[];
}

/** The story of an incident, newest first. */
export function timelineOf(
  facts: IncidentFacts,
  { handling, change }: Incident,
  { others, actions, gaps }: TimelineSources,
): readonly IncidentTimelineEntry[] {
  const { span, severity, causes, alerts } = facts;
  const [first, ...later] = causes.toSorted((a, b) => sinceOf(a) - sinceOf(b));
  const { notified = [], ack, silenced } = handling;
  const entries: IncidentTimelineEntry[] = [
    {
      at: span.openedAt,
      kind: "opened",
      text: first === undefined ? "Incident opened" : `Incident opened: ${describeCause(first)}`,
      severity,
    },
    ...span.reopenedAt.map((at) => ({ at, kind: "reopened", text: "Failed again" }) as const),
    ...later.map((cause) => ({
      at: sinceOf(cause),
      kind: "cause" as const,
      text: describeCause(cause),
      severity: cause.severity,
    })),
    ...notified.map(({ receiver, at }) => ({ at, kind: "notified", text: `Notified ${receiver}` }) as const),
    ...others
      .filter((other) => other.span.resolvedAt < span.openedAt)
      .map((other) => ({
        at: other.span.resolvedAt,
        kind: "resolved" as const,
        text: "Earlier incident resolved",
        detail: `after ${formatSpan(other.span.resolvedAt - other.since)}`,
      })),
    ...formerAcks(facts, actions),
    ...gaps
      .filter(({ from, to = Infinity }) => from <= span.resolvedAt && to >= span.openedAt)
      .map(({ from, to }) => ({
        at: from,
        kind: "gap" as const,
        text: "Not watched",
        detail: to === undefined ? "until now" : `for ${formatSpan(to - from)}`,
      })),
  ];
  if (span.resolvedAt !== Infinity) {
    entries.push({
      at: span.resolvedAt,
      kind: "resolved",
      text: "Resolved",
      detail: `after ${formatSpan(span.resolvedAt - span.since)}`,
    });
  }
  if (ack !== undefined) {
    entries.push({ at: ack.at, kind: "ack", text: `Acknowledged by ${ack.by}`, ...detailOf(ack.note) });
  }
  if (silenced !== undefined) {
    entries.push({
      at: silenced.from,
      kind: "silence",
      text: silencedBy(silenced),
      ...detailOf(silenced.reason),
    });
  }
  if (change !== undefined) {
    entries.push({
      at: change.at,
      kind: "rollout",
      text: `Revision ${change.revision} rolled out`,
      ...detailOf(change.image),
    });
  }
  const restarts = alerts
    .flatMap(({ subject }) => unplannedRestarts(subject.container?.restarts ?? []))
    .sort((a, b) => b.at - a.at);
  const unique = [...new Map(restarts.map((restart) => [`${restart.at} ${restart.exitCode}`, restart])).values()];
  const [newest] = unique;
  const oldest = unique.at(-1);
  if (newest !== undefined && oldest !== undefined) {
    const exit = newest.exitCode === undefined ? "" : `, exit ${newest.exitCode}`;
    entries.push({
      at: newest.at,
      kind: "restart",
      text: `Restart${exit}`,
      ...(unique.length < 2 ? {} : { more: { count: unique.length - 1, since: oldest.at } }),
    });
  }
  return entries.sort((a, b) => b.at - a.at).slice(0, MAX_ENTRIES);
}

/** Acknowledgements that ended or were removed, and their ends. The present one is not among them. */
function formerAcks({ span, alerts }: IncidentFacts, actions: readonly Action[]): readonly IncidentTimelineEntry[] {
  const own = actions.filter(({ at }) => at >= span.openedAt && at <= span.resolvedAt);
  const lastRemoval = own.find(({ action }) => action === "unack")?.at ?? -Infinity;
  const ended = new Map(
    alerts.flatMap(({ formerAcknowledgement: former }) => (former ? [[former.endedAt, former] as const] : [])),
  );
  return [
    ...own
      .filter(({ action, at }) => action === "ack" && at <= lastRemoval)
      .map(({ at, by, note }) => ({ at, kind: "ack", text: `Acknowledged by ${by}`, ...detailOf(note) }) as const),
    ...own
      .filter(({ action }) => action === "unack")
      .map(({ at, by }) => ({ at, kind: "unack", text: `Acknowledgement removed by ${by}` }) as const),
    ...[...ended.values()].map(
      ({ endedAt, by, reason }) =>
        ({ at: endedAt, kind: "unack", text: `Acknowledgement of ${by} ended`, detail: reason }) as const,
    ),
  ];
}

type Cause = IncidentFacts["causes"][number];

function sinceOf({ alerts }: Cause): number {
  return Math.min(...alerts.map(({ state }) => (state.name === "pending" ? state.activeAt : state.firedAt)));
}

function describeCause({ alertname, alerts }: Cause): string {
  const pods = podsOf(alerts).length;
  return pods === 0 ? alertname : `${alertname}, ${pods} ${pods === 1 ? "pod" : "pods"}`;
}

function detailOf(detail: string | undefined): { readonly detail?: string } {
  return detail === undefined || detail === "" ? {} : { detail };
}
