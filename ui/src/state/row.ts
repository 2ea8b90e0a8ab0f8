import type { Instant } from "../../../src/core/model/time.ts";
import type { Health, Row, RowState, State } from "../../../src/http/base/api-types.ts";

/** What is shown: a Normal in a namespace that is not confirmed is not known to be normal. */
export type ShownState = RowState | "Unknown";

/** The worst first. */
export const SHOWN_STATES: readonly ShownState[] = ["Failure", "Sent", "Warning", "Unknown", "Normal"];

const RANK: Record<ShownState, number> = { Failure: 0, Sent: 1, Warning: 2, Unknown: 3, Normal: 4 };

export function rank(state: ShownState): number {
  return RANK[state];
}

export type Blind = ReadonlyMap<string, Instant>;

/** Namespaces that are not confirmed now, with since when. */
export function blindNamespaces(health: Health): Blind {
  const blind = new Map<string, Instant>();
  for (const each of health.namespaces) {
    if (each.staleSince !== undefined) blind.set(each.namespace, each.staleSince);
  }
  return blind;
}

export function shownState(row: Row, blind: Blind): ShownState {
  return row.state === "Normal" && blind.has(row.namespace) ? "Unknown" : row.state;
}

/** What its line is called. */
export function rowName(row: Row): string {
  return row.pod ?? row.owner ?? `namespace ${row.namespace}`;
}

/** The container's name where it says more than the pod's or the workload's does. */
export function containerShown(row: Row): string | undefined {
  if (row.container === undefined) return undefined;
  const owner = row.owner?.split("/")[1];
  const obvious = row.type === undefined && (row.container === row.pod || row.container === owner);
  return obvious ? undefined : row.container;
}

export function windowOf(row: Row, meta: Pick<State, "windowMs">): number {
  return row.windowMs ?? meta.windowMs;
}

export function thresholdOf(row: Row, meta: Pick<State, "threshold">): number {
  return row.threshold ?? meta.threshold;
}

/** Restarts that are still within the window. */
export function restartCount(row: Row, now: Instant, meta: Pick<State, "windowMs">): number {
  if (row.restarts === undefined) return 0;
  const from = now - windowOf(row, meta);
  const first = row.restarts.findIndex((at) => at > from);
  return first < 0 ? 0 : row.restarts.length - first;
}

/** It is over, its pod deleted or its last alert resolved: the row tells of it until the window ends, and counts as nothing. */
export function isGone(row: Row): boolean {
  return row.deletedAt !== undefined || row.resolvedAt !== undefined;
}

/** What it was when the window began. */
export function stateBefore(row: Row, windowStart: Instant): RowState {
  return row.changes?.find((change) => change.at > windowStart)?.from ?? row.state;
}

/** How often it came into its state within the window before it did so last. */
export function timesBefore(row: Row): number {
  return Math.max(0, (row.changes ?? []).filter((change) => change.to === row.state).length - 1);
}

/** Someone has it, or nobody wants to hear of it. */
export function isHandled(row: Row, now: Instant): boolean {
  return row.ack !== undefined || isSilenced(row, now);
}

/** The server sends only what is in force; a silence may run out between two messages. */
export function isSilenced(row: Row, now: Instant): boolean {
  return row.silenced !== undefined && now < row.silenced.until;
}

/** `exit 137 OOMKilled`, with the reason in force now where it says more. */
export function describeExit(row: Row): string {
  const { exitCode, reason } = row.lastRestart ?? {};
  const now = row.reason;
  const telling = reason !== undefined && (now === undefined || !["Error", "Completed"].includes(reason));
  const reasons = new Set([telling ? reason : undefined, now].filter((each) => each !== undefined));
  return [exitCode === undefined ? undefined : `exit ${exitCode}`, [...reasons].join(", ")].filter(Boolean).join(" ");
}
