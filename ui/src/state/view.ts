import { worstState } from "../../../src/core/model/row-state.ts";
import type { Instant } from "../../../src/core/model/time.ts";
import {
  compareNamespaces,
  listRows,
  noCounts,
  type RowCounts,
  type RowList,
  type ShownCounts,
} from "../../../src/core/view/list.ts";
import { rowOrder } from "../../../src/core/view/order.ts";
import type { Row, State } from "../../../src/http/base/api-types.ts";
import { activeFilters, type Query } from "./query.ts";
import type { StaleNamespaces } from "./row.ts";

export interface Group {
  readonly namespace: string;
  /** All rows of the namespace, filtered or not, except those that are gone. */
  readonly counts: ShownCounts;
  readonly staleSince: Instant | undefined;
  /** The rows to list, in order. */
  readonly rows: readonly Row[];
}

export interface ListView extends Pick<RowList<Row>, "totals" | "total" | "inView" | "matching"> {
  readonly groups: readonly Group[];
  readonly change: RowCounts;
  readonly gone: GoneCounts;
}

export interface GoneCounts {
  readonly deleted: number;
  readonly resolved: number;
  /** Either of the two: the server that filters and pages counts them together. */
  readonly either?: number;
}

export interface ViewOptions {
  readonly query: Pick<Query, "ns" | "state" | "q" | "view" | "sort" | "gone">;
  readonly now: Instant;
  readonly staleSince: StaleNamespaces;
  readonly meta: Pick<State, "windowMs">;
}

/** Filters, groups by namespace and sorts: the worst groups first. One pass and one sort. */
export function listView(rows: Iterable<Row>, { query, now, staleSince, meta }: ViewOptions): ListView {
  const context = { now, stale: staleSince, windowMs: meta.windowMs };
  const { ns, state, q, view, gone, sort } = query;
  const list = listRows(rows, { namespaces: ns, states: state, search: q, view, gone }, context);
  const compare = rowOrder(sort, context);
  const groups = new Map<string, Group & { readonly rows: Row[] }>();
  const groupOf = (namespace: string) => {
    const counts = list.namespaces.get(namespace) ?? noCounts();
    const group = { namespace, counts, staleSince: staleSince.get(namespace), rows: [] };
    groups.set(namespace, group);
    return group;
  };
  for (const row of list.listed) (groups.get(row.namespace) ?? groupOf(row.namespace)).rows.push(row);
  // A stale namespace has a head even without rows, unless a filter hides it.
  const isFiltered = activeFilters({ state, q, ns: [] }) > 0;
  for (const namespace of isFiltered ? [] : staleSince.keys()) {
    if (!groups.has(namespace) && (ns.length === 0 || ns.includes(namespace))) groupOf(namespace);
  }
  for (const group of groups.values()) group.rows.sort(compare);
  return { ...list, groups: [...groups.values()].sort(groupOrder(sort, compare)) };
}

function groupOrder(sort: string, compare: (a: Row, b: Row) => number): (a: Group, b: Group) => number {
  const byName = (a: Group, b: Group) => a.namespace.localeCompare(b.namespace);
  return (a, b) => {
    const [first, second] = [a.rows[0], b.rows[0]];
    if (sort !== "" && first !== undefined && second !== undefined) return compare(first, second) || byName(a, b);
    return compareNamespaces(worstOf(a), worstOf(b)) || byName(a, b);
  };
}

function worstOf({ counts, staleSince }: Group) {
  const states = (["Failure", "Sent", "Warning"] as const).filter((state) => counts[state] > 0);
  return { worst: worstState(states), isStale: staleSince !== undefined };
}
