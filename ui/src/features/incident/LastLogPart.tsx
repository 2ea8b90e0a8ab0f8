import { Button } from "@patternfly/react-core";
import type { IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { useApp, useNow } from "../../context.ts";
import { incidentName, span } from "../../format/incident.ts";
import { shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";

/** The end of the log of the worst pod's last run, with its errors marked. */
export function LastLogPart({ details }: { readonly details: IncidentDetails }) {
  const app = useApp();
  const now = useNow();
  const { zone } = usePreferences();
  const { lastLog, incident } = details;
  if (lastLog === undefined) {
    return (
      <p>
        {incident.lastLine === undefined ? (
          "There is no log of this incident."
        ) : (
          <>
            There is no log. Kubernetes says: <code>{incident.lastLine.text}</code>
          </>
        )}
      </p>
    );
  }
  const { pod, row, run, endedAt, ranMs, storedAt, lines, missing, isPrevious } = lastLog;
  const facts = [
    run === undefined ? (isPrevious ? "previous run" : "present run") : `run ${run}`,
    endedAt === undefined ? "" : `ended ${shortMinute(endedAt, now, zone)}`,
    ranMs === undefined ? "" : `after ${span(ranMs)}`,
    storedAt === undefined ? "" : `kept at ${shortMinute(storedAt, now, zone)}`,
  ].filter(Boolean);
  return (
    <>
      <p className="pw-part-head">
        <span className="pw-sub pw-break">
          {pod}, {facts.join(", ")}
        </span>
        <Button
          variant="link"
          isInline
          onClick={() => app.dialog.set({ kind: "log", row, title: incidentName(incident).name })}
        >
          Full log
        </Button>
      </p>
      {lines.length === 0 ? (
        <p>{missing ?? "The log is empty."}</p>
      ) : (
        <pre className="pw-last-log">
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat, and are replaced as a whole
            <span key={index} className={levelOf(line)}>
              {line}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </>
  );
}

function levelOf(line: string): string | undefined {
  if (/\b(FATAL|CRITICAL|ERROR|panic|[A-Z]\w*(Error|Exception))\b/.test(line)) return "pw-log-error";
  return /\bWARN(ING)?\b/.test(line) ? "pw-log-warning" : undefined;
}
