import { podsOf } from "../../core/incident/causes.ts";
import { revisionsOf } from "../../core/incident/change.ts";
import { incidentId, incidentKey } from "../../core/incident/key.ts";
import { lastEndOf, whyOf } from "../../core/incident/why.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import { describeTermination } from "../../core/text/exit-code.ts";
import type { EvidenceSnapshot } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type {
  IncidentCause,
  IncidentDetails,
  IncidentPod,
  IncidentRevision,
  LastLog,
  Mention,
} from "../schemas/incident-details.ts";
import type { Incident } from "../schemas/incidents.ts";
import type { Containers } from "./containers.ts";
import { type IncidentFacts, podsOfWorkload } from "./incident-facts.ts";
import { stepsOf } from "./incident-steps.ts";
import { type TimelineSources, timelineOf } from "./incident-timeline.ts";
import { podNow } from "./incident-view.ts";
import { rowIdOf } from "./rows.ts";

export interface IncidentDetailsDeps extends TimelineSources {
  readonly live: LiveState;
  readonly containers: Containers;
  readonly cli: "oc" | "kubectl";
  readonly now: Instant;
  /** Of the worst alert, without what the caller may not read. */
  readonly evidence: EvidenceSnapshot | undefined;
}

const MAX_PODS = 100;
const MAX_CAUSE_PODS = 20;
const MAX_LINES = 20;
const MAX_FORMER = 10;

export function incidentDetailsOf(
  facts: IncidentFacts,
  incident: Incident,
  deps: IncidentDetailsDeps,
): IncidentDetails {
  const { live, others, now } = deps;
  const mentions = mentionsOf(incident, live);
  const lastLog = lastLogOf(facts, deps);
  return {
    serverNow: now,
    incident,
    summary: summaryOf(incident),
    causes: causesOf(facts, incident.lastLine?.text),
    pending: [...live.alerts()]
      .filter(({ state, labels }) => state.name === "pending" && incidentKey(labels) === facts.key)
      .map(({ labels, state, annotations }) => ({
        alertname: labels.alertname,
        row: rowIdOf(labels),
        activeAt: state.activeAt,
        summary: annotations.summary,
      })),
    steps: stepsOf(facts, incident, mentions, deps.cli),
    mentions,
    ...(lastLog === undefined ? {} : { lastLog }),
    timeline: timelineOf(facts, incident, deps),
    revisions: revisionViews(facts, deps),
    former: others
      .filter(({ span }) => span.resolvedAt < facts.span.openedAt)
      .map(({ key, span, since, severity, short }) => ({
        ...{ id: incidentId(key, span.openedAt), since, resolvedAt: span.resolvedAt, severity, short },
      }))
      .reverse()
      .slice(0, MAX_FORMER),
  };
}

/** The failure, and the pods that still work. */
function summaryOf({ why, ready, phase, change }: Incident): string {
  if (phase === "resolved" || ready === undefined) return why;
  const serving =
    ready.ready === 0
      ? "No pod is ready."
      : ready.ready < ready.wanted
        ? `${ready.ready} of ${ready.wanted} pods are still ready.`
        : "All pods are ready now.";
  const stuck = change?.effect === "only-new-fails" ? " Only the new revision fails." : "";
  return `${why}${stuck} ${serving}`;
}

function causesOf({ causes, total, severity }: IncidentFacts, lastLine: string | undefined): readonly IncidentCause[] {
  return causes.map((cause, index) => {
    const { alerts, alertname, container, consequences } = cause;
    const names = podsOf(alerts);
    const { annotations } = alerts[0]!;
    return {
      alertname,
      severity: severity === "unknown" ? severity : cause.severity,
      ...(container === undefined ? {} : { container }),
      ...(annotations.reason === undefined ? {} : { reason: annotations.reason }),
      why: whyOf(cause, { lastLine: index === 0 ? lastLine : undefined, failing: names.length, total }).why,
      description: annotations.description,
      since: Math.min(...alerts.map(({ state }) => state.activeAt)),
      pods: alerts
        .filter(({ labels }) => labels.pod !== undefined)
        .slice(0, MAX_CAUSE_PODS)
        .map(({ labels }) => ({ pod: labels.pod ?? "", row: rowIdOf(labels) })),
      podCount: names.length,
      consequences,
    };
  });
}

/** The last line may name a workload that is watched, such as `orders-db:5432` or `orders-db.shop.svc`. */
function mentionsOf({ lastLine, namespace = "", workload }: Incident, live: LiveState): readonly Mention[] {
  if (lastLine === undefined) return [];
  const words = new Set(lastLine.text.toLowerCase().match(/[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?/g));
  const found = new Map<string, PodSnapshot[]>();
  for (const pod of live.source.pods(namespace)) {
    const { kind, name } = pod.workload;
    if (kind === "Pod" || `${kind}/${name}` === workload || name.length < 3 || !words.has(name)) continue;
    const key = `${kind}/${name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [pod]);
    else known.push(pod);
  }
  return [...found.values()].map((pods) => {
    const { kind, name } = pods[0]!.workload;
    const restarts = pods
      .flatMap(({ containers }) => containers.map(({ lastTerminated }) => lastTerminated?.finishedAt))
      .filter((at) => at !== undefined);
    return {
      name,
      kind,
      namespace,
      ready: pods.filter((pod) => pod.conditions.ready?.status === "True").length,
      wanted: pods.length,
      ...(restarts.length === 0 ? {} : { lastRestartAt: Math.max(...restarts) }),
    };
  });
}

function lastLogOf({ causes, namespace }: IncidentFacts, { evidence }: IncidentDetailsDeps): LastLog | undefined {
  const alert = causes[0]?.alerts.find(({ labels }) => labels.container !== undefined && labels.pod !== undefined);
  const { pod, container } = alert?.labels ?? {};
  if (alert === undefined || pod === undefined || container === undefined) return undefined;
  const { restartCount = 0 } = alert.subject.container ?? {};
  const end = lastEndOf(alert);
  const log = evidence?.log;
  return {
    row: `${namespace}/${pod}/${container}`,
    pod,
    container,
    lines: log?.available === true ? log.lines.slice(-MAX_LINES) : [],
    isPrevious: restartCount > 0,
    ...(restartCount > 0 ? { run: restartCount } : {}),
    ...(end?.finishedAt === undefined ? {} : { endedAt: end.finishedAt }),
    ...(end?.finishedAt === undefined || end.startedAt === undefined
      ? {}
      : { ranMs: Math.max(0, end.finishedAt - end.startedAt) }),
    ...(evidence === undefined ? {} : { storedAt: evidence.takenAt }),
    ...(log?.available === true
      ? {}
      : { missing: log?.available === false ? log.reason : "No log has been stored for this alert yet." }),
  };
}

function revisionViews(facts: IncidentFacts, deps: IncidentDetailsDeps): readonly IncidentRevision[] {
  const byPod = Map.groupBy(facts.alerts, ({ labels, subject }) => labels.pod ?? subject.pod ?? "");
  const pods = podsOfWorkload(deps.live, facts.namespace, facts.workload);
  return revisionsOf(pods)
    .map(({ revision, image, rolledOutAt, pods: own }) => ({
      revision,
      ...(image === undefined ? {} : { image }),
      rolledOutAt,
      ready: own.filter((pod) => pod.conditions.ready?.status === "True").length,
      total: own.length,
      pods: own
        .toSorted((a, b) => Number(byPod.has(b.name)) - Number(byPod.has(a.name)) || (a.name < b.name ? -1 : 1))
        .slice(0, MAX_PODS)
        .map((pod) => podView(pod, byPod.get(pod.name) ?? [], deps)),
    }))
    .sort((a, b) => Number(isFailing(b)) - Number(isFailing(a)));
}

function isFailing({ pods }: Pick<IncidentRevision, "pods">): boolean {
  return pods.some(({ severity }) => severity !== undefined);
}

function podView(pod: PodSnapshot, alerts: readonly Alert[], { containers }: IncidentDetailsDeps): IncidentPod {
  const views = containers.ofPod(pod);
  const worst = alerts.toSorted((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical"))[0];
  const name = worst?.labels.container ?? views[0]?.container.name;
  const container = views.find((view) => view.container.name === name)?.container;
  const end = container?.lastTerminated;
  const isOver = worst !== undefined && worst.state.name === "resolved";
  return {
    row: name === undefined ? `${pod.namespace}/${pod.name}` : `${pod.namespace}/${pod.name}/${name}`,
    pod: pod.name,
    ...(worst === undefined || isOver ? {} : { severity: worst.severity }),
    word: podNow(pod, name).word,
    isReady: pod.conditions.ready?.status === "True",
    restartCount: views.reduce((sum, view) => sum + view.container.restartCount, 0),
    restartsInWindow: views.reduce((sum, view) => sum + view.restarts.length, 0),
    ...(end === undefined ? {} : { lastExit: describeTermination(end) }),
    ...(end?.finishedAt === undefined ? {} : { lastRestartAt: end.finishedAt }),
    ...(pod.node === undefined ? {} : { node: pod.node }),
    createdAt: pod.createdAt,
  };
}
