import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Skeleton,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { type ReactNode, useEffect } from "react";
import type { IncidentList } from "../../../../src/http/base/api-types.ts";
import { ErrorPanel } from "../../common/ErrorPanel.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { NARROW, NO_DRAWER, useMedia, WIDE } from "../../common/useMedia.ts";
import { useApp, useCan, useData, useNow } from "../../context.ts";
import { plural } from "../../format/text.ts";
import {
  changeIncidents,
  INCIDENTS_PER_PAGE,
  type IncidentListQuery,
  incidentRequest,
  listQuery,
} from "../../state/incident-query.ts";
import { isOutOfDate } from "../../state/link.ts";
import { useLocation } from "../../state/location.ts";
import { usePreferences } from "../../state/preferences.ts";
import { useValue } from "../../state/value.ts";
import { NothingWatched } from "../containers/EmptyList.tsx";
import { ActiveFilters } from "../list/ActiveFilters.tsx";
import { Banners } from "../list/Banners.tsx";
import { UpdateOrder } from "../list/UpdateOrder.tsx";
import { useHeldList } from "../list/useHeldList.ts";
import { useSet } from "../list/useSet.ts";
import { Healthy } from "./Healthy.tsx";
import { filtersOf, IncidentBar, NO_FILTERS } from "./IncidentBar.tsx";
import { IncidentHeadline } from "./IncidentHeadline.tsx";
import { IncidentTable, type Layout } from "./IncidentTable.tsx";
import { SelectedIncidents } from "./SelectedIncidents.tsx";
import { SharedCauses } from "./SharedCauses.tsx";
// After the components, which import their own styles.
import "../../styles/incidents.css";
import "../../styles/incident-cards.css";

/** The default screen: one incident per workload, with its reason, its start, and who works on it. */
export default function IncidentsScreen() {
  const app = useApp();
  const query = listQuery(useLocation());
  const request = JSON.stringify(incidentRequest(query));
  const { list, error, query: answered } = useValue(app.incidents);
  useEffect(() => {
    const { query: last, isLoading } = app.incidents.get();
    if (JSON.stringify(last) !== request || (last === undefined && !isLoading))
      void app.incidents.load(JSON.parse(request));
  }, [app, request]);
  if (list === undefined) {
    return (
      <section className="pw-screen" aria-labelledby="title">
        <div className="pw-headline">
          <ScreenTitle>{error === undefined ? "Loading…" : "Incidents"}</ScreenTitle>
        </div>
        {error === undefined ? (
          <div className="pw-loading" role="status" aria-label="Loading the incidents">
            {Array.from({ length: 6 }, (_, line) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: all are alike
              <Skeleton key={line} height="4rem" />
            ))}
          </div>
        ) : (
          <ErrorPanel
            what="The list could not be loaded"
            error={error}
            onRetry={() => void app.incidents.load(incidentRequest(query))}
          />
        )}
      </section>
    );
  }
  return <List list={list} query={query} isCurrent={JSON.stringify(answered) === request} />;
}

interface ListProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
  /** Whether `list` is the answer to `query`, not to the previous one. */
  readonly isCurrent: boolean;
}

function useLayout(isOpen: boolean): Layout {
  const isNarrow = useMedia(NARROW);
  const noDrawer = useMedia(NO_DRAWER);
  const isWide = useMedia(WIDE);
  if (isNarrow) return "cards";
  if (isOpen && !noDrawer) return "lines";
  return isWide ? "wide" : "table";
}

function List({ list, query, isCurrent }: ListProps) {
  const app = useApp();
  const can = useCan();
  const now = useNow();
  const { meta } = useData();
  const { zone } = usePreferences();
  const { freshness } = useValue(app.link);
  const [selected, select, setSelected] = useSet();
  const layout = useLayout(query.open !== undefined);
  const isLost = isOutOfDate(freshness);
  const held = useHeldList({
    fresh: list.items,
    idOf: ({ id }) => id,
    latest: (id) => list.items.find((item) => item.id === id),
    // The first answer to a new query is shown at once, and so is a page without incidents.
    key: isCurrent ? JSON.stringify(incidentRequest(query)) : "old",
  });
  useEffect(() => app.listed.set(list.items.map(({ id }) => id)), [app, list.items]);
  const filters = filtersOf(query);
  const isQuiet = query.view === "attention" && filters.length === 0 && list.counts.views.open === 0;
  const isCertain = !isLost && freshness !== "reconnecting" && list.unknown.length === 0 && list.watched.namespaces > 0;
  const selectedItems = held.items.filter(({ id }) => selected.has(id));
  return (
    <section className={isLost ? "pw-screen pw-gone" : "pw-screen"} aria-labelledby="title" aria-busy={!isCurrent}>
      {!(isQuiet && isCertain) && <IncidentHeadline list={list} isLost={isLost} isNarrow={layout === "lines"} />}
      <Banners />
      {list.watched.namespaces === 0 && meta.health.namespaces.length === 0 ? (
        <NothingWatched />
      ) : (
        <>
          <IncidentBar list={list} query={query} isKnown={isCertain} layout={layout} />
          <ActiveFilters filters={filters} hidden={list.hidden} onClear={() => changeIncidents(NO_FILTERS)} />
          {layout !== "lines" && <SharedCauses shared={list.shared} />}
          {held.items.length > 0 ? (
            <IncidentTable
              layout={layout}
              held={held}
              groups={list.groups}
              can={can}
              windowMs={list.settings.windowMs}
              now={now}
              zone={zone}
              open={query.open}
              selected={selected}
              onSelect={select}
              onSelectPage={(chosen) => setSelected(chosen ? held.items.map(({ id }) => id) : [])}
            />
          ) : isQuiet && isCertain ? (
            <Healthy list={list} now={now} zone={zone} />
          ) : (
            <NoIncidents list={list} query={query} isKnown={isCertain} />
          )}
          <Foot
            list={list}
            query={query}
            moved={held.moved}
            onUpdate={held.update}
            selection={
              selected.size > 0 && (
                <SelectedIncidents
                  list={list}
                  query={query}
                  items={selectedItems}
                  can={can}
                  onDone={() => setSelected([])}
                />
              )
            }
          />
        </>
      )}
    </section>
  );
}

interface FootProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
  readonly moved: number;
  readonly onUpdate: () => void;
  readonly selection: ReactNode;
}

/** Nothing where there is one page, no selection, and the newest order: the list gets the height. */
function Foot({ list, query, moved, onUpdate, selection }: FootProps) {
  const pages = Math.max(1, Math.ceil(list.matching / INCIDENTS_PER_PAGE));
  if (pages === 1 && moved === 0 && selection === false) return null;
  const page = Math.min(query.page, pages);
  return (
    <div className="pw-foot">
      {selection}
      <UpdateOrder moved={moved} onUpdate={onUpdate} />
      {pages > 1 && (
        <nav className="pw-pages" aria-label="Pages">
          <Button variant="link" isAriaDisabled={page === 1} onClick={() => changeIncidents({ page: page - 1 })}>
            Previous
          </Button>
          <span>
            Page {page} of {pages}, {plural(list.matching, "incident")}
          </span>
          <Button variant="link" isAriaDisabled={page === pages} onClick={() => changeIncidents({ page: page + 1 })}>
            Next
          </Button>
        </nav>
      )}
    </div>
  );
}

interface NoIncidentsProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
  readonly isKnown: boolean;
}

/** Explains an empty list: filters, a view without incidents, or a state that is not known. They must not look alike. */
function NoIncidents({ list, query, isKnown }: NoIncidentsProps) {
  const filters = filtersOf(query).length;
  if (filters > 0) {
    return (
      <EmptyState icon={SearchIcon} titleText="No incident matches" headingLevel="h2" className="pw-rest">
        <EmptyStateBody>
          {plural(list.hidden, "incident")} {list.hidden === 1 ? "is" : "are"} hidden by {plural(filters, "filter")}.
        </EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => changeIncidents(NO_FILTERS)}>Clear filters</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    );
  }
  const { handled } = list.counts.views;
  const title = !isKnown
    ? "No incident was known when the data was last complete"
    : {
        attention: "No incident needs attention",
        open: "No incident is open",
        handled: "No incident is acknowledged or silenced",
        recovered: "No incident was resolved in the last 24 hours",
      }[query.view];
  return (
    <EmptyState titleText={title} headingLevel="h2" className="pw-rest">
      {query.view === "attention" && handled > 0 && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={() => changeIncidents({ view: "handled", page: 1 })}>
              Show {handled} handled
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
