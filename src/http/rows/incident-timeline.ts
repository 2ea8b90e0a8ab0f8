import { podsOf } from "../../core/incident/causes.ts";
import { formatSpan } from "../../core/model/duration.ts";
import { unplannedRestarts } from "../../core/model/history.ts";
import { silencedBy } from "../../core/notify/silence.ts";
import type { IncidentTimelineEntry } from "../schemas/incident-details.ts";
import type { Incident } from "../schemas/incidents.ts";
import type { IncidentFacts } from "./incident-facts.ts";

const MAX_ENTRIES = 200;

/** The story of an incident, newest first. */
export function timelineOf(
  facts: IncidentFacts,
  { handling, change }: Incident,
  others: readonly IncidentFacts[],
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
