import type { Instant } from "../../core/model/time.ts";
import { csvLine } from "../../core/text/csv.ts";
import { isSilenced, restartCount, shownState, type ViewContext } from "../../core/view/row.ts";
import { rfc3339 } from "../base/time-text.ts";
import type { Row } from "../schemas/state.ts";

export const CSV_HEADER = csvLine([
  "namespace",
  "pod",
  "container",
  "type",
  "state",
  "since",
  "restarts in window",
  "threshold",
  "last restart",
  "exit code",
  "reason",
  "owner",
  "node",
  "acknowledged by",
  "silenced until",
  "deleted",
  "summary",
]);

/** `threshold` applies where the row has none of its own. */
export function csvLineOf(row: Row, context: ViewContext & { readonly threshold: number }): string {
  return csvLine([
    row.namespace,
    row.pod,
    row.container,
    row.type ?? (row.container === undefined ? undefined : "main"),
    shownState(row, context.stale),
    moment(row.since),
    restartCount(row, context),
    row.threshold ?? context.threshold,
    moment(row.lastRestart?.at),
    row.lastRestart?.exitCode,
    row.reason ?? row.lastRestart?.reason,
    row.owner,
    row.node,
    row.ack?.by,
    isSilenced(row, context.now) ? moment(row.silenced?.until) : undefined,
    moment(row.deletedAt),
    row.summary,
  ]);
}

function moment(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : rfc3339(at);
}
