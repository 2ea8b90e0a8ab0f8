import { Button, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { useState } from "react";
import type { HistoryEntry, Page } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Panel } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { plural } from "../../format/text.ts";

/** State changes, notifications, restarts and user actions, newest first. */
export function HistoryTab({ id }: { readonly id: string }) {
  const loaded = useLoad(id, (signal) => call("GET history", { query: { row: id }, signal }));
  return (
    <div className="pw-tab-body">
      <div className="pw-tab-tools">
        <Button variant="link" isInline onClick={loaded.reload}>
          Refresh
        </Button>
      </div>
      <Panel loaded={loaded} what="history">
        {(first) => <HistoryList key={first.entries[0]?.at ?? 0} id={id} first={first} />}
      </Panel>
    </div>
  );
}

function HistoryList({ id, first }: { readonly id: string; readonly first: Page<HistoryEntry> }) {
  const [pages, setPages] = useState([first]);
  const [failed, setFailed] = useState(false);
  const next = pages.at(-1)?.next;
  const entries = pages.flatMap((page) => page.entries);
  if (entries.length === 0 && next === undefined) {
    return (
      <EmptyState titleText="No history yet" headingLevel="h3" variant="sm">
        <EmptyStateBody>Restarts, alerts, notifications and actions appear here.</EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <>
      <ol className="pw-history">
        {entries.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: several entries may have the same time
          <li key={index}>
            <span className="pw-muted">
              <When at={entry.at} />
            </span>
            <span>{describeEntry(entry)}</span>
          </li>
        ))}
      </ol>
      {failed && <p className="pw-warning-line">Older entries could not be loaded.</p>}
      {next !== undefined && (
        <Button
          variant="link"
          onClick={() =>
            call("GET history", { query: { row: id, cursor: next } }).then(
              (page) => {
                setFailed(false);
                setPages([...pages, page]);
              },
              () => setFailed(true),
            )
          }
        >
          Show older
        </Button>
      )}
    </>
  );
}

/** `is firing`, `is resolved, was firing` */
function describeChange(from: string, to: string): string {
  return from === "inactive" ? `is ${to}` : `is ${to}, was ${from}`;
}

const ACTIONS: Record<Extract<HistoryEntry, { kind: "action" }>["action"], string> = {
  ack: "Acknowledged",
  "ack-ended": "Acknowledgement ended",
  unack: "Acknowledgement removed",
  silence: "Silenced",
  "silence-changed": "Silence changed",
  "silence-ended": "Silence ended",
  test: "Test sent",
  resend: "Sent again",
  release: "Delivery released",
  "config-reload": "Configuration reloaded",
};

function describeEntry(entry: HistoryEntry): string {
  switch (entry.kind) {
    case "transition":
      return `${entry.alertname} ${describeChange(entry.from, entry.to)}: ${entry.reason}`;
    case "restart": {
      const exit = entry.exitCode === undefined ? "" : `, exit ${entry.exitCode}`;
      const reason = entry.reason === undefined ? "" : ` ${entry.reason}`;
      return `Restarted${exit}${reason}${entry.inferred === true ? " (time inferred)" : ""}`;
    }
    case "notification": {
      const detail = entry.detail === undefined ? "" : `: ${entry.detail}`;
      const attempts = entry.attempts > 1 ? ` after ${plural(entry.attempts, "attempt")}` : "";
      return `${entry.result === "delivered" ? "Notified" : "Could not notify"} ${entry.receiver}${attempts}${detail} (${entry.reason})`;
    }
    case "action":
      return `${ACTIONS[entry.action]} by ${entry.by}${entry.note === undefined ? "" : `: “${entry.note}”`}`;
  }
}
