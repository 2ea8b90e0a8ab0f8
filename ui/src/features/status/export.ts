import type { Instant } from "../../../../src/core/model/time.ts";
import type { Row, State } from "../../../../src/http/base/api-types.ts";
import { toCsv } from "../../format/csv.ts";
import { iso } from "../../format/time.ts";
import { isSilenced, restartCount, thresholdOf } from "../../state/row.ts";

const HEADER = [
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
];

export function rowsToCsv(rows: readonly Row[], now: Instant, meta: Pick<State, "windowMs" | "threshold">): string {
  return toCsv(
    HEADER,
    rows.map((row) => [
      row.namespace,
      row.pod,
      row.container,
      row.type ?? (row.container === undefined ? undefined : "main"),
      row.state,
      moment(row.since),
      restartCount(row, now, meta),
      thresholdOf(row, meta),
      moment(row.lastRestart?.at),
      row.lastRestart?.exitCode,
      row.reason ?? row.lastRestart?.reason,
      row.owner,
      row.node,
      row.ack?.by,
      isSilenced(row, now) ? moment(row.silenced?.until) : undefined,
      moment(row.deletedAt),
      row.summary,
    ]),
  );
}

function moment(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : iso(at);
}
