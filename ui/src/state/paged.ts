import { noCounts } from "../../../src/core/view/list.ts";
import type { Paging, Row } from "../../../src/http/base/api-types.ts";
import type { Item, PageOfItems } from "./items.ts";
import type { StaleNamespaces } from "./row.ts";
import type { Group, ListView } from "./view.ts";

/** The list as filtered, sorted and paged by the server, when there are too many rows to send them all. */
export function pagedView(
  rows: Iterable<Row>,
  paging: Paging,
  staleSince: StaleNamespaces,
): { view: ListView; page: PageOfItems } {
  const groups = new Map<string, Group & { readonly rows: Row[] }>();
  const totals = noCounts();
  const counts = new Map(
    paging.namespaces.map(({ namespace, counts: given }) => {
      const unknown = staleSince.has(namespace) ? given.Normal : 0;
      const shown = { ...given, Normal: given.Normal - unknown, Unknown: unknown };
      for (const state of Object.keys(totals) as (keyof typeof totals)[]) totals[state] += shown[state];
      return [namespace, shown] as const;
    }),
  );
  for (const row of rows) {
    const { namespace } = row;
    let group = groups.get(namespace);
    if (group === undefined) {
      group = {
        namespace,
        counts: counts.get(namespace) ?? noCounts(),
        staleSince: staleSince.get(namespace),
        rows: [],
      };
      groups.set(namespace, group);
    }
    group.rows.push(row);
  }
  // One heading per namespace, in any order of the rows.
  const items = [...groups.values()].flatMap(({ namespace, rows: inGroup }) =>
    inGroup.map(({ id }): Item => ({ kind: "row", key: id, namespace, id })),
  );
  return {
    view: {
      groups: [...groups.values()],
      totals,
      change: paging.change,
      total: paging.total,
      inView: paging.total,
      matching: paging.matching,
      gone: { deleted: 0, resolved: 0, either: paging.gone },
    },
    page: {
      items,
      page: paging.page,
      pages: Math.max(1, Math.ceil(paging.matching / paging.perPage)),
      total: paging.matching,
    },
  };
}
