/** The state of one row of the status. `Sent`: every alert of the row has been delivered to a receiver or a consumer. */
export const ROW_STATES = ["Failure", "Sent", "Warning", "Normal"] as const;
export type RowState = (typeof ROW_STATES)[number];

/** `Unknown`: the row was Normal when last seen, and the cache of its namespace is stale. */
export type ShownState = RowState | "Unknown";

/**
 * The worst first. A critical alert stays critical after its notification was sent, so Sent ranks above Warning: a row
 * that also has an undelivered warning is still, for the person on call, the row with the critical alert.
 */
export const SHOWN_STATES: readonly ShownState[] = ["Failure", "Sent", "Warning", "Unknown", "Normal"];

const RANK: Readonly<Record<ShownState, number>> = { Failure: 0, Sent: 1, Warning: 2, Unknown: 3, Normal: 4 };

/** For sorting: the worst first. */
export function compareStates(a: ShownState, b: ShownState): number {
  return RANK[a] - RANK[b];
}

/** The worst of several states; Normal when there is none. */
export function worstState(states: Iterable<RowState>): RowState {
  let worst: RowState = "Normal";
  for (const state of states) if (RANK[state] < RANK[worst]) worst = state;
  return worst;
}
