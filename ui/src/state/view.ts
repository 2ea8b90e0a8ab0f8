import type { Instant } from "../../../src/core/model/time.ts";
import type { Counts, Row, State } from "../../../src/http/base/api-types.ts";
import type { Query, SortColumn } from "./query.ts";
import { activeFilters } from "./query.ts";
import {
  type Blind,
  isGone,
  isHandled,
  rank,
  restartCount,
  rowName,
  type ShownState,
  shownState,
  stateBefore,
} from "./row.ts";

export type ShownCounts = Readonly<Record<ShownState, number>>;

export interface Group {
  readonly namespace: string;
  /** Over all rows of the namespace whose pods are there, filtered or not. */
  readonly counts: ShownCounts;
  readonly staleSince: Instant | undefined;
  /** What is to be shown, in order. */
  readonly rows: readonly Row[];
}

export interface ListView {
  readonly groups: readonly Group[];
  /** Over all rows whose pods are there. */
  readonly totals: ShownCounts;
  /** By how many each has grown or shrunk within the window. */
  readonly change: Counts;
  readonly total: number;
  /** Rows that the view (Problems, All…) holds, and those left by the filters. */
  readonly inView: number;
  readonly matching: number;
  /** Besides those, rows of what is over, shown or not. */
  readonly gone: GoneCounts;
}

export interface GoneCounts {
  readonly deleted: number;
  readonly resolved: number;
  /** Where only the server could tell the two apart, and does not. */
  readonly either?: number;
}

export interface ViewOptions {
  readonly query: Pick<Query, "ns" | "state" | "q" | "view" | "sort" | "gone">;
  readonly now: Instant;
  readonly blind: Blind;
  readonly meta: Pick<State, "windowMs" | "threshold">;
}

interface Building {
  readonly counts: Record<ShownState, number>;
  readonly rows: Row[];
}

/** Filters, groups by namespace and sorts: worst groups first, within them the worst rows. One pass and one sort. */
export function listView(rows: Iterable<Row>, { query, now, blind, meta }: ViewOptions): ListView {
  const groups = new Map<string, Building>();
  const totals = noCounts();
  const change = { Failure: 0, Sent: 0, Warning: 0, Normal: 0 };
  const windowStart = now - meta.windowMs;
  const matches = rowFilter(query, blind);
  let total = 0;
  let inView = 0;
  let matching = 0;
  const gone = { deleted: 0, resolved: 0 };
  // Whoever searches for a name wants to find it, also where its pod is no more.
  const showGone = query.gone || query.q.trim() !== "";
  for (const row of rows) {
    const state = shownState(row, blind);
    let group = groups.get(row.namespace);
    if (group === undefined) {
      group = { counts: noCounts(), rows: [] };
      groups.set(row.namespace, group);
    }
    if (!isGone(row)) {
      total += 1;
      totals[state] += 1;
      group.counts[state] += 1;
      change[row.state] += 1;
    }
    change[stateBefore(row, windowStart)] -= 1;
    if (!belongsTo(query.view, row, state, now, query.state.length > 0)) continue;
    if (isGone(row)) {
      if (!matches(row)) continue;
      gone[row.deletedAt === undefined ? "resolved" : "deleted"] += 1;
      if (showGone) group.rows.push(row);
      continue;
    }
    inView += 1;
    if (!matches(row)) continue;
    matching += 1;
    group.rows.push(row);
  }
  for (const namespace of blind.keys()) {
    if (!groups.has(namespace)) groups.set(namespace, { counts: noCounts(), rows: [] });
  }
  return { groups: sortGroups(groups, { query, now, blind, meta }), totals, change, total, inView, matching, gone };
}

export function noCounts(): Record<ShownState, number> {
  return { Failure: 0, Sent: 0, Warning: 0, Unknown: 0, Normal: 0 };
}

/** A card for Normal shows the normal ones, also where the view is Problems. */
function belongsTo(view: Query["view"], row: Row, state: ShownState, now: Instant, byState: boolean): boolean {
  if (view === "all") return true;
  if (view === "handled") return isHandled(row, now);
  return byState || row.resolvedAt !== undefined || (state !== "Normal" && state !== "Unknown");
}

function rowFilter(query: ViewOptions["query"], blind: Blind): (row: Row) => boolean {
  const words = query.q.toLowerCase().split(/\s+/).filter(Boolean);
  const namespaces = new Set(query.ns);
  const states = new Set<ShownState>(query.state);
  return (row) =>
    (namespaces.size === 0 || namespaces.has(row.namespace)) &&
    (states.size === 0 || states.has(shownState(row, blind))) &&
    words.every((word) => mentions(row, word));
}

function mentions(row: Row, word: string): boolean {
  return (
    has(row.pod, word) ||
    has(row.container, word) ||
    has(row.owner, word) ||
    has(row.node, word) ||
    has(row.reason, word) ||
    has(row.lastRestart?.reason, word) ||
    has(row.namespace, word)
  );
}

function has(value: string | undefined, word: string): boolean {
  return value?.toLowerCase().includes(word) ?? false;
}

function sortGroups(groups: ReadonlyMap<string, Building>, options: ViewOptions): Group[] {
  const compare = rowComparison(options);
  const worstFirst = options.query.sort === "";
  const shown: Group[] = [];
  for (const [namespace, { counts, rows }] of groups) {
    const staleSince = options.blind.get(namespace);
    const wanted = options.query.ns.length === 0 || options.query.ns.includes(namespace);
    if (
      rows.length === 0 &&
      (staleSince === undefined || !wanted || activeFilters({ ...EMPTY, ...options.query, ns: [] }) > 0)
    )
      continue;
    shown.push({ namespace, counts, staleSince, rows: rows.sort(compare) });
  }
  return shown.sort((a, b) => {
    const first = a.rows[0];
    const second = b.rows[0];
    if (!worstFirst && first !== undefined && second !== undefined) {
      return compare(first, second) || a.namespace.localeCompare(b.namespace);
    }
    return worst(a) - worst(b) || a.namespace.localeCompare(b.namespace);
  });
}

const EMPTY: Query = {
  ns: [],
  state: [],
  q: "",
  view: "problems",
  gone: false,
  sort: "",
  page: 1,
  open: undefined,
  tab: "overview",
};

function worst(group: Group): number {
  if (group.counts.Failure > 0) return rank("Failure");
  if (group.counts.Sent > 0) return rank("Sent");
  if (group.staleSince !== undefined) return rank("Unknown") - 0.5;
  return group.counts.Warning > 0 ? rank("Warning") : rank("Normal");
}

type Compare = (a: Row, b: Row) => number;

/** Every order ends with the name, so that equal rows never change places. */
function rowComparison({ query, now, blind, meta }: ViewOptions): Compare {
  const byName: Compare = (a, b) => compareText(rowName(a), rowName(b)) || compareText(a.id, b.id);
  const bySeverity: Compare = (a, b) =>
    Number(isGone(a)) - Number(isGone(b)) ||
    rank(shownState(a, blind)) - rank(shownState(b, blind)) ||
    Number(isHandled(a, now)) - Number(isHandled(b, now)) ||
    restartCount(b, now, meta) - restartCount(a, now, meta) ||
    (b.since ?? 0) - (a.since ?? 0);
  const columns: Record<SortColumn, Compare> = {
    state: bySeverity,
    pod: byName,
    restarts: (a, b) => restartCount(a, now, meta) - restartCount(b, now, meta),
    last: (a, b) => (a.lastRestart?.at ?? 0) - (b.lastRestart?.at ?? 0),
    owner: (a, b) => compareText(a.owner ?? "", b.owner ?? ""),
  };
  if (query.sort === "") return (a, b) => bySeverity(a, b) || byName(a, b);
  const descending = query.sort.startsWith("-");
  const column = columns[query.sort.replace(/^-/, "") as SortColumn];
  return (a, b) => (descending ? column(b, a) : column(a, b)) || byName(a, b);
}

/** Names are ASCII: no need for a collator, which is thirty times slower. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
