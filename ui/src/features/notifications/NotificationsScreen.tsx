import {
  Button,
  EmptyState,
  EmptyStateBody,
  Tab,
  Tabs,
  TabTitleText,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useState } from "react";
import type { HistoryEntry, HistoryQuery, Page } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { download } from "../../browser.ts";
import { ErrorBoundary } from "../../common/ErrorBoundary.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { Panel } from "../../common/Panel.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { SearchField } from "../../common/SearchField.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { useSettled } from "../../common/useSettled.ts";
import { refusalOf, useApp, useCan, useNow } from "../../context.ts";
import { iso } from "../../format/time.ts";
import { changeQuery, useLocation } from "../../state/location.ts";
import type { NotificationsPart } from "../../state/query.ts";
import { activityToCsv } from "./export.ts";
import { Receivers } from "./Receivers.tsx";
import { type ActivityEntry, SentTable } from "./SentTable.tsx";
import { SetUp } from "./SetUp.tsx";
// After the components, which import their own styles.
import "../../styles/records.css";

type Kind = "notification" | "action" | "undelivered";

const PARTS: readonly (readonly [NotificationsPart, string])[] = [
  ["receivers", "Receivers"],
  ["sent", "Sent"],
  ["actions", "Actions"],
  ["setup", "Set up"],
];

/** The receivers, the notifications sent to them, and the actions of users. */
export default function NotificationsScreen() {
  const { query } = useLocation();
  return (
    <section className="pw-screen pw-flow" aria-labelledby="title">
      <div className="pw-headline">
        <ScreenTitle>Notifications</ScreenTitle>
      </div>
      <Tabs
        activeKey={query.part}
        onSelect={(_event, key) => changeQuery({ part: key as NotificationsPart, q: "" })}
        aria-label="Notifications"
        mountOnEnter
        unmountOnExit
      >
        {PARTS.map(([part, title]) => (
          <Tab key={part} eventKey={part} title={<TabTitleText>{title}</TabTitleText>}>
            <ErrorBoundary what={title} resetKey={part}>
              {part === "receivers" ? <Receivers /> : part === "setup" ? <SetUp /> : <Journal key={part} part={part} />}
            </ErrorBoundary>
          </Tab>
        ))}
      </Tabs>
    </section>
  );
}

/** Notifications or user actions, newest first. */
function Journal({ part }: { readonly part: "sent" | "actions" }) {
  const can = useCan();
  const { query } = useLocation();
  const [isUndelivered, setUndelivered] = useState(false);
  const kind: Kind = part === "actions" ? "action" : isUndelivered ? "undelivered" : "notification";
  const q = useSettled(query.q);
  const asked: HistoryQuery = {
    kind: kind === "action" ? "action" : "notification",
    ...(q === "" ? {} : { q }),
  };
  // Reloads with each tick of the clock.
  const now = useNow();
  const loaded = useLoad(`${kind} ${q}`, (signal) => loadActivity(kind, asked, signal), now);
  return (
    <>
      <div className="pw-bar pw-journal-bar">
        <SearchField
          id="search"
          label="Search container, receiver, user or response"
          placeholder="Container, receiver, user"
          value={query.q}
          onChange={(value) => changeQuery({ q: value })}
        />
        {part === "sent" && (
          <ToggleGroup aria-label="Filter entries">
            <ToggleGroupItem
              text="All"
              buttonId="sent-all"
              isSelected={!isUndelivered}
              onChange={() => setUndelivered(false)}
            />
            <ToggleGroupItem
              text="Not delivered"
              buttonId="sent-undelivered"
              isSelected={isUndelivered}
              onChange={() => setUndelivered(true)}
            />
          </ToggleGroup>
        )}
        <Button variant="link" isInline onClick={loaded.reload}>
          Refresh
        </Button>
        <IconButton
          label="Download these entries as CSV"
          icon={<DownloadIcon />}
          refusal={refusalOf(can.export)}
          onClick={() => exportCsv(loaded.data?.entries ?? [])}
        />
      </div>
      <Panel loaded={loaded} what={part === "sent" ? "notifications" : "actions"}>
        {(page) => <ActivityPages key={`${kind} ${q}`} first={page} kind={kind} asked={asked} reload={loaded.reload} />}
      </Panel>
    </>
  );
}

/** Three results mean "not delivered". */
async function loadActivity(kind: Kind, asked: HistoryQuery, signal?: AbortSignal): Promise<Page<ActivityEntry>> {
  const options = signal === undefined ? {} : { signal };
  if (kind !== "undelivered") return activityOf(await call("GET history", { query: asked, ...options }));
  const pages = await Promise.all(
    (["pending", "failed", "dead"] as const).map((result) =>
      call("GET history", { query: { ...asked, result }, ...options }),
    ),
  );
  return { entries: pages.flatMap((page) => activityOf(page).entries).sort((a, b) => b.at - a.at) };
}

/** The entries of the kinds that were requested. */
function activityOf(page: Page<HistoryEntry>): Page<ActivityEntry> {
  return { ...page, entries: page.entries.filter((entry) => entry.kind === "notification" || entry.kind === "action") };
}

interface ActivityPagesProps {
  readonly first: Page<ActivityEntry>;
  readonly kind: Kind;
  readonly asked: HistoryQuery;
  readonly reload: () => void;
}

function ActivityPages({ first, kind, asked, reload }: ActivityPagesProps) {
  const app = useApp();
  /** All entries up to the last page loaded, as they were then. */
  const [older, setOlder] = useState<Page<ActivityEntry> | undefined>(undefined);
  const entries = older === undefined ? first.entries : merged(first.entries, older.entries);
  const next = older === undefined ? first.next : older.next;
  if (entries.length === 0) {
    return (
      <EmptyState titleText="Nothing to show" headingLevel="h2" variant="sm">
        <EmptyStateBody>
          {asked.q !== undefined || kind === "undelivered"
            ? "No entry matches these filters."
            : kind === "action"
              ? "What people acknowledged, silenced and tested appears here."
              : "Every notification appears here, with its receiver and result."}
        </EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <>
      <SentTable entries={entries} reload={reload} />
      {next !== undefined && (
        <Button
          variant="link"
          onClick={() =>
            loadActivity(kind, { ...asked, cursor: next }).then(
              (page) => setOlder({ ...page, entries: merged(entries, page.entries) }),
              () => app.toasts.add({ variant: "danger", title: "Older entries could not be loaded" }),
            )
          }
        >
          Show older
        </Button>
      )}
    </>
  );
}

/** Each entry once, in its newer version; newest first. */
function merged(newer: readonly ActivityEntry[], older: readonly ActivityEntry[]): ActivityEntry[] {
  const byId = new Map([...older, ...newer].map((entry) => [`${entry.kind} ${entry.id}`, entry]));
  return [...byId.values()].sort((a, b) => b.at - a.at);
}

function exportCsv(entries: readonly ActivityEntry[]): void {
  download(`pod-watcher-activity-${iso(Date.now()).replaceAll(":", "")}.csv`, "text/csv", activityToCsv(entries));
}
