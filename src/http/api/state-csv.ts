import type { Duration, Instant } from "../../core/model/time.ts";
import type { Row } from "../base/api-types.ts";
import { rfc3339 } from "../base/time-text.ts";

/** The same columns as the page's own export has. */
const COLUMNS = [
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

export const CSV_HEADER = lineOf(COLUMNS);

/** `windowMs` and `threshold` are those in force where the row does not say otherwise. */
export function csvLine(
  row: Row,
  { now, windowMs, threshold }: { readonly now: Instant; readonly windowMs: Duration; readonly threshold: number },
): string {
  const from = now - (row.windowMs ?? windowMs);
  return lineOf([
    row.namespace,
    row.pod,
    row.container,
    row.type ?? (row.container === undefined ? undefined : "main"),
    row.state,
    moment(row.since),
    (row.restarts ?? []).filter((at) => at > from).length,
    row.threshold ?? threshold,
    moment(row.lastRestart?.at),
    row.lastRestart?.exitCode,
    row.reason ?? row.lastRestart?.reason,
    row.owner,
    row.node,
    row.ack?.by,
    row.silenced === undefined || row.silenced.until <= now ? undefined : moment(row.silenced.until),
    moment(row.deletedAt),
    row.summary,
  ]);
}

function moment(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : rfc3339(at);
}

function lineOf(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/**
 * RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: names and messages come from
 * whoever may write to the cluster (OWASP, "CSV Injection").
 */
function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
