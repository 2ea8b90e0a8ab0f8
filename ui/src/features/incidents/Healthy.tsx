import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import type { Incident, IncidentList, Quiet } from "../../../../src/http/base/api-types.ts";
import { PageLink } from "../../common/PageLink.tsx";
import { ScreenTitle } from "../../common/ScreenTitle.tsx";
import { Strip } from "../../common/Strip.tsx";
import { incidentName, span } from "../../format/incident.ts";
import { list as listOf, plural } from "../../format/text.ts";
import { shortMinute, type Zone } from "../../format/time.ts";
import { changeIncidents } from "../../state/incident-query.ts";
import { incidentHref, openIncident } from "../../state/open-incident.ts";
import { Confirmed } from "../list/Confirmed.tsx";

interface HealthyProps {
  readonly list: IncidentList;
  readonly now: number;
  readonly zone: Zone;
}

/** Shown only while every namespace can be seen, the stream is up and the list is unfiltered: calm, with evidence. */
export function Healthy({ list, now, zone }: HealthyProps) {
  const { watched, quiet } = list;
  return (
    <div className="pw-scroll">
      <div className="pw-well">
        <CheckCircleIcon set="default" className="pw-well-icon pw-is-normal" />
        <ScreenTitle>
          All {plural(watched.containers, "container")} in {plural(watched.namespaces, "namespace")} are healthy
        </ScreenTitle>
        {quiet?.lastIncident !== undefined && <LastProblem incident={quiet.lastIncident} now={now} zone={zone} />}
        <p className="pw-sub">
          Watched since {shortMinute(watched.firstAt, now, zone)}
          {quiet?.lastGap === undefined
            ? ", without a gap"
            : `, last gap ${span(quiet.lastGap.to - quiet.lastGap.from)} (${quiet.lastGap.namespace}, ${shortMinute(quiet.lastGap.from, now, zone)})`}
          . <Confirmed /> {quiet !== undefined && <Reached quiet={quiet} now={now} zone={zone} />}
        </p>
      </div>
      {quiet !== undefined && quiet.strips.length > 0 && <Strips quiet={quiet} />}
      {list.counts.views.recovered > 0 && (
        <p className="pw-well-more">
          <button
            type="button"
            className="pf-v6-c-button pf-m-link pf-m-inline"
            onClick={() => changeIncidents({ view: "recovered", page: 1 })}
          >
            Show {plural(list.counts.views.recovered, "incident")} that recovered in the last 24 hours
          </button>
        </p>
      )}
    </div>
  );
}

function LastProblem({
  incident,
  now,
  zone,
}: {
  readonly incident: Incident;
  readonly now: number;
  readonly zone: Zone;
}) {
  const { since, resolvedAt, namespace, short, key, id } = incident;
  return (
    <p>
      Last problem:{" "}
      <PageLink href={incidentHref(key)} go={() => openIncident(id)}>
        {incidentName(incident).name}
      </PageLink>
      {namespace !== undefined && ` in ${namespace}`}, {short}, {shortMinute(since, now, zone)}
      {resolvedAt !== undefined && `–${shortMinute(resolvedAt, now, zone)}, ${span(now - resolvedAt)} ago`}.
    </p>
  );
}

function Reached({ quiet, now, zone }: { readonly quiet: Quiet; readonly now: number; readonly zone: Zone }) {
  const [last] = [...quiet.reached].sort((a, b) => b.at - a.at);
  if (last === undefined) return null;
  return (
    <>
      {listOf(quiet.reached.map(({ receiver }) => receiver))} {quiet.reached.length === 1 ? "was" : "were"} reached last
      at {shortMinute(last.at, now, zone)}.
    </>
  );
}

function Strips({ quiet }: { readonly quiet: Quiet }) {
  return (
    <section className="pw-well-strips" aria-labelledby="well-strips">
      <h2 id="well-strips">The last 24 hours</h2>
      <ul>
        {quiet.strips.map(({ namespace, strip }) => (
          <li key={namespace}>
            <span className="pw-well-namespace" title={namespace}>
              {namespace}
            </span>
            <Strip strip={strip} />
            <span className="pw-sub">{/[cwu]/.test(strip) ? "" : "No problem in 24 hours"}</span>
          </li>
        ))}
      </ul>
      {quiet.namespaces > quiet.strips.length && (
        <p className="pw-sub">
          and {plural(quiet.namespaces - quiet.strips.length, "more namespace")} without a problem
        </p>
      )}
    </section>
  );
}
