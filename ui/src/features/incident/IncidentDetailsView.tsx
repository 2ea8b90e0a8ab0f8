import { Title } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef } from "react";
import type { Incident, IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { ApiError, call } from "../../api.ts";
import { ErrorBoundary } from "../../common/ErrorBoundary.tsx";
import { ErrorPanel } from "../../common/ErrorPanel.tsx";
import { showPart } from "../../common/incident-parts.ts";
import { LoadingLines } from "../../common/Panel.tsx";
import { type Loaded, useLoad } from "../../common/useLoad.ts";
import { useApp, useData, useNow } from "../../context.ts";
import { incidentName, span } from "../../format/incident.ts";
import { shortMinute } from "../../format/time.ts";
import { usePreferences } from "../../state/preferences.ts";
import { useValue } from "../../state/value.ts";
import { Chips } from "../incidents/Chips.tsx";
import { Severity } from "../incidents/Facts.tsx";
import { DetailActions } from "./DetailActions.tsx";
import { EventsPart } from "./EventsPart.tsx";
import { LastLogPart } from "./LastLogPart.tsx";
import { NoIncident } from "./NoIncident.tsx";
import { PodsPart } from "./PodsPart.tsx";
import { StepsPart } from "./StepsPart.tsx";
import { SummaryPart } from "./SummaryPart.tsx";
import { TimelinePart } from "./TimelinePart.tsx";
import { useAsk } from "./useAsk.ts";
import { WhyPart } from "./WhyPart.tsx";
// After the components, which import their own styles.
import "../../styles/incident.css";
import "../../styles/drawer.css";

interface IncidentDetailsViewProps {
  readonly id: string;
  readonly level: "h1" | "h2";
  readonly isPage?: boolean;
  readonly before: ReactNode;
  readonly after: ReactNode;
}

const PARTS = [
  ["steps", "Steps"],
  ["log", "Last log"],
  ["timeline", "Timeline"],
  ["pods", "Pods"],
  ["events", "Events"],
  ["why", "Why this alert"],
] as const;

/** The story of an incident in order, on one page that scrolls: nothing is hidden in a tab. */
export function IncidentDetailsView({ id, level, isPage = false, before, after }: IncidentDetailsViewProps) {
  const { incidents } = useApp();
  const { list } = useValue(incidents);
  const listed = list?.items.find((item) => item.id === id || item.key === id);
  const loaded = useLoad(id, (signal) => call("GET incidents/{id}", { path: { id }, signal }), useGeneration(listed));
  const incident = listed ?? loaded.data?.incident;
  const heading = useRef<HTMLHeadingElement>(null);
  const isKnown = incident !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each opened incident takes the focus
  useEffect(() => heading.current?.focus({ preventScroll: true }), [id, isKnown]);
  useAsk(incident);
  if (incident === undefined) {
    if (loaded.error instanceof ApiError && loaded.error.problem.status === 404) return <NoIncident id={id} />;
    if (loaded.error !== undefined)
      return <ErrorPanel what="The incident could not be loaded" error={loaded.error} onRetry={loaded.reload} />;
    return <LoadingLines label="Loading the incident" />;
  }
  return (
    <article className={isPage ? "pw-incident pw-incident-page" : "pw-incident"} aria-labelledby="incident-title">
      <header className="pw-incident-head">
        <div className="pw-incident-title">
          {before}
          <HeadSeverity incident={incident} />
          <Title headingLevel={level} size="xl" id="incident-title" ref={heading} tabIndex={-1}>
            {incidentName(incident).name}
          </Title>
          <span className="pw-sub">{[incidentName(incident).of, incident.namespace].filter(Boolean).join(" · ")}</span>
          {after}
        </div>
        <DetailActions incident={incident} steps={loaded.data?.steps ?? []} />
        <HeadChips incident={incident} />
        <nav className="pw-anchors" aria-label="Parts">
          {PARTS.map(([part, text]) => (
            <a key={part} href={`#incident-${part}`} onClick={(event) => goToPart(event, part)}>
              {text}
            </a>
          ))}
        </nav>
      </header>
      <Parts incident={incident} loaded={loaded} level={level === "h1" ? "h2" : "h3"} />
    </article>
  );
}

/** Scrolls without changing the address, which holds the list. */
function goToPart(event: { preventDefault(): void }, part: string): void {
  event.preventDefault();
  showPart(part, 0);
}

/** Changes whenever the incident does. */
function useGeneration(incident: Incident | undefined): string {
  return incident === undefined
    ? ""
    : JSON.stringify([incident.handling, incident.now, incident.restarts, incident.phase]);
}

function HeadSeverity({ incident }: { readonly incident: Incident }) {
  const { zone } = usePreferences();
  return <Severity incident={incident} now={useNow()} zone={zone} />;
}

function HeadChips({ incident }: { readonly incident: Incident }) {
  const now = useNow();
  const { zone } = usePreferences();
  const { resolvedAt, since } = incident;
  return (
    <div className="pw-incident-chips">
      {resolvedAt !== undefined && (
        <span>
          Resolved {shortMinute(resolvedAt, now, zone)} after {span(resolvedAt - since)}.
        </span>
      )}
      <Chips incident={incident} now={now} zone={zone} />
    </div>
  );
}

interface PartsProps {
  readonly incident: Incident;
  readonly loaded: Loaded<IncidentDetails>;
  readonly level: "h2" | "h3";
}

function Parts({ incident, loaded, level }: PartsProps) {
  const { data, error, reload } = loaded;
  const { meta } = useData();
  return (
    <div className="pw-incident-parts">
      <div>
        <ErrorBoundary what="The summary" resetKey={incident.id}>
          <SummaryPart incident={incident} details={data} windowMs={meta.windowMs} />
        </ErrorBoundary>
        {data === undefined &&
          (error === undefined ? (
            <LoadingLines label="Loading the details" />
          ) : (
            <ErrorPanel what="The details could not be loaded" error={error} onRetry={reload} headingLevel={level} />
          ))}
        {data !== undefined && (
          <>
            <Part of="steps" title="What to do" level={level}>
              <StepsPart details={data} />
            </Part>
            <Part of="log" title="Last log" level={level}>
              <LastLogPart details={data} />
            </Part>
          </>
        )}
      </div>
      {data !== undefined && (
        <div>
          <Part of="timeline" title="Timeline" level={level}>
            <TimelinePart details={data} />
          </Part>
          <Part of="pods" title="Pods" level={level}>
            <PodsPart details={data} />
          </Part>
          <Part of="events" title="Events" level={level}>
            <EventsPart incident={incident} />
          </Part>
          <Part of="why" title="Why this alert" level={level}>
            <WhyPart details={data} />
          </Part>
        </div>
      )}
    </div>
  );
}

interface PartProps {
  readonly of: string;
  readonly title: string;
  readonly level: "h2" | "h3";
  readonly children: ReactNode;
}

function Part({ of, title, level: Heading, children }: PartProps) {
  const id = `incident-${of}`;
  return (
    <section aria-labelledby={`${id}-title`} id={id} tabIndex={-1}>
      <Heading id={`${id}-title`}>{title}</Heading>
      <ErrorBoundary what={title} resetKey={of}>
        {children}
      </ErrorBoundary>
    </section>
  );
}
