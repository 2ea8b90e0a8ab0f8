import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { HealthDetails, NamespaceHealth, NamespaceView } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Chip } from "../../common/Chip.tsx";
import { Commands } from "../../common/Command.tsx";
import { Panel } from "../../common/Panel.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { When } from "../../common/When.tsx";
import { useApp, useNow } from "../../context.ts";
import { bytes, count, plural } from "../../format/text.ts";
import { roughly } from "../../format/time.ts";
import { isCommand } from "../../state/unknown-namespaces.ts";

/** Smaller clock differences are not reported. */
const MAX_SKEW = 60_000;

/** The health of the program itself. */
export function HealthPanel() {
  const now = useNow();
  const loaded = useLoad("health", (signal) => call("GET health", { signal }), now);
  return (
    <Card isCompact className="pw-health">
      <CardTitle component="h2">Health</CardTitle>
      <CardBody>
        <Panel loaded={loaded} what="health">
          {(health) => <HealthBody health={health} />}
        </Panel>
      </CardBody>
    </Card>
  );
}

function HealthBody({ health }: { readonly health: HealthDetails }) {
  const now = health.serverNow;
  const { queue, store, watchLagMs, lastEventAt, consumers } = health;
  return (
    <>
      <dl className="pw-facts">
        <Fact term="Version">
          {health.version}, Node.js {health.node.replace(/^v/, "")}
        </Fact>
        <Fact term="Kubernetes">{health.kubernetes ?? "no response yet"}</Fact>
        <Fact term="Uptime">{formatSpan(now - health.startedAt)}</Fact>
        <Fact term="Watching">
          {plural(health.containers, "container")} in {plural(health.namespaces.length, "namespace")}
        </Fact>
        <Fact term="Watch lag">{watchLagMs === undefined ? "unknown" : formatSpan(watchLagMs)}</Fact>
        <Fact term="Last event">
          {lastEventAt === undefined ? "none yet" : <When at={lastEventAt} now={now} as="relative" />}
        </Fact>
        <Fact term="Outbox">
          {count(queue.pending)} pending
          {queue.oldest !== undefined && `, oldest for ${roughly(now - queue.oldest)}`}, {count(queue.dead)} given up
        </Fact>
        <Fact term="Store">
          {store.kind}
          {store.bytes !== undefined && `, ${bytes(store.bytes)}`}
          {!store.writable && <strong> – not writable{store.problem !== undefined && `: ${store.problem}`}</strong>}
        </Fact>
        <Fact term="Consumers">
          {consumers.length === 0 && "none"}
          {consumers.map(({ name, lastSeenAt }, index) => (
            <span key={name}>
              {index > 0 && ", "}
              {name} (<When at={lastSeenAt} now={now} as="relative" />)
            </span>
          ))}
        </Fact>
      </dl>
      <ClockSkew cluster={health.clockSkewMs} nodes={health.clockSkew ?? []} />
      <Namespaces namespaces={health.namespaces} now={now} />
    </>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ClockSkew({
  cluster,
  nodes,
}: {
  readonly cluster: number | undefined;
  readonly nodes: NonNullable<HealthDetails["clockSkew"]>;
}) {
  const { store } = useApp();
  const browser = store.clock.offset();
  return (
    <>
      {Math.abs(browser) > MAX_SKEW && (
        <p className="pw-warning-line">
          This browser's clock is {formatSpan(Math.abs(browser))} {browser > 0 ? "behind" : "ahead of"} the server's.
          Times on this page use the server's clock.
        </p>
      )}
      {cluster !== undefined && Math.abs(cluster) > MAX_SKEW && (
        <p className="pw-warning-line">
          The server's clock is {formatSpan(Math.abs(cluster))} {cluster > 0 ? "ahead of" : "behind"} the cluster's:
          times of restarts may look wrong.
        </p>
      )}
      {nodes.map(({ node, skewMs }) => (
        <p key={node} className="pw-warning-line">
          The clock of node {node} is {formatSpan(Math.abs(skewMs))} {skewMs > 0 ? "fast" : "slow"}: times of its
          containers look wrong. Check its time synchronization.
        </p>
      ))}
    </>
  );
}

const STATES: Record<NamespaceView["state"], readonly [text: string, color: string]> = {
  live: ["synced", "success"],
  starting: ["starting", "info"],
  syncing: ["syncing", "info"],
  polling: ["polling", "info"],
  stale: ["stale", "danger"],
  unauthenticated: ["token rejected", "danger"],
  forbidden: ["forbidden", "danger"],
  missing: ["does not exist", "danger"],
};

/** Periods in which changes may have been missed. */
function Gaps({ gaps, now }: { readonly gaps: NonNullable<NamespaceHealth["gaps"]>; readonly now: number }) {
  const [isOpen, setOpen] = useState(false);
  const newest = gaps[0];
  if (newest === undefined) return null;
  return (
    <>
      <button
        type="button"
        className="pf-v6-c-button pf-m-link pf-m-inline pw-gaps-toggle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {plural(gaps.length, "gap")}, {newest.to === undefined ? "newest still open" : "newest until "}
        {newest.to !== undefined && <When at={newest.to} now={now} as="short" />}
      </button>
      {isOpen && (
        <ul className="pw-gaps">
          {gaps.map(({ from, to, cause }) => (
            <li key={from}>
              <When at={from} /> – {to === undefined ? "now" : <When at={to} />}: {describeCause(cause)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function describeCause(cause: string): string {
  return cause === "restart" ? "Pod Watcher was not running" : `the watch was lost (${cause})`;
}

function Namespaces({ namespaces, now }: { readonly namespaces: readonly NamespaceHealth[]; readonly now: number }) {
  if (namespaces.length === 0) return null;
  return (
    <>
      <h3 className="pw-heading">Namespaces</h3>
      <ul className="pw-health-namespaces">
        {namespaces.map((each) => {
          const [text, color] = STATES[each.state];
          return (
            <li key={each.namespace}>
              <span className="pw-namespace-line">
                <strong>{each.namespace}</strong>
                <Chip color={color} outline>
                  {text}
                </Chip>
                <span className="pw-muted">
                  {plural(each.pods, "pod")}
                  {each.staleSince !== undefined && (
                    <>
                      , unknown since <When at={each.staleSince} now={now} as="short" />
                    </>
                  )}
                </span>
              </span>
              {each.message !== undefined && <span className="pw-break">{each.message}</span>}
              {each.missing !== undefined && each.missing.length > 0 && (
                <span>Missing permission: {each.missing.join(", ")}</span>
              )}
              {each.remedy !== undefined &&
                (isCommand(each.remedy) ? <Commands lines={each.remedy.split("\n")} /> : <p>{each.remedy}</p>)}
              {each.gaps !== undefined && each.gaps.length > 0 && <Gaps gaps={each.gaps} now={now} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}
