import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core";
import { Fragment, type ReactNode } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { Termination } from "../../../../src/core/model/pod.ts";
import { describeExitCode } from "../../../../src/core/text/exit-code.ts";
import { rowSeverity } from "../../../../src/core/view/row.ts";
import type { Details, Row } from "../../../../src/http/base/api-types.ts";
import { PageLink } from "../../common/PageLink.tsx";
import { Panel } from "../../common/Panel.tsx";
import { SeverityWord } from "../../common/severity.tsx";
import type { Loaded } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { useData, useNow } from "../../context.ts";
import { plural } from "../../format/text.ts";
import { openDrawer, openHref } from "../../state/location.ts";
import { timesBefore } from "../../state/row.ts";
import { Timeline } from "./Timeline.tsx";

interface OverviewProps {
  readonly details: Loaded<Details>;
  readonly row: Row | undefined;
}

export function Overview({ details, row }: OverviewProps) {
  return (
    <div className="pw-tab-body">
      <Panel loaded={details} what="details">
        {(data) => <OverviewBody details={data} row={row ?? data.row} />}
      </Panel>
    </div>
  );
}

function OverviewBody({ details, row }: { readonly details: Details; readonly row: Row }) {
  const now = useNow();
  return (
    <>
      <p className="pw-sentence">{details.sentence}</p>
      {details.sent !== undefined && details.sent.length > 0 && (
        <p>
          Notified{" "}
          {details.sent.map(({ receiver, at }, index) => (
            <Fragment key={`${receiver} ${at}`}>
              {index > 0 && ", "}
              <strong>{receiver}</strong> <When at={at} now={now} as="short" />
            </Fragment>
          ))}
          .
        </p>
      )}
      {row.since !== undefined && (
        <p className="pw-muted">
          In this state since <When at={row.since} /> (<When at={row.since} now={now} as="relative" />)
          {timesBefore(row) > 0 && `, and ${plural(timesBefore(row), "time")} before within the window`}.
        </p>
      )}
      {row.alerts !== undefined && row.alerts.length > 0 && (
        <ul className="pw-alerts" aria-label="Open alerts">
          {row.alerts.map((alert) => (
            <li key={alert.fingerprint}>
              <strong>{alert.name}</strong> ({alert.severity}): {alert.summary}
              {inhibitionOf(details, alert.fingerprint)}
            </li>
          ))}
        </ul>
      )}
      {row.ack !== undefined && (
        <p>
          Acknowledged by <strong>{row.ack.by}</strong> <When at={row.ack.at} now={now} as="relative" />
          {row.ack.note !== undefined && `: “${row.ack.note}”`}.{" "}
          {row.ack.notifyOnWorsening
            ? "You will be notified again if it gets worse."
            : "No further notifications until it recovers."}
        </p>
      )}
      <Timeline timeline={details.timeline} hasRestarts={row.scope === "container"} />
      {details.failedPod !== undefined && <FailedPod {...details.failedPod} />}
      {(row.scope === "container" || details.current !== undefined) && <LastExit details={details} />}
      <Facts details={details} row={row} />
      <Siblings details={details} id={row.id} isAffected={row.state !== "Normal"} />
      {details.storedAt !== undefined && (
        <p className="pw-muted">
          Limits, requests or other pods are shown as of <When at={details.storedAt} />, when the alert fired.
        </p>
      )}
      {details.notes?.map((note) => (
        <p key={note} className="pw-muted pw-break">
          When the alert fired: {note}
        </p>
      ))}
    </>
  );
}

/** The alert that keeps this one from being notified. */
function inhibitionOf({ inhibited }: Details, fingerprint: string): ReactNode {
  const found = inhibited?.find((one) => one.fingerprint === fingerprint);
  return found && <span className="pw-muted"> Not notified: {found.reason}.</span>;
}

/** The failed pod of a workload, which the rest of the overview describes. */
function FailedPod({ id, pod }: { readonly id: string; readonly pod: string }) {
  return (
    <p>
      Failed pod:{" "}
      <PageLink href={openHref(id)} go={() => openDrawer(id)}>
        {pod}
      </PageLink>
    </p>
  );
}

/** The end of the current run if it has ended, otherwise of the previous one. */
function LastExit({ details }: { readonly details: Details }) {
  const { current, lastTerminated: last } = details;
  const hasEnded = current?.name === "terminated";
  const newest = hasEnded ? current : last;
  const previous = hasEnded && last !== undefined && last.finishedAt !== current.finishedAt ? last : undefined;
  return (
    <>
      <h3 className="pw-heading">Last exit</h3>
      {newest === undefined ? <p>No earlier run is known.</p> : <Exit end={newest} />}
      {hasEnded && <p className="pw-muted">The container is not running.</p>}
      {previous !== undefined && (
        <>
          <h3 className="pw-heading">Previous exit</h3>
          <Exit end={previous} />
        </>
      )}
      {current?.name === "waiting" && current.reason !== undefined && (
        <p>
          Now waiting: <strong>{current.reason}</strong>
          {current.message !== undefined && ` – ${current.message}`}
        </p>
      )}
    </>
  );
}

function Exit({ end }: { readonly end: Termination }) {
  const { exitCode, reason, signal, message, startedAt, finishedAt } = end;
  return (
    <List>
      <Fact term="Exit code">{`${exitCode} (${describeExitCode(exitCode, signal)})`}</Fact>
      <Fact term="Reason">{reason}</Fact>
      <Fact term="Message">{message === undefined ? undefined : <pre className="pw-message">{message}</pre>}</Fact>
      <Fact term="Started">{moment(startedAt)}</Fact>
      <Fact term="Finished">{moment(finishedAt)}</Fact>
      <Fact term="Ran for">
        {startedAt !== undefined && finishedAt !== undefined ? formatSpan(finishedAt - startedAt) : undefined}
      </Fact>
    </List>
  );
}

function Facts({ details, row }: { readonly details: Details; readonly row: Row }) {
  const { owners, limits, requests, overrides } = details;
  return (
    <>
      <h3 className="pw-heading">Details</h3>
      <List>
        <Fact term="Namespace">{row.namespace}</Fact>
        <Fact term="Container">{row.container}</Fact>
        <Fact term="Owner">
          {owners.length === 0 ? undefined : owners.map(({ kind, name }) => `${kind}/${name}`).join(" › ")}
        </Fact>
        <Fact term="Node">{details.node}</Fact>
        <Fact term="Phase">{details.phase}</Fact>
        <Fact term="Pod created">{moment(details.podCreatedAt)}</Fact>
        <Fact term="Image">{details.image === undefined ? undefined : <code>{details.image}</code>}</Fact>
        <Fact term="Digest">{details.imageID === undefined ? undefined : <code>{details.imageID}</code>}</Fact>
        <Fact term="Limits">{resources(limits)}</Fact>
        <Fact term="Requests">{resources(requests)}</Fact>
      </List>
      {overrides.length > 0 && (
        <>
          <h3 className="pw-heading">Pod annotations</h3>
          <List>
            {overrides.map(({ key, value, problem }) => (
              <Fact key={key} term={`pod-watcher.io/${key}`}>
                {value}
                {problem !== undefined && <span className="pw-warning-line">Ignored: {problem}</span>}
              </Fact>
            ))}
          </List>
        </>
      )}
    </>
  );
}

const NONE = new Set<string>();

interface SiblingsProps {
  readonly details: Details;
  readonly id: string;
  /** This row has a problem. */
  readonly isAffected: boolean;
}

function Siblings({ details, id, isAffected }: SiblingsProps) {
  const { rows } = useData();
  const others = details.siblings.filter((sibling) => sibling.id !== id);
  if (others.length === 0) return null;
  const failing = others.filter((sibling) => sibling.state !== "Normal").length;
  return (
    <>
      <h3 className="pw-heading">Other pods of this workload</h3>
      <p>
        {failing === 0
          ? `${plural(others.length, "other")}, all normal${isAffected ? ": only this pod is affected" : ""}.`
          : `${failing} of ${plural(others.length, "other")} ${failing === 1 ? "is" : "are"} affected too.`}
      </p>
      <ul className="pw-siblings">
        {others.map(({ id: other, pod, state, restartCount }) => (
          <li key={other}>
            <SeverityWord severity={rowSeverity(rows.get(other) ?? { state, namespace: "" }, NONE)} />
            <PageLink href={openHref(other)} go={() => openDrawer(other)}>
              {pod}
            </PageLink>
            <span className="pw-muted">{plural(restartCount, "restart")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function moment(at: number | undefined): ReactNode {
  return at === undefined ? undefined : <When at={at} />;
}

function resources(of: { readonly cpu?: string; readonly memory?: string } | undefined): string | undefined {
  if (of === undefined) return undefined;
  const parts = [of.cpu === undefined ? "" : `CPU ${of.cpu}`, of.memory === undefined ? "" : `memory ${of.memory}`];
  return parts.filter(Boolean).join(", ") || undefined;
}

function List({ children }: { readonly children: ReactNode }) {
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: "8rem" }}>
      {children}
    </DescriptionList>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  if (children === undefined) return null;
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}
