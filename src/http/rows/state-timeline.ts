import { legacyStatus } from "../../core/delivery/delivery-due.ts";
import type { Severity } from "../../core/model/alert.ts";
import { type RowState, worstState } from "../../core/model/row-state.ts";
import type { Instant } from "../../core/model/time.ts";
import type { StateChange } from "../schemas/state.ts";

/** When one episode of an alert fired, was resolved, and was first delivered. */
export interface StateInterval {
  readonly severity: Severity;
  readonly container: string | undefined;
  readonly firedAt: Instant;
  readonly resolvedAt: Instant | undefined;
  readonly lastNotifiedAt: Instant | undefined;
}

/** The changes of a row's state that follow from these episodes, oldest first. */
export function stateChanges(intervals: readonly StateInterval[]): readonly StateChange[] {
  const moments = new Set(
    intervals.flatMap(({ firedAt, resolvedAt, lastNotifiedAt }) => [firedAt, resolvedAt, lastNotifiedAt]),
  );
  const changes: StateChange[] = [];
  let from: RowState = "Normal";
  for (const at of [...moments].filter((moment) => moment !== undefined).sort((a, b) => a - b)) {
    const to = stateAt(intervals, at);
    if (to !== from) changes.push({ at, from, to });
    from = to;
  }
  return changes;
}

function stateAt(intervals: readonly StateInterval[], at: Instant): RowState {
  const firing = intervals.filter(
    ({ firedAt, resolvedAt }) => firedAt <= at && (resolvedAt === undefined || at < resolvedAt),
  );
  return worstState(
    firing.map(({ severity, lastNotifiedAt }) =>
      lastNotifiedAt !== undefined && lastNotifiedAt <= at ? "Sent" : legacyStatus(severity),
    ),
  );
}
