import type { Alert } from "../core/alert.ts";
import { type LegacyStatus, legacyStatus } from "../core/handover.ts";
import type { Instant } from "../core/time.ts";
import type { HandedOver, LiveState, NamespaceHealth } from "../ports.ts";
import type { Caller } from "./caller.ts";
import type { Containers } from "./containers.ts";

/** What the page without JavaScript, the badge and the feed tell: the problems, by namespace, the worst first. */
export interface Overview {
  readonly namespaces: readonly NamespaceOverview[];
  readonly failures: number;
  readonly warnings: number;
  /** Failing, and handed over to the monitoring service. */
  readonly sent: number;
  /** Namespaces whose picture is not confirmed now. */
  readonly unknown: number;
  readonly pods: number;
}

export interface NamespaceOverview {
  readonly health: NamespaceHealth;
  readonly problems: readonly ProblemRow[];
}

/** One thing that is not well: a container, a pod, a workload or the namespace, with all that fires for it. */
export interface ProblemRow {
  readonly status: Exclude<LegacyStatus, "None">;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly workload: string | undefined;
  readonly alerts: readonly Alert[];
  readonly since: Instant;
  readonly restarts: number | undefined;
  readonly threshold: number;
}

const RANK: Readonly<Record<ProblemRow["status"], number>> = { Failure: 3, Warning: 2, Sent: 1 };

export function overviewOf(
  live: LiveState,
  containers: Containers,
  handedOver: ReadonlyMap<string, HandedOver>,
  caller: Caller,
): Overview {
  const firing = new Map<string, Map<string, Alert[]>>();
  for (const alert of live.alerts()) {
    const { namespace, pod, workload, container } = alert.labels;
    if (alert.state.name !== "firing" || !caller.sees(namespace)) continue;
    const rows = getOrMake(firing, namespace, () => new Map<string, Alert[]>());
    getOrMake(rows, [pod ?? workload ?? "", container ?? ""].join("/"), () => [] as Alert[]).push(alert);
  }
  const namespaces = live.source
    .health()
    .filter(({ namespace }) => caller.sees(namespace))
    .map((health) => ({
      health,
      problems: [...(firing.get(health.namespace)?.values() ?? [])]
        .map((alerts) => problemRow(alerts, containers, handedOver))
        .sort((a, b) => RANK[b.status] - RANK[a.status] || b.since - a.since),
    }))
    .sort((a, b) => worst(b) - worst(a) || (a.health.namespace < b.health.namespace ? -1 : 1));
  const count = (status: ProblemRow["status"]) =>
    namespaces.reduce((sum, { problems }) => sum + problems.filter((row) => row.status === status).length, 0);
  return {
    namespaces,
    failures: count("Failure"),
    warnings: count("Warning"),
    sent: count("Sent"),
    unknown: namespaces.filter(({ health }) => health.liveSince === undefined).length,
    pods: namespaces.reduce((sum, { health }) => sum + health.pods, 0),
  };
}

function problemRow(
  alerts: readonly Alert[],
  containers: Containers,
  handedOver: ReadonlyMap<string, HandedOver>,
): ProblemRow {
  const sorted = alerts.toSorted((a, b) => severityRank(b) - severityRank(a) || firedAt(b) - firedAt(a));
  const { labels, subject } = sorted[0]!;
  const view = containers.ofAlert(sorted[0]!);
  const facts = sorted.map((alert) => alert.subject.container).find((container) => container !== undefined);
  return {
    status: sorted.map((alert) => statusOf(alert, containers, handedOver)).sort((a, b) => RANK[b] - RANK[a])[0]!,
    pod: labels.pod,
    container: labels.container,
    workload: labels.workload ?? (subject.workload && `${subject.workload.kind}/${subject.workload.name}`),
    alerts: sorted,
    since: Math.min(...sorted.map(firedAt)),
    restarts: view?.restarts.length ?? facts?.restarts.length,
    threshold: containers.restartPolicy(labels).threshold,
  };
}

function statusOf(alert: Alert, containers: Containers, handedOver: ReadonlyMap<string, HandedOver>) {
  return containers.isDue(alert, handedOver.get(alert.fingerprint)) ? legacyStatus(alert.severity) : "Sent";
}

function worst({ health, problems }: NamespaceOverview): number {
  return Math.max(health.liveSince === undefined ? 2.5 : 0, ...problems.map(({ status }) => RANK[status]));
}

const severityRank = (alert: Alert) => (alert.severity === "critical" ? 1 : 0);
const firedAt = ({ state }: Alert) => (state.name === "pending" ? state.activeAt : state.firedAt);

function getOrMake<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
