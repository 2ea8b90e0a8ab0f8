import type { Instant } from "../../core/time.ts";
import type { Counts, Paging, Row, RowState, StateQuery } from "./wire.ts";

/** More rows than this are not sent at once: the server then filters, sorts and cuts them into pages. */
export const MAX_ROWS_AT_ONCE = 20_000;

const STATES: readonly RowState[] = ["Failure", "Sent", "Warning", "Normal"];
const RANK: Readonly<Record<RowState, number>> = { Failure: 0, Sent: 1, Warning: 2, Normal: 3 };

export interface RowPage {
  readonly rows: readonly Row[];
  readonly paging: Paging;
}

/** One page of the rows that a query matches, in the order that it asks for; the same rules as the page's own. */
export function queryRows(all: readonly Row[], query: StateQuery, now: Instant): RowPage {
  const perPage = Math.min(query.perPage ?? 50, 200);
  const matching = all.filter(filterOf(query, now)).sort(comparisonOf(query.sort));
  const pages = Math.max(1, Math.ceil(matching.length / perPage));
  const page = Math.min(Math.max(1, query.page ?? 1), pages);
  return {
    rows: matching.slice((page - 1) * perPage, page * perPage),
    paging: { page, perPage, matching: matching.length, total: all.length, namespaces: countsOf(all) },
  };
}

function filterOf({ ns, state, q, view = "problems" }: StateQuery, now: Instant): (row: Row) => boolean {
  const namespaces = namesOf(ns);
  const states = namesOf(state);
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (namespaces.size === 0 || namespaces.has(row.namespace)) &&
    (states.size === 0 || states.has(row.state)) &&
    (view === "all" || (view === "handled" ? isHandled(row, now) : states.size > 0 || row.state !== "Normal")) &&
    words.every((word) => mentions(row, word));
}

function namesOf(given: string | undefined): ReadonlySet<string> {
  return new Set((given ?? "").split(",").filter(Boolean));
}

function isHandled({ ack, silenced }: Row, now: Instant): boolean {
  return ack !== undefined || (silenced !== undefined && silenced.from <= now && now < silenced.until);
}

function mentions({ namespace, pod, container, owner, node, reason, lastRestart }: Row, word: string): boolean {
  return [namespace, pod, container, owner, node, reason, lastRestart?.reason].some((value) =>
    value?.toLowerCase().includes(word),
  );
}

function comparisonOf(sort: string | undefined): (a: Row, b: Row) => number {
  const descending = sort?.startsWith("-") ? -1 : 1;
  const column = COLUMNS[sort?.replace(/^-/, "") ?? ""];
  const byName = (a: Row, b: Row) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  if (column !== undefined) return (a, b) => descending * column(a, b) || byName(a, b);
  return (a, b) =>
    RANK[a.state] - RANK[b.state] || restartsOf(b) - restartsOf(a) || compare(a.namespace, b.namespace) || byName(a, b);
}

const restartsOf = ({ restarts }: Row) => restarts?.length ?? 0;
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const COLUMNS: Readonly<Record<string, (a: Row, b: Row) => number>> = {
  state: (a, b) => RANK[a.state] - RANK[b.state],
  pod: (a, b) => compare(a.pod ?? a.owner ?? "", b.pod ?? b.owner ?? ""),
  restarts: (a, b) => restartsOf(a) - restartsOf(b),
  last: (a, b) => (a.lastRestart?.at ?? 0) - (b.lastRestart?.at ?? 0),
  owner: (a, b) => compare(a.owner ?? "", b.owner ?? ""),
};

function countsOf(rows: readonly Row[]): Paging["namespaces"] {
  const byNamespace = new Map<string, Record<RowState, number>>();
  for (const { namespace, state } of rows) {
    let counts = byNamespace.get(namespace);
    if (counts === undefined) {
      counts = Object.fromEntries(STATES.map((name) => [name, 0])) as Record<RowState, number>;
      byNamespace.set(namespace, counts);
    }
    counts[state]++;
  }
  return [...byNamespace].map(([namespace, counts]): { namespace: string; counts: Counts } => ({ namespace, counts }));
}
