import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import { type ReactNode, useEffect, useState } from "react";
import type { Incident, IncidentList } from "../../../../src/http/base/api-types.ts";
import { PageLink } from "../../common/PageLink.tsx";
import { SeverityIcon, severityText } from "../../common/severity.tsx";
import { signIn } from "../../common/sign-in.ts";
import { useCondition } from "../../common/useCondition.ts";
import { useApp, useNow } from "../../context.ts";
import { incidentName, span } from "../../format/incident.ts";
import { count, plural } from "../../format/text.ts";
import { hourMinute, shortMinute } from "../../format/time.ts";
import { incidentRequest, listQuery, writeIncidentQuery } from "../../state/incident-query.ts";
import { screenHref, useLocation, visit } from "../../state/location.ts";
import { usePreferences } from "../../state/preferences.ts";
import { useValue } from "../../state/value.ts";
import { filtersOf } from "../incidents/IncidentBar.tsx";
import { doubtOf, handlingText, quietText, type Warning, wallPage } from "./wall.ts";
import "../../styles/wall.css";

const SEVERITIES = ["critical", "warning", "unknown"] as const;

/** For a large screen that people read at 5 m: the incidents that need attention, without controls and scrolling. */
export default function WallScreen() {
  const app = useApp();
  const { store, link, incidents } = app;
  const query = listQuery(useLocation());
  const request = JSON.stringify(incidentRequest(query));
  const { list, error } = useValue(incidents);
  const { asOf } = useValue(link);
  const { zone } = usePreferences();
  const { condition, coverage } = useCondition();
  const seconds = useSeconds();
  const frozen = useNow();
  useScreenOn();
  useEffect(() => {
    // A wall that someone paused before would stay still for days.
    store.resume();
    if (JSON.stringify(incidents.get().query) !== request) void incidents.load(JSON.parse(request));
  }, [store, incidents, request]);

  const now = store.clock.now();
  const doubt =
    list === undefined
      ? { color: "waiting" as const, text: error === undefined ? "Loading…" : "The incidents could not be loaded" }
      : doubtOf({ condition, coverage, asOf, isOld: error !== undefined }, now, zone);
  const page = wallPage(list?.items ?? [], seconds);
  const filters = filtersOf(query).map(({ text }) => text);
  return (
    <div className={doubt === undefined ? "pw-wall" : "pw-wall pw-wall-doubt"}>
      <header className={doubt === undefined ? "" : `pw-wall-${doubt.color}`}>
        <h1 className={doubt === undefined ? "pf-v6-screen-reader" : ""}>
          {doubt === undefined ? "Incidents that need attention" : doubt.text}
        </h1>
        {condition === "signed-out" && (
          <button type="button" onClick={() => void signIn(app)}>
            Sign in
          </button>
        )}
        {doubt === undefined && list !== undefined && <Counts list={list} />}
        <time className="pw-wall-clock">{hourMinute(now, zone)}</time>
      </header>
      {page.items.length > 0 ? (
        <ol aria-label="Incidents">
          {page.items.map((incident) => (
            <Line key={incident.id} incident={incident} now={frozen} />
          ))}
        </ol>
      ) : (
        <Empty list={list} doubt={doubt} isFiltered={filters.length > 0} />
      )}
      <footer>
        {doubt === undefined ? (
          <span className="pw-wall-live">
            <CheckCircleIcon set="default" /> Live, confirmed {Math.max(0, Math.round((now - asOf) / 1_000))} s ago
          </span>
        ) : (
          list !== undefined && <span>Last known: {knownText(list)}</span>
        )}
        {doubt === undefined && list !== undefined && filters.length === 0 && <Watched list={list} />}
        {filters.length > 0 && <span className="pw-wall-filter">{filters.join(", ")}</span>}
        <span className="pw-wall-end">
          {page.count > 1 && `Page ${page.number} of ${page.count}, next in ${page.nextIn} s`}
          {list !== undefined && list.matching > list.items.length && ` · ${count(list.matching)} in all`}
        </span>
        <Leave />
      </footer>
    </div>
  );
}

function Watched({ list }: { readonly list: IncidentList }) {
  const { watched, counts } = list;
  const { handled } = counts.views;
  return (
    <>
      <span>
        {plural(watched.containers, "container")} in {plural(watched.namespaces, "namespace")}
      </span>
      {handled > 0 && (
        <span>
          {count(handled)} handled {handled === 1 ? "is" : "are"} not shown
        </span>
      )}
    </>
  );
}

function knownText({ severities }: IncidentList): string {
  return `${count(severities.critical)} critical, ${count(severities.warning)} warning`;
}

function Counts({ list }: { readonly list: IncidentList }) {
  return SEVERITIES.map((severity) => (
    <span key={severity} className={list.severities[severity] === 0 ? "pw-wall-count pw-wall-zero" : "pw-wall-count"}>
      <SeverityIcon severity={severity} /> <b>{count(list.severities[severity])}</b>{" "}
      {severityText(severity).toLowerCase()}
    </span>
  ));
}

function Line({ incident, now }: { readonly incident: Incident; readonly now: number }) {
  const { zone } = usePreferences();
  const { name } = incidentName(incident);
  const { severity, namespace, kind, since, short } = incident;
  return (
    <li className={`pw-wall-${severity}`}>
      <span role="img" aria-label={severityText(severity)} className="pw-wall-icon">
        <SeverityIcon severity={severity} />
      </span>
      <p className="pw-wall-name" title={name}>
        <b>{name}</b> {kind !== "namespace" && namespace}
      </p>
      <b className="pw-wall-for">{span(now - since)}</b>
      <p className="pw-wall-short" title={short}>
        {short}
      </p>
      <span className="pw-wall-who">{handlingText(incident, now, zone)}</span>
    </li>
  );
}

interface EmptyProps {
  readonly list: IncidentList | undefined;
  readonly doubt: Warning | undefined;
  readonly isFiltered: boolean;
}

/** Green only if every namespace can be seen, the stream is up, nothing is open and nothing is filtered. */
function Empty({ list, doubt, isFiltered }: EmptyProps) {
  const { zone } = usePreferences();
  const now = useNow();
  if (list === undefined) return <div className="pw-wall-empty" />;
  if (doubt !== undefined) {
    return <Message icon={<QuestionCircleIcon set="default" />}>The state of the containers is not known</Message>;
  }
  const isHealthy = list.counts.views.open === 0 && !isFiltered && list.watched.namespaces > 0;
  const last = list.quiet?.lastIncident;
  return (
    <Message icon={isHealthy && <CheckCircleIcon set="default" className="pw-is-normal" />} isHealthy={isHealthy}>
      {quietText(list, isFiltered)}
      {isHealthy && last !== undefined && (
        <small>
          Last problem: {incidentName(last).name} in {last.namespace ?? "the cluster"},{" "}
          {shortMinute(last.since, now, zone)}
        </small>
      )}
    </Message>
  );
}

interface MessageProps {
  readonly icon: ReactNode;
  readonly isHealthy?: boolean;
  readonly children: ReactNode;
}

function Message({ icon, isHealthy = false, children }: MessageProps) {
  return (
    <div className={isHealthy ? "pw-wall-empty pw-wall-healthy" : "pw-wall-empty"}>
      {icon}
      <p>{children}</p>
    </div>
  );
}

function Leave() {
  const search = writeIncidentQuery(listQuery(useLocation()));
  return (
    <PageLink href={`${screenHref("")}${search}`} go={() => visit("", search)} aria-keyshortcuts="Escape">
      Leave
    </PageLink>
  );
}

/** Seconds since the wall was opened: it changes every second, so that a frozen screen is noticed. */
function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

/** Keeps the screen on where the browser can: in secure contexts, while the tab is visible. */
function useScreenOn(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let isOver = false;
    async function ask(): Promise<void> {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (isOver) void lock.release();
      } catch {
        // Refused, for example while the battery is low.
      }
    }
    void ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}
