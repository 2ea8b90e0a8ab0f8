import { useEffect, useState } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { BASE } from "../../base.ts";
import { downloadFrom } from "../../browser.ts";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { refusalOf, useApp, useData, useNow } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import { changeQuery, useLocation } from "../../state/location.ts";
import { usePreferences } from "../../state/preferences.ts";
import { type Query, stateQuery } from "../../state/query.ts";
import { useValue } from "../../state/value.ts";
import type { ListView } from "../../state/view.ts";
import { ContainerTable } from "./ContainerTable.tsx";
import { EmptyList, NothingWatched } from "./EmptyList.tsx";
import { ListBar } from "./ListBar.tsx";
import { StatusBanners } from "./StatusBanners.tsx";
import { FilterChips, Pages, StatusToolbar } from "./StatusToolbar.tsx";
import { SummaryCards } from "./SummaryCards.tsx";
import { type HeldPage, useHeldPage } from "./useHeldPage.ts";
import { useListView } from "./useListView.ts";
import { useSet } from "./useSet.ts";

const NO_FILTERS: Partial<Query> = { ns: [], state: [], q: "", page: 1 };

/** Which containers fail, for how long, why, and whether someone has acknowledged it. */
export default function StatusScreen() {
  const app = useApp();
  const data = useData();
  const now = useNow();
  const { query } = useLocation();
  const { perPage, zone } = usePreferences();
  const { freshness } = useValue(app.link);
  const { meta, rows } = data;
  const [selected, select, setSelected] = useSet();
  const [collapsed, collapse] = useSet();
  const [unfolded, unfold] = useSet();

  const { view, fresh, order, filters, staleSince } = useListView({ data, query, now, collapsed, unfolded, perPage });
  const key = [filters, query.page, perPage, collapsed, unfolded].map(keyOf).join("|");
  const held = useHeldPage(fresh, rows, key);
  useEffect(() => app.listed.set(order), [app, order]);
  usePagedRefresh(meta.paging !== undefined, `${filters} ${query.page} ${perPage}`);

  // Bulk actions must not reach rows that are not listed.
  const listed = listedRows(view, held);
  const selectedRows = [...selected].flatMap((id) => listed.get(id) ?? []);
  const isNothing = (meta.paging?.total ?? rows.size) === 0 && staleSince.size === 0;
  const stale = freshness === "stale" || freshness === "signed-out";
  const readOnly = refusalOf(meta.can.ack) ?? refusalOf(meta.can.silence);
  return (
    <section className={stale ? "pw-screen pw-stale" : "pw-screen"} aria-labelledby="title">
      <div className="pw-status-head">
        <ScreenTitle>Container restarts</ScreenTitle>
        <p className="pw-rule">
          Alert at {plural(meta.threshold, "restart")} in {formatSpan(meta.windowMs)} · watching{" "}
          {plural(view.total, "container")} in {plural(meta.health.namespaces.length, "namespace")}
        </p>
      </div>
      {readOnly !== undefined && <p className="pw-read-only">Read-only: {readOnly}.</p>}
      <StatusBanners />
      {isNothing ? (
        <NothingWatched />
      ) : (
        <>
          <SummaryCards view={view} selected={query.state} meta={meta} stale={stale} />
          <StatusToolbar
            query={query}
            namespaces={namespaceOptions(view, meta.health.namespaces, meta.paging?.namespaces)}
            mayExport={meta.can.export}
            onExport={() => downloadCsv(query)}
            page={held.page}
            perPage={perPage}
          />
          <FilterChips query={query} onClear={() => changeQuery(NO_FILTERS)} />
          <ListBar
            summary={summaryOf(view, query, meta.paging !== undefined)}
            gone={view.gone}
            showsGone={query.gone}
            onShowGone={query.q.trim() === "" ? (gone) => changeQuery({ gone, page: 1 }) : undefined}
            selected={selectedRows}
            unlisted={selected.size - selectedRows.length}
            onClearSelection={() => setSelected([])}
            can={meta.can}
            moved={held.moved}
            onUpdateOrder={held.update}
          />
          {held.page.items.length === 0 ? (
            <EmptyList view={view} query={query} stale={stale} onClear={() => changeQuery(NO_FILTERS)} />
          ) : (
            <ContainerTable
              held={held}
              groups={view.groups}
              meta={meta}
              staleSince={staleSince}
              now={now}
              zone={zone}
              sort={query.sort}
              open={query.open}
              selected={selected}
              onSelect={select}
              onSelectPage={(ids, chosen) => setSelected(chosen ? [...selected, ...ids] : without(selected, ids))}
              collapsed={collapsed}
              onToggleGroup={(namespace) => collapse(namespace, !collapsed.has(namespace))}
              onUnfold={(namespace) => unfold(namespace, true)}
            />
          )}
          {held.page.items.length > 0 && <Pages page={held.page} perPage={perPage} />}
        </>
      )}
    </section>
  );
}

/** Rows that match the filters on any page, and rows kept on the screen while the order is held. */
function listedRows(view: ListView, held: HeldPage): ReadonlyMap<string, Row> {
  const listed = new Map(view.groups.flatMap((group) => group.rows.map((row) => [row.id, row] as const)));
  for (const item of held.page.items) {
    const row = item.kind === "row" ? held.row(item.id) : undefined;
    if (row !== undefined) listed.set(row.id, row);
  }
  return listed;
}

function keyOf(part: string | number | ReadonlySet<string>): string {
  return part instanceof Set ? [...part].join() : String(part);
}

function without(selected: ReadonlySet<string>, ids: readonly string[]): string[] {
  const gone = new Set(ids);
  return [...selected].filter((id) => !gone.has(id));
}

/** While the server filters and pages, each change of the query reloads the state. */
function usePagedRefresh(isPaged: boolean, asked: string): void {
  const { refresh } = useApp();
  const [loaded, setLoaded] = useState(asked);
  useEffect(() => {
    if (asked === loaded) return;
    setLoaded(asked);
    if (isPaged) void refresh({ asked: true });
  }, [isPaged, asked, loaded, refresh]);
}

function namespaceOptions(
  view: ListView,
  watched: readonly { readonly namespace: string }[],
  paged: readonly {
    readonly namespace: string;
    readonly counts: { Failure: number; Sent: number; Warning: number };
  }[] = [],
) {
  const problems = new Map<string, number>(watched.map(({ namespace }) => [namespace, 0]));
  for (const { namespace, counts } of [...view.groups, ...paged]) {
    problems.set(namespace, counts.Failure + counts.Sent + counts.Warning);
  }
  return [...problems].map(([namespace, count]) => ({ namespace, problems: count })).sort(byNamespace);
}

function byNamespace(a: { readonly namespace: string }, b: { readonly namespace: string }): number {
  return a.namespace < b.namespace ? -1 : 1;
}

function summaryOf(view: ListView, query: Query, isPaged: boolean): string {
  const noun = query.view === "problems" && query.state.length === 0 ? "problem" : "container";
  const shown = plural(view.matching, noun);
  const hidden = view.inView - view.matching;
  const parts = [hidden > 0 ? `${shown} of ${count(view.inView)}` : shown];
  if (isPaged) parts.push("more than 20,000 rows: the server filters and pages");
  return parts.join(" · ");
}

/** The server writes all rows of the list, not only the page shown. */
function downloadCsv(query: Query): void {
  const url = new URL("api/v1/state.csv", BASE);
  for (const [key, value] of Object.entries(stateQuery(query))) url.searchParams.set(key, String(value));
  downloadFrom(url.href);
}
