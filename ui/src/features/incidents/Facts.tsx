import CodeBranchIcon from "@patternfly/react-icons/dist/esm/icons/code-branch-icon";
import { Fragment } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { Incident } from "../../../../src/http/base/api-types.ts";
import { PageLink } from "../../common/PageLink.tsx";
import { SeverityPill } from "../../common/severity.tsx";
import { changeText, incidentName, nowDetail, nowWord, restartsText, sinceText, span } from "../../format/incident.ts";
import { iso, shortMinute, type Zone } from "../../format/time.ts";
import { incidentHref, openIncident } from "../../state/open-incident.ts";

/** An incident, and the context in which it is shown. */
export interface Shown {
  readonly incident: Incident;
  readonly now: number;
  readonly zone: Zone;
}

export function Severity({ incident, now, zone }: Shown) {
  const { severity, asOf } = incident;
  return (
    <SeverityPill severity={severity} asOf={asOf === undefined ? undefined : `as of ${shortMinute(asOf, now, zone)}`} />
  );
}

interface NameLinkProps {
  readonly incident: Incident;
  readonly isOpen: boolean;
}

/** A link to the page of the incident; a plain click opens the details. */
export function NameLink({ incident, isOpen }: NameLinkProps) {
  const { name } = incidentName(incident);
  return (
    <PageLink
      className="pw-name"
      href={incidentHref(incident.key)}
      go={() => openIncident(incident.id)}
      data-incident={incident.id}
      aria-expanded={isOpen}
      title={name}
    >
      {name}
    </PageLink>
  );
}

/** ` Deployment · shop` */
export function Where({ incident }: { readonly incident: Incident }) {
  const { of } = incidentName(incident);
  const { namespace, kind } = incident;
  return (
    <span className="pw-sub">
      <span className="pw-kind">
        {of}
        {kind !== "namespace" && of !== "" && namespace !== undefined && " · "}
      </span>
      {kind !== "namespace" && namespace}
    </span>
  );
}

export function Now({ incident, now, zone }: Shown) {
  const { now: status, phase, resolvedAt } = incident;
  if (phase === "resolved" && resolvedAt !== undefined) return <>Resolved {shortMinute(resolvedAt, now, zone)}</>;
  if (status === undefined) return <span className="pw-sub">not known</span>;
  const detail = nowDetail(status, { now, zone });
  return (
    <>
      {nowWord(status, now)}
      {phase === "recovering" && ", recovering"}
      {detail !== "" && <span className="pw-sub"> · {detail}</span>}
    </>
  );
}

export function Ready({ incident }: { readonly incident: Incident }) {
  const { ready, severity } = incident;
  if (ready === undefined) return <span className="pw-sub">{severity === "unknown" ? "?" : "–"}</span>;
  return (
    <span className={ready.ready === 0 ? "pw-none-ready" : ""}>
      {ready.ready}/{ready.wanted}
    </span>
  );
}

export function FailingFor({ incident, now, zone }: Shown) {
  const { since, resolvedAt } = incident;
  return (
    <time dateTime={iso(since)} title={iso(since)}>
      <span className="pw-strong">{span((resolvedAt ?? now) - since)}</span>{" "}
      <span className="pw-sub">{sinceText(incident, { now, zone })}</span>
    </time>
  );
}

export function Restarts({ incident, windowMs }: { readonly incident: Incident; readonly windowMs: number }) {
  const [total, rest] = restartsText(incident, formatSpan(windowMs));
  if (total === "–") return <span className="pw-sub">–</span>;
  return (
    <>
      <span className="pw-strong">{total}</span> {rest !== "" && <span className="pw-sub">{rest}</span>}
    </>
  );
}

export function Why({ incident }: { readonly incident: Incident }) {
  const { why, lastLine } = incident;
  return (
    <>
      <p className="pw-why" title={why}>
        {why}
      </p>
      {lastLine !== undefined && (
        <code className="pw-last" title={lastLine.text}>
          {lastLine.text}
        </code>
      )}
    </>
  );
}

export function Changed({ incident, now, zone }: Shown) {
  if (incident.change === undefined) return null;
  const text = changeText(incident.change, { now, zone });
  return (
    <p className="pw-changed" title={text}>
      <CodeBranchIcon set="default" />
      <span>
        <span className="pf-v6-screen-reader">Changed: </span>
        {text.split(/([0-9a-f]{9,10})(?=[\s(;])/).map((part, index) =>
          index % 2 === 1 ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence, replaced as a whole
            <code key={index}>{part}</code>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence, replaced as a whole
            <Fragment key={index}>{part}</Fragment>
          ),
        )}
      </span>
    </p>
  );
}
