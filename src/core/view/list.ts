import type { RowState, ShownState } from "../model/row-state.ts";
import { listsGone, type RowFilter, searchFilter, viewFilter } from "./filter.ts";
import {
  isGone,
  type RowSeverity,
  rowSeverity,
  shownState,
  stateBefore,
  type ViewContext,
  type ViewRow,
} from "./row.ts";

export type RowCounts = Readonly<Record<RowState, number>>;
export type SeverityCounts = Readonly<Record<RowSeverity, number>>;
export type ShownCounts = Readonly<Record<ShownState, number>>;

/** The rows that a filter lists, and the counts that the page shows with them. Only `gone` counts rows that are gone. */
export interface RowList<Row> {
  /** Not sorted. */
  readonly listed: readonly Row[];
  /** All rows of each namespace, whatever the filter. */
  readonly namespaces: ReadonlyMap<string, ShownCounts>;
  /** All rows. */
  readonly totals: ShownCounts;
  /** All rows by severity. */
  readonly severities: SeverityCounts;
  /** How many more rows are in each state than at the start of the window; negative for fewer. */
  readonly change: RowCounts;
  readonly total: number;
  /** Rows in the view, and those of them that match the other filters too. */
  readonly inView: number;
  readonly matching: number;
  /** Rows that are gone and match, listed or not. */
  readonly gone: { readonly deleted: number; readonly resolved: number };
}

/** Filters and counts in one pass: there may be 100,000 rows. */
export function listRows<Row extends ViewRow>(
  rows: Iterable<Row>,
  filter: RowFilter,
  context: ViewContext,
): RowList<Row> {
  const isInView = viewFilter(filter, context);
  const matches = searchFilter(filter, context);
  const includeGone = listsGone(filter);
  const windowStart = context.now - context.windowMs;
  const listed: Row[] = [];
  const namespaces = new Map<string, Record<ShownState, number>>();
  const totals = noCounts();
  const change = { Failure: 0, Sent: 0, Warning: 0, Normal: 0 };
  const severities = { critical: 0, unknown: 0, warning: 0, normal: 0 };
  const gone = { deleted: 0, resolved: 0 };
  let total = 0;
  let inView = 0;
  let matching = 0;
  for (const row of rows) {
    let counts = namespaces.get(row.namespace);
    if (counts === undefined) {
      counts = noCounts();
      namespaces.set(row.namespace, counts);
    }
    change[stateBefore(row, windowStart)] -= 1;
    if (isGone(row)) {
      if (!isInView(row) || !matches(row)) continue;
      gone[row.deletedAt === undefined ? "resolved" : "deleted"] += 1;
      if (includeGone) listed.push(row);
      continue;
    }
    const state = shownState(row, context.stale);
    total += 1;
    totals[state] += 1;
    severities[rowSeverity(row, context.stale)] += 1;
    counts[state] += 1;
    change[row.state] += 1;
    if (!isInView(row)) continue;
    inView += 1;
    if (!matches(row)) continue;
    matching += 1;
    listed.push(row);
  }
  return { listed, namespaces, totals, severities, change, total, inView, matching, gone };
}

export function noCounts(): Record<ShownState, number> {
  return { Failure: 0, Sent: 0, Warning: 0, Unknown: 0, Normal: 0 };
}

/**
 * For sorting namespaces: the worst first. A namespace whose cache is stale comes before one that has only warnings,
 * because what it hides may be worse.
 */
export function compareNamespaces(
  a: { readonly worst: RowState; readonly isStale: boolean },
  b: { readonly worst: RowState; readonly isStale: boolean },
): number {
  return namespaceRank(a) - namespaceRank(b);
}

function namespaceRank({ worst, isStale }: { readonly worst: RowState; readonly isStale: boolean }): number {
  if (worst === "Failure") return 0;
  if (worst === "Sent") return 1;
  if (isStale) return 2;
  return worst === "Warning" ? 3 : 4;
}
