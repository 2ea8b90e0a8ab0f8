import { useMemo } from "react";
import type { Instant } from "../../../../src/core/model/time.ts";
import { type Item, type PageOfItems, pageOf, toItems } from "../../state/items.ts";
import { pagedView } from "../../state/paged.ts";
import type { Query } from "../../state/query.ts";
import { type StaleNamespaces, staleNamespaces } from "../../state/row.ts";
import type { Data } from "../../state/store.ts";
import { type ListView, listView } from "../../state/view.ts";

interface ListOptions {
  readonly data: Data;
  readonly query: Query;
  readonly now: Instant;
  readonly collapsed: ReadonlySet<string>;
  readonly unfolded: ReadonlySet<string>;
  readonly perPage: number;
}

export interface ListOfRows {
  readonly view: ListView;
  /** The current page in the newest order. */
  readonly fresh: PageOfItems;
  /** Ids of all pages. */
  readonly order: readonly string[];
  /** Changes with every part of the query except the page. */
  readonly filters: string;
  readonly staleSince: StaleNamespaces;
}

/** The list for the query of the address, recomputed only when the rows, the time or the query change. */
export function useListView({ data, query, now, collapsed, unfolded, perPage }: ListOptions): ListOfRows {
  const { meta, rows, version } = data;
  const filters = [query.ns, query.state, query.q, query.view, query.gone, query.sort].join(" ");
  const staleSince = useMemo(() => staleNamespaces(meta.health), [meta.health]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for the rows, which are always the same Map, and `filters` for the query
  const list = useMemo(() => {
    if (meta.paging !== undefined) {
      const { view, page } = pagedView(rows.values(), meta.paging, staleSince);
      return { view, fresh: page, order: idsOf(page.items) };
    }
    const view = listView(rows.values(), { query, now, staleSince, meta });
    const foldNormal = query.view === "all" && query.state.length === 0 && query.q.trim() === "";
    const items = toItems(view.groups, { foldNormal, collapsed, unfolded });
    return { view, fresh: pageOf(items, query.page, perPage), order: idsOf(items) };
  }, [version, filters, query.page, now, staleSince, meta, collapsed, unfolded, perPage]);
  return { ...list, filters, staleSince };
}

function idsOf(items: readonly Item[]): string[] {
  return items.flatMap((item) => (item.kind === "row" ? [item.id] : []));
}
