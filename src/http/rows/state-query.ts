import type { Duration, Instant } from "../../core/model/time.ts";
import type { Counts, Paging, Row, RowState, StateQuery } from "../base/api-types.ts";
import { RANK } from "./row-spans.ts";

/** More rows than this are not sent at once: the server then filters, sorts and cuts them into pages. */
export const MAX_ROWS_AT_ONCE = 20_000;

export interface RowPage {
  readonly rows: readonly Row[];
  readonly paging: Paging;
}

/** One page of the rows that a query matches, and what is true of all of them; the same rules as the page's own. */
export function pageOf(all: readonly Row[], query: StateQuery, now: Instant, windowMs: Duration): RowPage {
  const perPage = Math.min(query.perPage ?? 50, 200);
  const matches = filterOf({ ...query, gone: "show" }, now);
  const rows = matching(all, query, now);
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const page = Math.min(Math.max(1, query.page ?? 1), pages);
  const there = all.filter(isThere);
  const lastRestartAt = latestRestart(all);
  return {
    rows: rows.slice((page - 1) * perPage, page * perPage),
    paging: {
      page,
      perPage,
      matching: rows.length,
      gone: all.filter((row) => !isThere(row) && matches(row)).length,
      total: there.length,
      unattended: there.filter((row) => isOpen(row) && !isHandled(row, now)).length,
      change: changeWithin(all, now - windowMs),
      ...(lastRestartAt === undefined ? {} : { lastRestartAt }),
      namespaces: countsOf(there),
    },
  };
}

/** All rows that a query matches, in the order that it asks for. */
export function matching(all: readonly Row[], query: StateQuery, now: Instant): readonly Row[] {
  return all.filter(filterOf(query, now)).sort(comparisonOf(query.sort, now));
}

/** It tells of something that is over and counts as nothing: its pod is gone, or its alerts are. */
export function isThere({ deletedAt, resolvedAt }: Row): boolean {
  return deletedAt === undefined && resolvedAt === undefined;
}

function isOpen({ state }: Row): boolean {
  return state === "Failure" || state === "Sent";
}

function latestRestart(rows: readonly Row[]): Instant | undefined {
  let latest: Instant | undefined;
  for (const { lastRestart } of rows) {
    if (lastRestart !== undefined && lastRestart.at > (latest ?? 0)) latest = lastRestart.at;
  }
  return latest;
}

/** By how much more (or less) rows are in each state now than were then. */
function changeWithin(rows: readonly Row[], from: Instant): Counts {
  const change = noCounts();
  for (const row of rows) {
    const before = row.changes?.find(({ at }) => at > from)?.from ?? row.state;
    if (isThere(row) && before === row.state) continue;
    change[before]--;
    if (isThere(row)) change[row.state]++;
  }
  return change;
}

function filterOf({ ns, state, q, view = "problems", gone }: StateQuery, now: Instant): (row: Row) => boolean {
  const namespaces = namesOf(ns);
  const states = namesOf(state);
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (gone !== "hide" || isThere(row)) &&
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

function comparisonOf(sort: string | undefined, now: Instant): (a: Row, b: Row) => number {
  const descending = sort?.startsWith("-") ? -1 : 1;
  const name = sort?.replace(/^-/, "") ?? "";
  const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
  const byName = (a: Row, b: Row) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  if (column !== undefined) return (a, b) => descending * column(a, b) || byName(a, b);
  return (a, b) =>
    Number(isThere(b)) - Number(isThere(a)) ||
    RANK[b.state] - RANK[a.state] ||
    Number(isHandled(a, now)) - Number(isHandled(b, now)) ||
    restartsOf(b) - restartsOf(a) ||
    compare(a.namespace, b.namespace) ||
    byName(a, b);
}

const restartsOf = ({ restarts }: Row) => restarts?.length ?? 0;
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const COLUMNS: Readonly<Record<string, (a: Row, b: Row) => number>> = {
  state: (a, b) => RANK[b.state] - RANK[a.state],
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
      counts = noCounts();
      byNamespace.set(namespace, counts);
    }
    counts[state]++;
  }
  return [...byNamespace].map(([namespace, counts]): { namespace: string; counts: Counts } => ({ namespace, counts }));
}

function noCounts(): Record<RowState, number> {
  return { Failure: 0, Sent: 0, Warning: 0, Normal: 0 };
}
