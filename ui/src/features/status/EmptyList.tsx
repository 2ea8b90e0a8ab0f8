import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import { rowName } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { follow } from "../../common/PageLink.tsx";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import { changeQuery, goTo, screenHref } from "../../state/location.ts";
import { activeFilters, type Query } from "../../state/query.ts";
import type { ListView } from "../../state/view.ts";
import { describeGone } from "./ListBar.tsx";

interface EmptyListProps {
  readonly view: ListView;
  readonly query: Query;
  readonly stale: boolean;
  readonly onClear: () => void;
}

/** Explains an empty list: no problems, or filters that hide all rows. The two must not look alike. */
export function EmptyList({ view, query, stale, onClear }: EmptyListProps) {
  if (activeFilters(query) > 0) return <AllFiltered view={view} query={query} onClear={onClear} />;
  if (query.view === "muted") {
    return (
      <EmptyState titleText="Nothing is acknowledged or silenced" headingLevel="h2" variant="sm">
        <EmptyStateBody>Acknowledged and silenced rows appear here.</EmptyStateBody>
      </EmptyState>
    );
  }
  return <AllNormal view={view} stale={stale} />;
}

export function NothingWatched() {
  const { meta } = useData();
  return (
    <EmptyState icon={PlusCircleIcon} titleText="No containers yet" headingLevel="h2">
      <EmptyStateBody>
        <p>Watching {meta.selector}, which has no containers.</p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button
            variant="primary"
            component="a"
            href={screenHref("configuration")}
            onClick={follow(() => goTo("configuration"))}
          >
            Open configuration
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

function AllFiltered({ view, query, onClear }: Pick<EmptyListProps, "view" | "query" | "onClear">) {
  return (
    <EmptyState icon={SearchIcon} titleText="No containers match" headingLevel="h2">
      <EmptyStateBody>
        {count(view.total)} {view.total === 1 ? "is" : "are"} hidden by {plural(activeFilters(query), "filter")}
        {query.view === "problems" && query.state.length === 0 ? " and the view Problems" : ""}.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="primary" onClick={onClear}>
            Clear filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** No problems, stated as a fact only while the data is live and every namespace is in sync. */
function AllNormal({ view, stale }: Pick<EmptyListProps, "view" | "stale">) {
  const { meta, rows } = useData();
  const now = useNow();
  const last: LastRestart | undefined =
    meta.paging === undefined ? lastRestart(rows.values()) : { at: meta.paging.lastRestartAt };
  const isCertain = !stale && view.totals.Unknown === 0;
  const gone = view.gone.deleted + view.gone.resolved + (view.gone.either ?? 0);
  const title = !isCertain
    ? "No problems were known when the data was last complete"
    : gone > 0
      ? "No current problems"
      : `No container crossed the threshold in the last ${formatSpan(meta.windowMs)}`;
  return (
    <EmptyState
      {...(isCertain ? { status: "success" as const, icon: CheckCircleIcon } : {})}
      titleText={title}
      headingLevel="h2"
    >
      <EmptyStateBody>
        {gone > 0 && <p>Earlier problems: {describeGone(view.gone)}.</p>}
        {last?.at === undefined ? (
          "No restarts are known."
        ) : (
          <>
            Last restart: <When at={last.at} now={now} as="relative" />
            {last.name !== undefined && ` (${last.name})`}.
          </>
        )}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={() => changeQuery({ view: "all", page: 1 })}>
            Show all {count(view.total)}
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

interface LastRestart {
  readonly at: number | undefined;
  readonly name?: string;
}

function lastRestart(rows: Iterable<Row>): LastRestart | undefined {
  let last: { readonly at: number; readonly name: string } | undefined;
  for (const row of rows) {
    const at = row.lastRestart?.at;
    if (at !== undefined && (last === undefined || at > last.at)) last = { at, name: rowName(row) };
  }
  return last;
}
