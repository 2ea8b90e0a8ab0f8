import { Button } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useEffect, useMemo, useState } from "react";
import type { RowSeverity } from "../../../../src/core/view/row.ts";
import type { Can, Row } from "../../../../src/http/base/api-types.ts";
import { acknowledge } from "../../actions.ts";
import { BASE } from "../../base.ts";
import { downloadFrom } from "../../browser.ts";
import { IconButton } from "../../common/IconButton.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { severityText } from "../../common/severity.tsx";
import { refusal, refusalOf, useApp, useCan, useData, useNow } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import { isOutOfDate } from "../../state/link.ts";
import { changeQuery, useLocation } from "../../state/location.ts";
import { usePreferences } from "../../state/preferences.ts";
import { type Query, stateQuery } from "../../state/query.ts";
import { staleNamespaces } from "../../state/row.ts";
import { coverageOf } from "../../state/unknown-namespaces.ts";
import { useValue } from "../../state/value.ts";
import { type ContainerList, containerList } from "../../state/view.ts";
import { type ActiveFilter, ActiveFilters } from "../list/ActiveFilters.tsx";
import { Banners } from "../list/Banners.tsx";
import { Confirmed } from "../list/Confirmed.tsx";
import { NamespaceSelect } from "../list/NamespaceSelect.tsx";
import { Search } from "../list/Search.tsx";
import { SelectionBar } from "../list/SelectionBar.tsx";
import { SeverityToggles } from "../list/SeverityToggles.tsx";
import { UpdateOrder } from "../list/UpdateOrder.tsx";
import { useHeldList } from "../list/useHeldList.ts";
import { useSet } from "../list/useSet.ts";
import { ContainerTable } from "./ContainerTable.tsx";
import { EmptyList, NothingWatched } from "./EmptyList.tsx";
import { Pages } from "./Footer.tsx";
// After the components, which import their own styles.
import "../../styles/containers.css";

const NO_FILTERS: Partial<Query> = { ns: [], severity: [], q: "", page: 1 };
const SEVERITIES: readonly RowSeverity[] = ["critical", "warning", "unknown", "normal"];

/** Every container, one line each: the second view of the same problems. */
export default function ContainersScreen() {
  const app = useApp();
  const { meta, rows, version } = useData();
  const can = useCan();
  const now = useNow();
  const { query } = useLocation();
  const { perPage, zone } = usePreferences();
  const [selected, select, setSelected] = useSet();
  const staleSince = useMemo(() => staleNamespaces(meta.health), [meta.health]);
  const filters = [query.ns, query.severity, query.q, query.gone, query.sort].join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for the rows, which are always the same Map, and `filters` for the query
  const list = useMemo(
    () =>
      containerList(rows.values(), {
        query,
        perPage,
        context: { now, windowMs: meta.windowMs, stale: staleSince },
        paging: meta.paging,
      }),
    [version, filters, query.page, now, staleSince, meta, perPage],
  );
  const held = useHeldList({
    fresh: list.rows,
    idOf: (row) => row.id,
    latest: (id) => rows.get(id),
    key: `${filters}|${query.page}|${perPage}`,
  });
  useEffect(() => app.listed.set(list.all.map(({ id }) => id)), [app, list]);
  usePagedRefresh(meta.paging !== undefined, `${filters} ${query.page} ${perPage}`);

  // Bulk actions must not reach rows that are not listed.
  const listed = useMemo(() => new Map([...list.all, ...held.items].map((row) => [row.id, row])), [list, held.items]);
  const selectedRows = [...selected].flatMap((id) => listed.get(id) ?? []);
  const { freshness } = useValue(app.link);
  const isLost = isOutOfDate(freshness);
  const isNothing = list.total === 0 && staleSince.size === 0;
  return (
    <section className={isLost ? "pw-screen pw-gone" : "pw-screen"} aria-labelledby="title">
      <Headline list={list} isNothing={isNothing} />
      <Banners />
      {isNothing && meta.health.namespaces.length === 0 ? (
        <NothingWatched />
      ) : (
        <>
          <Bar list={list} query={query} />
          <ActiveFilters
            filters={activeFilters(query)}
            hidden={list.total - list.matching}
            onClear={() => changeQuery(NO_FILTERS)}
          />
          {held.items.length === 0 ? (
            <EmptyList total={list.total} query={query} onClear={() => changeQuery(NO_FILTERS)} />
          ) : (
            <ContainerTable
              held={held}
              staleSince={staleSince}
              windowMs={meta.windowMs}
              now={now}
              zone={zone}
              sort={query.sort}
              open={query.open}
              selected={selected}
              onSelect={select}
              onSelectPage={(ids, chosen) => setSelected(chosen ? [...selected, ...ids] : without(selected, ids))}
            />
          )}
          <div className="pw-foot">
            {selected.size > 0 && (
              <SelectionBar
                selected={selectedRows.length}
                unlisted={selected.size - selectedRows.length}
                all={
                  meta.paging === undefined && selectedRows.length < list.all.length
                    ? { count: list.all.length, select: () => setSelected(list.all.map(({ id }) => id)) }
                    : undefined
                }
                onClear={() => setSelected([])}
              >
                <BulkActions selected={selectedRows} can={can} onDone={() => setSelected([])} />
              </SelectionBar>
            )}
            <UpdateOrder moved={held.moved} onUpdate={held.update} />
            <Pages
              list={list}
              perPage={perPage}
              showsGone={query.gone}
              onShowGone={query.q.trim() === "" ? (gone) => changeQuery({ gone, page: 1 }) : undefined}
            />
          </div>
        </>
      )}
    </section>
  );
}

function Headline({ list, isNothing }: { readonly list: ContainerList; readonly isNothing: boolean }) {
  const app = useApp();
  const { meta } = useData();
  const { freshness } = useValue(app.link);
  const { unknown, watched, isTotal } = coverageOf(meta.health);
  const isLost = isOutOfDate(freshness);
  const numbers = SEVERITIES.slice(0, 3).map((severity) => `${count(list.severities[severity])} ${severity}`);
  return (
    <div className="pw-headline">
      <ScreenTitle>
        {isNothing || (isTotal && list.total === 0)
          ? "No container is watched"
          : plural(list.containers ?? list.total, "container")}
      </ScreenTitle>
      <p>
        {isLost ? (
          "What happened since is not known."
        ) : isTotal ? (
          "What happens now is not known."
        ) : (
          <>
            {unknown.length > 0
              ? `In the ${plural(watched - unknown.length, "namespace")} that can be seen.`
              : `${numbers.join(", ")}, in ${plural(watched, "namespace")}.`}{" "}
            <Confirmed />
          </>
        )}
      </p>
    </div>
  );
}

function Bar({ list, query }: { readonly list: ContainerList; readonly query: Query }) {
  const app = useApp();
  const { meta } = useData();
  const can = useCan();
  const { freshness } = useValue(app.link);
  const { isTotal } = coverageOf(meta.health);
  const isKnown = !isOutOfDate(freshness) && !isTotal;
  const namespaces = new Map(meta.health.namespaces.map(({ namespace }) => [namespace, 0]));
  for (const [namespace, problems] of list.namespaces) namespaces.set(namespace, problems);
  return (
    <div className="pw-bar">
      <Search
        value={query.q}
        label="Search pod, container, owner:, node:, reason, summary or alert"
        onSearch={(q) => changeQuery({ q, page: 1 })}
      />
      <SeverityToggles
        severities={SEVERITIES}
        counts={(severity) => {
          const number = list.severities[severity];
          return number === 0 && !isKnown ? undefined : number;
        }}
        chosen={query.severity}
        onChange={(severity) => changeQuery({ severity, page: 1 })}
      />
      <NamespaceSelect chosen={query.ns} namespaces={namespaces} onChange={(ns) => changeQuery({ ns, page: 1 })} />
      <IconButton
        label="Download this list as CSV"
        icon={<DownloadIcon />}
        refusal={refusalOf(can.export)}
        onClick={() => downloadCsv(query)}
      />
    </div>
  );
}

function activeFilters(query: Query): ActiveFilter[] {
  return [
    ...query.severity.map((severity) => ({
      text: `Severity: ${severityText(severity)}`,
      remove: () => changeQuery({ severity: query.severity.filter((each) => each !== severity), page: 1 }),
    })),
    ...query.ns.map((name) => ({
      text: `Namespace: ${name}`,
      remove: () => changeQuery({ ns: query.ns.filter((each) => each !== name), page: 1 }),
    })),
    ...(query.q.trim() === "" ? [] : [{ text: `Search: ${query.q}`, remove: () => changeQuery({ q: "", page: 1 }) }]),
  ];
}

interface BulkActionsProps {
  readonly selected: readonly Row[];
  readonly can: Can;
  readonly onDone: () => void;
}

function BulkActions({ selected, can, onDone }: BulkActionsProps) {
  const app = useApp();
  const withAlerts = selected.filter((row) => row.alerts !== undefined);
  const ackRefusal =
    firstRefusal(selected, can, "ack") ?? (withAlerts.length === 0 ? "Nothing selected has an open alert" : undefined);
  const silenceRefusal = firstRefusal(selected, can, "silence");
  return (
    <>
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={ackRefusal !== undefined}
        title={ackRefusal}
        onClick={async () => {
          if (await acknowledge(app, withAlerts)) onDone();
        }}
      >
        Acknowledge {withAlerts.length}
      </Button>
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={silenceRefusal !== undefined}
        title={silenceRefusal}
        onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "rows", rows: selected } })}
      >
        Silence {selected.length}…
      </Button>
    </>
  );
}

function firstRefusal(rows: readonly Row[], can: Can, what: "ack" | "silence"): string | undefined {
  for (const row of rows) {
    const reason = refusal(can, what, row.namespace);
    if (reason !== undefined) return reason;
  }
  return undefined;
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

/** The server writes all rows of the list, not only the page shown. */
function downloadCsv(query: Query): void {
  const url = new URL("api/v1/state.csv", BASE);
  for (const [key, value] of Object.entries(stateQuery(query))) url.searchParams.set(key, String(value));
  downloadFrom(url.href);
}
