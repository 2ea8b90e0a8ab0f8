import { listRows, type RowList } from "../../../src/core/view/list.ts";
import { rowOrder } from "../../../src/core/view/order.ts";
import type { ViewContext } from "../../../src/core/view/row.ts";
import type { Paging, Row } from "../../../src/http/base/api-types.ts";
import type { Query } from "./query.ts";

export interface ContainerList extends Pick<RowList<Row>, "severities" | "total" | "matching"> {
  /** Containers, without the alerts of workloads and namespaces; undefined where the server pages. */
  readonly containers: number | undefined;
  /** The rows of one page, in order. */
  readonly rows: readonly Row[];
  /** The rows of every page, in order; one page where the server pages. */
  readonly all: readonly Row[];
  readonly page: number;
  readonly pages: number;
  /** Rows of deleted pods and resolved alerts that match. */
  readonly gone: number;
  /** Rows that need attention or not, by namespace. */
  readonly namespaces: ReadonlyMap<string, number>;
}

interface ListOptions {
  readonly query: Pick<Query, "ns" | "severity" | "q" | "gone" | "sort" | "page">;
  readonly perPage: number;
  readonly context: ViewContext;
  /** Present where the server filtered, sorted and cut the rows. */
  readonly paging: Paging | undefined;
}

/** The table of containers, as filtered, sorted and paged here, or by the server where there are too many to send. */
export function containerList(rows: Iterable<Row>, { query, perPage, context, paging }: ListOptions): ContainerList {
  if (paging !== undefined) return pagedList([...rows], paging);
  const { ns, severity, q, gone, sort, page } = query;
  const filter = { namespaces: ns, states: [], severities: severity, search: q, view: "all", gone } as const;
  const list = listRows(rows, filter, context);
  const all = [...list.listed].sort(rowOrder(sort, context));
  const pages = Math.max(1, Math.ceil(all.length / perPage));
  const at = Math.min(Math.max(1, page), pages);
  let others = 0;
  for (const row of rows) if (row.scope !== "container" && isThere(row)) others += 1;
  return {
    severities: list.severities,
    total: list.total,
    matching: list.matching,
    containers: list.total - others,
    rows: all.slice((at - 1) * perPage, at * perPage),
    all,
    page: at,
    pages,
    gone: list.gone.deleted + list.gone.resolved,
    namespaces: new Map(
      [...list.namespaces].map(([name, { Failure, Sent, Warning }]) => [name, Failure + Sent + Warning]),
    ),
  };
}

function isThere({ deletedAt, resolvedAt }: Row): boolean {
  return deletedAt === undefined && resolvedAt === undefined;
}

function pagedList(rows: readonly Row[], paging: Paging): ContainerList {
  const { severities, total, matching, page, perPage, gone, namespaces } = paging;
  return {
    severities,
    total,
    matching,
    containers: undefined,
    rows,
    all: rows,
    page,
    pages: Math.max(1, Math.ceil(matching / perPage)),
    gone,
    namespaces: new Map(
      namespaces.map(({ namespace, counts: { Failure, Sent, Warning } }) => [namespace, Failure + Sent + Warning]),
    ),
  };
}
