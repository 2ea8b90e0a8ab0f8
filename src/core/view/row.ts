import type { RowState, ShownState } from "../model/row-state.ts";
import type { Duration, Instant } from "../model/time.ts";

/** The members of a row that the rules of the status list use; the rows of the API and the page have more. */
export interface ViewRow {
  readonly id: string;
  readonly namespace: string;
  readonly pod?: string;
  readonly container?: string;
  readonly scope?: "container" | "pod" | "workload" | "namespace";
  readonly owner?: string;
  readonly node?: string;
  readonly state: RowState;
  /** Firing alerts, the worst first. */
  readonly alerts?: readonly { readonly severity: "critical" | "warning"; readonly name?: string }[];
  readonly since?: Instant;
  /** Changes of its state within the window, oldest first. */
  readonly changes?: readonly { readonly at: Instant; readonly from: RowState; readonly to: RowState }[];
  readonly ack?: object;
  /** The silence that was in force when the row was made. */
  readonly silenced?: { readonly until: Instant };
  /** Oldest first. */
  readonly restarts?: readonly Instant[];
  /** Only where it differs from the global setting. */
  readonly windowMs?: Duration;
  readonly lastRestart?: { readonly at: Instant; readonly reason?: string };
  readonly reason?: string;
  /** What is wrong, as a sentence. */
  readonly summary?: string;
  readonly deletedAt?: Instant;
  readonly resolvedAt?: Instant;
}

/** The context on which the state of a row depends, apart from the row itself. */
export interface ViewContext {
  readonly now: Instant;
  /** The restart window where a row has none of its own. */
  readonly windowMs: Duration;
  /** Namespaces whose cache is stale. */
  readonly stale: { has(namespace: string): boolean };
}

/** The state to show: Normal is not known to be normal while the cache of the namespace is stale. */
export function shownState(row: Pick<ViewRow, "state" | "namespace">, stale: ViewContext["stale"]): ShownState {
  return row.state === "Normal" && stale.has(row.namespace) ? "Unknown" : row.state;
}

/** The severity of a row, whether or not a receiver was notified of it. The worst first; an unknown row may be critical. */
export const ROW_SEVERITIES = ["critical", "unknown", "warning", "normal"] as const;
export type RowSeverity = (typeof ROW_SEVERITIES)[number];

/** The severity of the worst alert. Unknown: an alert about a namespace, or a normal row of a namespace that is stale. */
export function rowSeverity(
  { state, scope, alerts, namespace }: Pick<ViewRow, "state" | "scope" | "alerts" | "namespace">,
  stale: ViewContext["stale"],
): RowSeverity {
  if (state === "Normal") return stale.has(namespace) ? "unknown" : "normal";
  if (scope === "namespace") return "unknown";
  return alerts?.[0]?.severity ?? (state === "Warning" ? "warning" : "critical");
}

/** The row's pod was deleted or its last alert resolved. It is listed until its window ends and counts as nothing. */
export function isGone({ deletedAt, resolvedAt }: Pick<ViewRow, "deletedAt" | "resolvedAt">): boolean {
  return deletedAt !== undefined || resolvedAt !== undefined;
}

/** Rows carry the silence in force. It may expire before the row changes, but cannot start later than the row. */
export function isSilenced({ silenced }: Pick<ViewRow, "silenced">, now: Instant): boolean {
  return silenced !== undefined && now < silenced.until;
}

/** Acknowledged or silenced: the view `muted`. */
export function isMuted(row: Pick<ViewRow, "ack" | "silenced">, now: Instant): boolean {
  return row.ack !== undefined || isSilenced(row, now);
}

/** Failing, and neither acknowledged nor silenced: the number in the tab's title. */
export function isUnattended(row: ViewRow, now: Instant): boolean {
  return (row.state === "Failure" || row.state === "Sent") && !isGone(row) && !isMuted(row, now);
}

/** Restarts that are still within the window. */
export function restartCount(
  row: Pick<ViewRow, "restarts" | "windowMs">,
  { now, windowMs }: Omit<ViewContext, "stale">,
): number {
  if (row.restarts === undefined) return 0;
  const from = now - (row.windowMs ?? windowMs);
  const first = row.restarts.findIndex((at) => at > from);
  return first < 0 ? 0 : row.restarts.length - first;
}

/** The state at the start of the window. */
export function stateBefore({ changes, state }: Pick<ViewRow, "changes" | "state">, windowStart: Instant): RowState {
  return changes?.find(({ at }) => at > windowStart)?.from ?? state;
}

/** The name in the first column. */
export function rowName({ pod, owner, namespace }: Pick<ViewRow, "pod" | "owner" | "namespace">): string {
  return pod ?? owner ?? `namespace ${namespace}`;
}
