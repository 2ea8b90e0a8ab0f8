import { Tab, Tabs, TabTitleText, Title } from "@patternfly/react-core";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useEffect, useRef, useState } from "react";
import { rowName } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { ApiError, call } from "../../api.ts";
import { ErrorBoundary } from "../../common/ErrorBoundary.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { LogsTab } from "../../common/LogsTab.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { NO_DRAWER, useMedia } from "../../common/useMedia.ts";
import { useData } from "../../context.ts";
import { changeQuery, closeDrawer, useLocation } from "../../state/location.ts";
import type { DrawerTab } from "../../state/query.ts";
import { Actions, Chips, Neighbours } from "./DrawerHead.tsx";
import { EventsTab } from "./EventsTab.tsx";
import { HistoryTab } from "./HistoryTab.tsx";
import { NotFound } from "./NotFound.tsx";
import { Overview } from "./Overview.tsx";
// After the components, which import their own styles.
import "../../styles/drawer.css";

const TABS: readonly (readonly [DrawerTab, string])[] = [
  ["overview", "Overview"],
  ["events", "Events"],
  ["logs", "Last logs"],
  ["history", "History"],
];

interface DetailsDrawerProps {
  readonly id: string;
  /** Row ids in the order of the list, for the previous and next buttons. */
  readonly neighbours: readonly string[];
}

/** The details of one row. Tab and scroll positions survive live updates; the drawer stays open when the pod is deleted. */
export default function DetailsDrawer({ id, neighbours }: DetailsDrawerProps) {
  const { rows } = useData();
  const isPage = useMedia(NO_DRAWER);
  const { query } = useLocation();
  const live = rows.get(id);
  const last = useLast(id, live);
  const details = useLoad(
    id,
    (signal) => call("GET containers/{id}", { path: { id }, signal }),
    useThrottled(live, 1_000),
  );
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each opened row takes the focus
  useEffect(() => heading.current?.focus({ preventScroll: true }), [id]);

  // On a narrow screen the tabs scroll: keep the selected one visible.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each selected tab
  useEffect(() => {
    heading.current
      ?.closest("section")
      ?.querySelector('[role="tab"][aria-selected="true"]')
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [id, query.tab]);

  const row = live ?? details.data?.row ?? last;
  const isUnknown = row === undefined && details.error instanceof ApiError && details.error.problem.status === 404;
  return (
    <section className="pw-drawer" aria-labelledby="drawer-title">
      <header className="pw-drawer-head">
        {isPage && <h1 className="pf-v6-screen-reader">Containers</h1>}
        <Title headingLevel="h2" size="lg" id="drawer-title" ref={heading} tabIndex={-1}>
          {row === undefined ? id : rowName(row)}
        </Title>
        <span className="pw-drawer-buttons">
          <Neighbours id={id} neighbours={neighbours} />
          <IconButton label="Close the details" icon={<TimesIcon />} onClick={closeDrawer} />
        </span>
        {row !== undefined && <Chips row={row} isGone={live === undefined} />}
        {row !== undefined && <Actions row={row} />}
      </header>
      <Tabs
        activeKey={query.tab}
        onSelect={(_event, key) => changeQuery({ tab: key as DrawerTab })}
        aria-label="Details"
        className="pw-drawer-tabs"
        mountOnEnter
      >
        {TABS.map(([tab, title]) => (
          <Tab key={tab} eventKey={tab} title={<TabTitleText>{title}</TabTitleText>}>
            <ErrorBoundary what={title} resetKey={id}>
              {isUnknown && tab === "overview" ? (
                <NotFound id={id} />
              ) : (
                <TabBody tab={tab} id={id} row={row} details={details} />
              )}
            </ErrorBoundary>
          </Tab>
        ))}
      </Tabs>
    </section>
  );
}

interface TabBodyProps {
  readonly tab: DrawerTab;
  readonly id: string;
  readonly row: Row | undefined;
  readonly details: Parameters<typeof Overview>[0]["details"];
}

function TabBody({ tab, id, row, details }: TabBodyProps) {
  if (tab === "events") return <EventsTab key={id} id={id} />;
  if (tab === "logs") return <LogsTab key={id} id={id} row={row} />;
  if (tab === "history") return <HistoryTab key={id} id={id} />;
  return <Overview details={details} row={row} />;
}

/** The last known row after it left the list. */
function useLast(id: string, row: Row | undefined): Row | undefined {
  const last = useRef<{ id: string; row: Row | undefined }>({ id, row });
  if (row !== undefined || last.current.id !== id) last.current = { id, row };
  return last.current.row;
}

/** Follows a value at most once per `interval` ms: a crash loop must not reload the details with each patch. */
function useThrottled<T>(value: T, interval: number): T {
  const [throttled, setThrottled] = useState(value);
  useEffect(() => {
    if (throttled === value) return;
    const timer = setTimeout(() => setThrottled(value), interval);
    return () => clearTimeout(timer);
  }, [throttled, value, interval]);
  return throttled;
}
