import { Button, Checkbox, EmptyState, EmptyStateBody, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useState } from "react";
import type { Log, Row } from "../../../src/http/base/api-types.ts";
import { copyWithToast } from "../actions.ts";
import { call } from "../api.ts";
import { download } from "../browser.ts";
import { useApp } from "../context.ts";
import { plural } from "../format/text.ts";
import { setPreferences, usePreferences } from "../state/preferences.ts";
import { EvidenceNote } from "./EvidenceNote.tsx";
import { IconButton } from "./IconButton.tsx";
import { LogLines } from "./LogLines.tsx";
import { Panel } from "./Panel.tsx";
import { SearchField } from "./SearchField.tsx";
import { useLoad } from "./useLoad.ts";

const LINES = 200;

interface LogsTabProps {
  readonly id: string;
  readonly row: Row | undefined;
}

/** The end of the log, by default of the run that crashed, because it shows the cause. */
export function LogsTab({ id, row }: LogsTabProps) {
  const [previous, setPrevious] = useState(row?.lastRestart !== undefined);
  const [search, setSearch] = useState("");
  const { wrapLog } = usePreferences();
  const loaded = useLoad(`${id} ${previous}`, (signal) =>
    call("GET containers/{id}/log", { path: { id }, query: { previous, lines: LINES }, signal }),
  );
  return (
    <div className="pw-tab-body">
      <div className="pw-tab-tools">
        <ToggleGroup aria-label="Which run" isCompact>
          <ToggleGroupItem
            text="Previous"
            buttonId="log-previous"
            isSelected={previous}
            onChange={() => setPrevious(true)}
          />
          <ToggleGroupItem
            text="Current"
            buttonId="log-current"
            isSelected={!previous}
            onChange={() => setPrevious(false)}
          />
        </ToggleGroup>
        <span className="pw-log-search">
          <SearchField label="Search in the log" placeholder="Search in the log" value={search} onChange={setSearch} />
        </span>
        <Checkbox
          id="wrap-log"
          label="Wrap lines"
          isChecked={wrapLog}
          onChange={(_event, isChecked) => setPreferences({ wrapLog: isChecked })}
        />
        <Button variant="link" isInline onClick={loaded.reload}>
          Refresh
        </Button>
        {loaded.data?.available === true && <LogActions id={id} log={loaded.data} previous={previous} />}
      </div>
      <Panel loaded={loaded} what="log">
        {(log) =>
          log.available ? (
            <>
              {log.of !== undefined && <p className="pw-muted pw-break">Log of {log.of}:</p>}
              {log.storedAt !== undefined && <EvidenceNote at={log.storedAt} />}
              <LogLines lines={log.lines} search={search} wrap={wrapLog} masked={log.masked} />
            </>
          ) : (
            <NoLog log={log} previous={previous} />
          )
        }
      </Panel>
    </div>
  );
}

interface LogActionsProps {
  readonly id: string;
  readonly log: Extract<Log, { readonly available: true }>;
  readonly previous: boolean;
}

function LogActions({ id, log, previous }: LogActionsProps) {
  const app = useApp();
  const text = `${log.lines.join("\n")}\n`;
  return (
    <>
      <IconButton
        label="Copy the log"
        icon={<CopyIcon />}
        onClick={() => void copyWithToast(app, text, plural(log.lines.length, "line"))}
      />
      <IconButton
        label="Download the log"
        icon={<DownloadIcon />}
        onClick={() => download(`${id.replaceAll("/", "_")}${previous ? "-previous" : ""}.log`, "text/plain", text)}
      />
    </>
  );
}

const TITLES: Record<Extract<Log, { readonly available: false }>["why"], string> = {
  "not-kept": "This log is no longer on the node",
  forbidden: "No permission to read the log",
  "never-started": "The container has never started",
  unreachable: "The log is not available now",
};

function NoLog({
  log,
  previous,
}: {
  readonly log: Extract<Log, { readonly available: false }>;
  readonly previous: boolean;
}) {
  const title = previous && log.why === "never-started" ? "No previous run" : TITLES[log.why];
  return (
    <EmptyState titleText={title} headingLevel="h3" variant="sm">
      <EmptyStateBody>{log.reason}</EmptyStateBody>
    </EmptyState>
  );
}
