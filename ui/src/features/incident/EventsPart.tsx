import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { Incident } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Panel } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { useNow } from "../../context.ts";
import { count } from "../../format/text.ts";
import { shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";

/** The warning events of the worst pod; normal ones on request. */
export function EventsPart({ incident }: { readonly incident: Incident }) {
  const { row } = incident;
  return row === undefined ? <p className="pw-sub">This incident has no pod with events.</p> : <Events row={row} />;
}

function Events({ row }: { readonly row: string }) {
  const now = useNow();
  const { zone } = usePreferences();
  const [showsNormal, setNormal] = useState(false);
  const loaded = useLoad(row, (signal) => call("GET containers/{id}/events", { path: { id: row }, signal }));
  return (
    <Panel loaded={loaded} what="events">
      {({ events, reason, storedAt }) => {
        const normal = events.filter(({ type }) => type !== "Warning").length;
        const shown = showsNormal ? events : events.filter(({ type }) => type === "Warning");
        return (
          <>
            {storedAt !== undefined && <p className="pw-sub">Kept at {shortMinute(storedAt, now, zone)}.</p>}
            {shown.length === 0 && <p className="pw-sub">{reason ?? "No warnings."}</p>}
            <ul className="pw-event-list">
              {shown.map(({ type, reason: why, message, count: times, lastSeenAt }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity here, and are replaced as a whole
                <li key={index}>
                  <span className="pw-sub pw-num">
                    {lastSeenAt === undefined ? "" : shortMinute(lastSeenAt, now, zone)}
                  </span>
                  <span>
                    <span className={type === "Warning" ? "pw-strong" : ""}>{why}</span>{" "}
                    <span className="pw-break">{message}</span>
                    {times > 1 && <span className="pw-sub"> × {count(times)}</span>}
                  </span>
                </li>
              ))}
            </ul>
            {normal > 0 && !showsNormal && (
              <Button variant="link" isInline onClick={() => setNormal(true)}>
                Show {normal} normal
              </Button>
            )}
          </>
        );
      }}
    </Panel>
  );
}
