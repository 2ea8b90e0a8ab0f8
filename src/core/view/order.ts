import {
  isGone,
  isMuted,
  ROW_SEVERITIES,
  restartCount,
  rowName,
  rowSeverity,
  type ViewContext,
  type ViewRow,
} from "./row.ts";

export const SORT_COLUMNS = ["state", "pod", "restarts", "last", "owner"] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

type Compare = (a: ViewRow, b: ViewRow) => number;

/**
 * The order of the list. `sort` is a column, descending with a leading "-"; anything else is by severity, then the newest
 * first: being notified moves no row. Rows that
 * compare equal are ordered by name, so that they never change places.
 */
export function rowOrder(sort: string, context: ViewContext): Compare {
  const columns = columnOrders(context);
  const name = sort.replace(/^-/, "");
  const column = SORT_COLUMNS.find((one) => one === name);
  if (column === undefined) return (a, b) => columns.state(a, b) || byName(a, b);
  const compare = columns[column];
  return sort.startsWith("-") ? (a, b) => compare(b, a) || byName(a, b) : (a, b) => compare(a, b) || byName(a, b);
}

function columnOrders(context: ViewContext): Readonly<Record<SortColumn, Compare>> {
  const { now, stale } = context;
  const severityRank = (row: ViewRow) => ROW_SEVERITIES.indexOf(rowSeverity(row, stale));
  const byRestarts: Compare = (a, b) => restartCount(a, context) - restartCount(b, context);
  return {
    state: (a, b) =>
      Number(isGone(a)) - Number(isGone(b)) ||
      severityRank(a) - severityRank(b) ||
      Number(isMuted(a, now)) - Number(isMuted(b, now)) ||
      (b.since ?? 0) - (a.since ?? 0) ||
      byRestarts(b, a),
    pod: byName,
    restarts: byRestarts,
    last: (a, b) => (a.lastRestart?.at ?? 0) - (b.lastRestart?.at ?? 0),
    owner: (a, b) => compareText(a.owner ?? "", b.owner ?? ""),
  };
}

function byName(a: ViewRow, b: ViewRow): number {
  return compareText(rowName(a), rowName(b)) || compareText(a.id, b.id);
}

/** Kubernetes names are ASCII: no need for a collator, which is thirty times slower. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
