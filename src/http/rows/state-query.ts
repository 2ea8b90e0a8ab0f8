import type { RowState } from "../../core/model/row-state.ts";
import type { Instant } from "../../core/model/time.ts";
import type { RowFilter } from "../../core/view/filter.ts";
import { listRows } from "../../core/view/list.ts";
import { rowOrder } from "../../core/view/order.ts";
import { isUnattended, type RowSeverity, type ViewContext } from "../../core/view/row.ts";
import type { Paging, Row, StateQuery } from "../schemas/state.ts";

/** More rows than this are not sent at once: the server then filters, sorts and cuts them into pages. */
export const MAX_ROWS_AT_ONCE = 20_000;

export interface RowPage {
  readonly rows: readonly Row[];
  readonly paging: Paging;
}

/** One page of the rows that a query matches, and the counts over all of them. */
export function pageOf(all: readonly Row[], query: StateQuery, context: ViewContext): RowPage {
  const perPage = Math.min(query.perPage ?? 50, 500);
  const { listed, gone, total, severities, change, namespaces } = listRows(all, filterOf(query), context);
  const rows = listed.toSorted(rowOrder(query.sort ?? "", context));
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const page = Math.min(Math.max(1, query.page ?? 1), pages);
  const lastRestartAt = latestRestart(all);
  return {
    rows: rows.slice((page - 1) * perPage, page * perPage),
    paging: {
      page,
      perPage,
      matching: rows.length,
      gone: gone.deleted + gone.resolved,
      total,
      unattended: all.filter((row) => isUnattended(row, context.now)).length,
      severities,
      change,
      ...(lastRestartAt === undefined ? {} : { lastRestartAt }),
      namespaces: [...namespaces].map(([namespace, { Unknown, Normal, ...rest }]) => ({
        namespace,
        counts: { ...rest, Normal: Normal + Unknown },
      })),
    },
  };
}

/** All rows that a query matches, in the order that it asks for. */
export function matching(all: readonly Row[], query: StateQuery, context: ViewContext): readonly Row[] {
  return listRows(all, filterOf(query), context).listed.toSorted(rowOrder(query.sort ?? "", context));
}

function filterOf({ ns, state, severity, q, view = "problems", gone }: StateQuery): RowFilter {
  return {
    namespaces: namesOf(ns),
    states: namesOf(state) as readonly RowState[],
    severities: namesOf(severity) as readonly RowSeverity[],
    search: q ?? "",
    view,
    gone: gone !== "hide",
  };
}

function namesOf(given: string | undefined): readonly string[] {
  return (given ?? "").split(",").filter(Boolean);
}

function latestRestart(rows: readonly Row[]): Instant | undefined {
  let latest: Instant | undefined;
  for (const { lastRestart } of rows) {
    if (lastRestart !== undefined && lastRestart.at > (latest ?? 0)) latest = lastRestart.at;
  }
  return latest;
}
