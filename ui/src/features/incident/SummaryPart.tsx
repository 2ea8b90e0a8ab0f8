import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { Incident, IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { useNow } from "../../context.ts";
import { nowDetail, nowWord, restartsText, sinceText, span } from "../../format/incident.ts";
import { count, plural } from "../../format/text.ts";
import { shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";
import { Changed } from "../incidents/Facts.tsx";

interface SummaryPartProps {
  readonly incident: Incident;
  /** Undefined while they load: the facts of the row are shown at once. */
  readonly details: IncidentDetails | undefined;
  readonly windowMs: number;
}

/** A summary of the failure, with four facts and the last change. */
export function SummaryPart({ incident, details, windowMs }: SummaryPartProps) {
  const now = useNow();
  const { zone } = usePreferences();
  const asOf = { now, zone };
  const { now: status, ready, restarts, resolvedAt, since, change } = incident;
  const [, rest] = restartsText(incident, formatSpan(windowMs));
  const newest = details?.revisions ?? [];
  return (
    <section className="pw-summary-part" aria-label="Summary">
      <p className="pw-incident-summary">{details?.summary ?? incident.why}</p>
      <dl className="pw-incident-facts">
        <div>
          <dt>{resolvedAt === undefined ? "Failing for" : "Failed for"}</dt>
          <dd>
            {span((resolvedAt ?? now) - since)}
            <small>{sinceText(incident, asOf)}</small>
          </dd>
        </div>
        <div>
          <dt>Now</dt>
          <dd>
            {resolvedAt !== undefined ? "Resolved" : status === undefined ? "Not known" : nowWord(status, now)}
            <small>
              {resolvedAt !== undefined
                ? shortMinute(resolvedAt, now, zone)
                : status === undefined
                  ? ""
                  : nowDetail(status, asOf)}
            </small>
          </dd>
        </div>
        {ready !== undefined && (
          <div>
            <dt>Ready</dt>
            <dd>
              {ready.ready} of {ready.wanted}
              <small>
                {newest.length > 1 &&
                  newest.map((each) => `${each.ready} of ${each.total} ${each.revision ?? ""}`).join(", ")}
              </small>
            </dd>
          </div>
        )}
        {restarts !== undefined && (
          <div>
            <dt>Restarts</dt>
            <dd>
              {count(restarts.total)} in all
              <small>{rest === "" ? "" : `${restarts.window} within ${formatSpan(windowMs)}`}</small>
            </dd>
          </div>
        )}
      </dl>
      {change !== undefined && <Changed incident={incident} now={now} zone={zone} />}
      {details !== undefined && details.causes.length > 1 && (
        <ul className="pw-causes">
          {details.causes.slice(1).map(({ alertname, container, why, podCount }) => (
            <li key={`${alertname} ${container}`}>
              Other cause: {why} {plural(podCount, "pod")}.
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
