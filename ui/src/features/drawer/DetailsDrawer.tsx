import {
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  Tab,
  Tabs,
  TabTitleText,
  Title,
} from "@patternfly/react-core";
import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleUpIcon from "@patternfly/react-icons/dist/esm/icons/angle-up-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useEffect, useRef, useState } from "react";
import { isGone, isSilenced, rowName, shownState } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { acknowledge, copyCommand, copyWithToast, unacknowledge } from "../../actions.ts";
import { ApiError, call } from "../../api.ts";
import { Chip } from "../../common/Chip.tsx";
import { ErrorBoundary } from "../../common/ErrorBoundary.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { StateLabel } from "../../common/StateLabel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { refusal, useApp, useData, useNow } from "../../context.ts";
import { consoleLinks } from "../../format/commands.ts";
import { changeQuery, closeDrawer, openDrawer, useLocation } from "../../state/location.ts";
import type { DrawerTab } from "../../state/query.ts";
import { containerShown, staleNamespaces } from "../../state/row.ts";
import { EventsTab } from "./EventsTab.tsx";
import { HistoryTab } from "./HistoryTab.tsx";
import { LogsTab } from "./LogsTab.tsx";
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

function Neighbours({ id, neighbours }: DetailsDrawerProps) {
  const index = neighbours.indexOf(id);
  const previous = index > 0 ? neighbours[index - 1] : undefined;
  const next = index >= 0 ? neighbours[index + 1] : undefined;
  return (
    <>
      <IconButton
        label="Previous in the list"
        icon={<AngleUpIcon />}
        refusal={previous === undefined ? "this is the first row" : undefined}
        onClick={() => previous !== undefined && openDrawer(previous)}
      />
      <IconButton
        label="Next in the list"
        icon={<AngleDownIcon />}
        refusal={next === undefined ? "this is the last row" : undefined}
        onClick={() => next !== undefined && openDrawer(next)}
      />
    </>
  );
}

function Chips({ row, isGone }: { readonly row: Row; readonly isGone: boolean }) {
  const app = useApp();
  const { meta } = useData();
  const now = useNow();
  const container = containerShown(row);
  return (
    <span className="pw-drawer-chips">
      <StateLabel state={shownState(row, staleNamespaces(meta.health))} />
      {row.ack !== undefined && <Chip color="blue">Ack {row.ack.by}</Chip>}
      {row.silenced !== undefined && isSilenced(row, now) && (
        <Chip>
          Silenced until <When at={row.silenced.until} now={now} as="short" />
        </Chip>
      )}
      <span className="pw-muted">
        {row.namespace}
        {container !== undefined && ` · ${container}`}
        {row.type !== undefined && ` (${row.type})`}
      </span>
      <IconButton
        label="Copy the name"
        icon={<CopyIcon />}
        onClick={() => void copyWithToast(app, rowName(row), rowName(row))}
      />
      {row.deletedAt !== undefined ? (
        <span className="pw-warning-line">
          The pod was deleted <When at={row.deletedAt} now={now} as="relative" />.
        </span>
      ) : row.resolvedAt !== undefined ? (
        <span>
          Resolved <When at={row.resolvedAt} now={now} as="relative" />.
        </span>
      ) : (
        isGone && <span className="pw-warning-line">{describeGone(row)} Showing the last known state.</span>
      )}
    </span>
  );
}

/** Pods are deleted; alerts of a workload or a namespace resolve. */
function describeGone(row: Row): string {
  return row.pod === undefined ? "Resolved: no open alerts." : "The pod no longer exists.";
}

function Actions({ row }: { readonly row: Row }) {
  const app = useApp();
  const { meta } = useData();
  const ackRefusal =
    row.alerts === undefined || isGone(row) ? "no open alert" : refusal(meta.can, "ack", row.namespace);
  const silenceRefusal = refusal(meta.can, "silence", row.namespace);
  return (
    <span className="pw-drawer-actions">
      {row.ack === undefined ? (
        <Button
          variant="primary"
          isAriaDisabled={ackRefusal !== undefined}
          title={ackRefusal}
          onClick={() => void acknowledge(app, [row])}
        >
          Acknowledge
        </Button>
      ) : (
        <Button
          variant="secondary"
          isAriaDisabled={ackRefusal !== undefined}
          title={ackRefusal ?? "Remove the acknowledgement"}
          onClick={() => void unacknowledge(app, [row.id])}
        >
          Unacknowledge
        </Button>
      )}
      <Button
        variant="secondary"
        isAriaDisabled={silenceRefusal !== undefined}
        title={silenceRefusal}
        onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "row", row } })}
      >
        Silence…
      </Button>
      <MoreActions row={row} ackRefusal={ackRefusal} />
    </span>
  );
}

function MoreActions({ row, ackRefusal }: { readonly row: Row; readonly ackRefusal: string | undefined }) {
  const app = useApp();
  const { meta } = useData();
  const [isOpen, setOpen] = useState(false);
  const links = consoleLinks(row, meta.consoleUrl);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "start", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)} variant="secondary">
          More
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem
          isAriaDisabled={ackRefusal !== undefined}
          onClick={() => app.dialog.set({ kind: "ack", rows: [row] })}
        >
          Acknowledge with a note…
        </DropdownItem>
        <DropdownItem onClick={() => void copyCommand(app, row)}>Copy the {meta.cli} command</DropdownItem>
        {links !== undefined &&
          (
            [
              ["Pod", links.pod],
              ["Logs", links.logs],
              ["Events", links.events],
            ] as const
          ).map(([text, href]) => (
            <DropdownItem key={text} to={href} isExternalLink rel="noreferrer" target="_blank">
              {text} in the console
            </DropdownItem>
          ))}
      </DropdownList>
    </Dropdown>
  );
}
