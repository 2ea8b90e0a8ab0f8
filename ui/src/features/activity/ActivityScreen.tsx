import { Button, EmptyState, EmptyStateBody, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useEffect, useState } from "react";
import type { HistoryEntry, HistoryQuery, Page } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { download } from "../../browser.ts";
import { IconButton } from "../../common/IconButton.tsx";
import { Panel } from "../../common/Panel.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { SearchField } from "../../common/SearchField.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { refusalOf, useApp, useData, useNow } from "../../context.ts";
import { iso } from "../../format/time.ts";
import { changeQuery, useLocation } from "../../state/location.ts";
import { type ActivityEntry, ActivityTable } from "./ActivityTable.tsx";
import { activityToCsv } from "./export.ts";
import { Receivers } from "./Receivers.tsx";
// After the components, which import their own styles.
import "../../styles/records.css";

type Kind = "all" | "notification" | "action" | "undelivered";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["all", "All"],
  ["notification", "Notifications"],
  ["undelivered", "Not delivered"],
  ["action", "Actions"],
];

/** Notifications and user actions, newest first. */
export default function ActivityScreen() {
  const { meta } = useData();
  const { query } = useLocation();
  const [kind, setKind] = useState<Kind>("all");
  const q = useSettled(query.q);
  const asked: HistoryQuery = {
    kind: kind === "all" ? "notification,action" : kind === "action" ? "action" : "notification",
    ...(q === "" ? {} : { q }),
  };
  // Reloads with each tick of the clock.
  const now = useNow();
  const loaded = useLoad(`${kind} ${q}`, (signal) => loadActivity(kind, asked, signal), now);
  return (
    <section aria-labelledby="title">
      <ScreenTitle>Activity</ScreenTitle>
      <Receivers onSent={loaded.reload} />
      <div className="pw-toolbar">
        <div className="pw-toolbar-search">
          <SearchField
            id="search"
            label="Search container, receiver, user or response"
            placeholder="Container, receiver, user"
            value={query.q}
            onChange={(value) => changeQuery({ q: value })}
          />
        </div>
        <ToggleGroup aria-label="Filter entries">
          {KINDS.map(([value, text]) => (
            <ToggleGroupItem
              key={value}
              text={text}
              buttonId={`activity-${value}`}
              isSelected={kind === value}
              onChange={() => setKind(value)}
            />
          ))}
        </ToggleGroup>
        <Button variant="link" isInline onClick={loaded.reload}>
          Refresh
        </Button>
        <IconButton
          label="Download these entries as CSV"
          icon={<DownloadIcon />}
          refusal={refusalOf(meta.can.export)}
          onClick={() => exportCsv(loaded.data?.entries ?? [])}
        />
      </div>
      <Panel loaded={loaded} what="activity">
        {(page) => <ActivityPages key={`${kind} ${q}`} first={page} kind={kind} asked={asked} reload={loaded.reload} />}
      </Panel>
    </section>
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
          {kind === "all" && asked.q === undefined
            ? "Notifications and user actions appear here."
            : "No entry matches these filters."}
        </EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <>
      <ActivityTable entries={entries} reload={reload} />
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

/** Follows the value once it has not changed for 250 ms. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function exportCsv(entries: readonly ActivityEntry[]): void {
  download(`pod-watcher-activity-${iso(Date.now()).replaceAll(":", "")}.csv`, "text/csv", activityToCsv(entries));
}
