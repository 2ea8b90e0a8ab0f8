import type { Transition } from "../../core/model/alert.ts";
import { formatSpan } from "../../core/model/duration.ts";
import type { ContainerSnapshot, PodSnapshot } from "../../core/model/pod.ts";
import { policyFor } from "../../core/model/policy.ts";
import type { Instant } from "../../core/model/time.ts";
import { isSameWorkload } from "../../core/model/workload.ts";
import { describeInhibition } from "../../core/notify/inhibit.ts";
import { silencedBy } from "../../core/notify/silence.ts";
import { describeTermination } from "../../core/text/exit-code.ts";
import { describeRestarts } from "../../core/text/text.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EvidenceSnapshot, KubernetesObject, Sibling } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications } from "../../ports/notifications.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { Caller } from "../base/caller.ts";
import type { Details, Timeline, TimelineMark } from "../schemas/details.ts";
import type { LastRestart, Row } from "../schemas/state.ts";
import type { Containers } from "./containers.ts";
import { parseRowId, type RowTarget } from "./row-id.ts";
import type { StatusRowCache } from "./status-row-cache.ts";

export interface DetailsDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "transitions">;
  readonly containers: Containers;
  readonly rows: StatusRowCache;
  readonly clock: Clock;
  readonly verdictsOf: (pod: PodSnapshot, container: string | undefined) => NonNullable<Details["verdicts"]>;
  readonly inhibitionOf: Notifications["inhibitionOf"];
}

type Sent = NonNullable<Details["sent"]>;

/** Transitions that are read for one timeline. */
const MAX_TRANSITIONS = 500;
/** Listed siblings: enough to see whether one pod fails or all. */
const MAX_SIBLINGS = 200;

/** The details of a row. `raw` is the pod as the API server returned it, if it did. */
export async function detailsOf(
  deps: DetailsDeps,
  row: Row,
  raw: KubernetesObject | undefined,
  stored: EvidenceSnapshot | undefined,
  caller: Pick<Caller, "sees">,
): Promise<Details> {
  const { live, containers, clock } = deps;
  const target = parseRowId(row.id)!;
  const pod = target.pod === undefined ? undefined : live.source.pod(target.namespace, target.pod);
  const failedContainer = target.container === undefined ? failedContainerOf(live, target) : undefined;
  const container = pod?.containers.find(({ name }) => name === target.container) ?? failedContainer?.container;
  const image = container?.image || imageOfAlerts(deps, row);
  // The store may not respond; the other details are shown anyway.
  const sent = await deps.rows.receiversOf(row).catch(() => []);
  const { limits, requests } = resourcesOf(raw ?? stored?.pod, target.container ?? container?.name);
  const storedSiblings = target.pod !== undefined && pod === undefined ? (stored?.siblings ?? []) : [];
  const isStored = (raw === undefined && stored?.pod !== undefined) || storedSiblings.length > 0;
  return {
    serverNow: clock.now(),
    row,
    sentence: sentenceOf(deps, row, { pod, container, sent }),
    timeline: await timelineOf(deps, row, target, sent),
    ...(sent.length === 0 ? {} : { sent }),
    ...inhibitedAlerts(deps, row, caller),
    ...(container === undefined ? {} : { current: container.state }),
    ...(failedContainer === undefined || target.pod !== undefined
      ? {}
      : { failedPod: { id: failedContainer.id, pod: failedContainer.pod } }),
    ...(container?.lastTerminated === undefined ? {} : { lastTerminated: container.lastTerminated }),
    ...(pod === undefined ? {} : { podCreatedAt: pod.createdAt, phase: pod.phase }),
    ...(pod?.startedAt === undefined ? {} : { podStartedAt: pod.startedAt }),
    owners: ownersOf(pod, row),
    ...(row.node === undefined ? {} : { node: row.node }),
    ...(image === undefined ? {} : { image }),
    ...(container?.imageID === undefined ? {} : { imageID: container.imageID }),
    ...(limits === undefined ? {} : { limits }),
    ...(requests === undefined ? {} : { requests }),
    ...(isStored ? { storedAt: stored!.takenAt } : {}),
    ...(stored === undefined || stored.notes.length === 0 ? {} : { notes: stored.notes }),
    siblings:
      pod === undefined
        ? storedSiblings.map((sibling) => storedSibling(sibling, target))
        : await siblingsOf(deps, pod, target.container),
    overrides: overridesOf(containers, pod),
    ...(pod === undefined ? {} : { verdicts: deps.verdictsOf(pod, target.container) }),
  };
}

function inhibitedAlerts(
  { live, inhibitionOf }: DetailsDeps,
  { alerts = [] }: Row,
  { sees }: Pick<Caller, "sees">,
): Pick<Details, "inhibited"> {
  const inhibited = alerts.flatMap(({ fingerprint, name: alertname }) => {
    const alert = live.alert(fingerprint);
    const inhibition = alert && inhibitionOf(alert);
    return inhibition === undefined ? [] : [{ fingerprint, alertname, reason: describeInhibition(inhibition, sees) }];
  });
  return inhibited.length === 0 ? {} : { inhibited };
}

/** The container that caused an alert whose labels name none, such as that of a failed pod of a Job. */
export interface FailedContainer {
  /** Of its row. */
  readonly id: string;
  readonly pod: string;
  readonly container: Pick<ContainerSnapshot, "name" | "image" | "imageID" | "state" | "lastTerminated">;
}

/** Of the newest alert that names one: as it is now, or as it was when the alert was last seen. */
export function failedContainerOf(live: LiveState, target: RowTarget): FailedContainer | undefined {
  const alerts = [...live.alerts()].filter((alert) => concerns(alert, target));
  for (const { labels, subject } of alerts.sort((a, b) => b.state.activeAt - a.state.activeAt)) {
    const name = labels.pod ?? subject.pod;
    if (name === undefined || subject.container === undefined) continue;
    const { container: facts, podUid } = subject;
    const pod = live.source.pod(target.namespace, name);
    const present = pod?.uid === podUid ? pod?.containers.find((one) => one.name === facts.name) : undefined;
    const container = present ?? { ...facts, imageID: facts.imageID, lastTerminated: facts.lastTerminated };
    return { id: idOf(target.namespace, name, facts.name), pod: name, container };
  }
  return undefined;
}

/** Such as `Restarted 6 times in 4 h; the threshold is 5.` Without times of day: the page formats those. */
function sentenceOf(
  { containers }: DetailsDeps,
  row: Row,
  {
    pod,
    container,
    sent,
  }: {
    readonly pod: PodSnapshot | undefined;
    readonly container: FailedContainer["container"] | undefined;
    readonly sent: Sent;
  },
): string {
  const { threshold, timeframe } = containers.restartPolicy(row);
  const restarts = row.restarts?.length ?? 0;
  const what =
    row.summary ??
    (restarts === 0
      ? (describeEnd(pod, container) ?? `No restart within ${formatSpan(timeframe)}`)
      : `${describeRestarts((row.restarts ?? []).map(asRestart))}; the threshold is ${threshold} within ${formatSpan(timeframe)}`);
  const to = sent.length === 0 ? "" : ` to ${toSentence(sent.map(({ receiver }) => receiver))}`;
  const notified = row.state === "Sent" || sent.length > 0 ? ` The alert has been sent${to}.` : "";
  const acknowledged = row.ack === undefined ? "" : ` Acknowledged by ${row.ack.by}.`;
  return `${what.replace(/\.?$/, ".")}${notified}${acknowledged}`;
}

function toSentence(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** For a container that has terminated and was not restarted. */
function describeEnd(
  pod: PodSnapshot | undefined,
  container: FailedContainer["container"] | undefined,
): string | undefined {
  if (pod === undefined || container?.state.name !== "terminated") return undefined;
  const isLast = pod.phase === "Failed" || pod.phase === "Succeeded";
  return `It has ended${isLast ? " and is not started again" : ""}: ${describeTermination(container.state)}`;
}

function asRestart(at: Instant) {
  return { at, reason: undefined, exitCode: undefined, inferred: false };
}

async function timelineOf(deps: DetailsDeps, row: Row, target: RowTarget, sent: Sent): Promise<Timeline> {
  const { containers, clock, store } = deps;
  const { threshold, timeframe } = containers.restartPolicy(target);
  const to = clock.now();
  const from = to - timeframe;
  const transitions = await store.transitions({
    namespace: target.namespace,
    ...(target.pod === undefined ? {} : { pod: target.pod }),
    limit: MAX_TRANSITIONS,
  });
  const marks = transitions
    .filter((transition) => transition.at >= from && concerns(transition, target))
    .map(markOf)
    .filter((mark) => mark !== undefined);
  if (row.ack !== undefined && row.ack.at >= from) {
    marks.push({ at: row.ack.at, kind: "ack", text: `Acknowledged by ${row.ack.by}` });
  }
  if (row.silenced !== undefined && row.silenced.from >= from && row.silenced.from <= to) {
    marks.push({ at: row.silenced.from, kind: "silence", text: silencedBy(row.silenced) });
  }
  for (const { receiver, at } of sent) {
    if (at >= from) marks.push({ at, kind: "sent", text: `Sent to ${receiver}` });
  }
  return {
    from,
    to,
    threshold,
    restarts: restartsOf(deps, row, target, from),
    marks: marks.sort((a, b) => a.at - b.at),
  };
}

/** A container's own alerts, and those of its pod. */
export function concerns({ labels }: Pick<Transition, "labels">, target: RowTarget): boolean {
  if (labels.namespace !== target.namespace) return false;
  if (target.pod !== undefined) {
    return labels.pod === target.pod && (labels.container === undefined || labels.container === target.container);
  }
  return labels.pod === undefined && (target.workload === undefined || labels.workload === target.workload);
}

function markOf({ at, to, labels, reason }: Transition): TimelineMark | undefined {
  if (to === "firing") return { at, kind: "alert", text: `${labels.alertname}: ${reason}` };
  if (to === "resolved") return { at, kind: "resolved", text: `${labels.alertname} resolved: ${reason}` };
  return undefined;
}

function restartsOf({ live, containers }: DetailsDeps, row: Row, target: RowTarget, from: Instant): LastRestart[] {
  const pod = target.pod === undefined ? undefined : live.source.pod(target.namespace, target.pod);
  const view = pod && containers.ofPod(pod).find(({ container }) => container.name === target.container);
  const restarts =
    view?.restarts ??
    row.alerts?.flatMap(({ fingerprint }) => live.alert(fingerprint)?.subject.container?.restarts ?? []).slice(-500) ??
    [];
  return restarts.filter(({ at }) => at >= from).map(restartView);
}

export function restartView({
  at,
  exitCode,
  reason,
  inferred,
}: {
  readonly at: Instant;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly inferred: boolean;
}): LastRestart {
  return {
    at,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    ...(inferred ? { inferred } : {}),
  };
}

function ownersOf(pod: PodSnapshot | undefined, row: Row): Details["owners"] {
  const chain =
    pod === undefined ? [] : [{ kind: "Pod", name: pod.name }, ...(pod.owner === undefined ? [] : [pod.owner])];
  const workload = pod?.workload ?? workloadOf(row.owner);
  const known = chain.some(({ kind, name }) => kind === workload?.kind && name === workload.name);
  return workload === undefined || known ? chain : [...chain, workload];
}

function workloadOf(owner: string | undefined): { kind: string; name: string } | undefined {
  const [kind, name] = owner?.split("/") ?? [];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

function imageOfAlerts({ live }: DetailsDeps, row: Row): string | undefined {
  return row.alerts?.map(({ fingerprint }) => live.alert(fingerprint)?.subject.container?.image).find((image) => image);
}

type Resources = { readonly cpu?: string; readonly memory?: string };

function resourcesOf(raw: KubernetesObject | undefined, container: string | undefined) {
  const spec = raw?.spec as Readonly<Record<string, readonly KubernetesObject[] | undefined>> | undefined;
  const own = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(({ name }) => name === container);
  const resources = own?.resources as { limits?: Resources; requests?: Resources } | undefined;
  return { limits: quantities(resources?.limits), requests: quantities(resources?.requests) };
}

function quantities(given: Resources | undefined): Resources | undefined {
  if (given?.cpu === undefined && given?.memory === undefined) return undefined;
  return {
    ...(given.cpu === undefined ? {} : { cpu: String(given.cpu) }),
    ...(given.memory === undefined ? {} : { memory: String(given.memory) }),
  };
}

async function siblingsOf({ live, rows: rowCache }: DetailsDeps, pod: PodSnapshot, container: string | undefined) {
  const { rows } = await rowCache.read();
  const siblings: Details["siblings"][number][] = [];
  for (const other of live.source.pods(pod.namespace)) {
    if (other.uid === pod.uid || !isSameWorkload(other.workload, pod.workload)) continue;
    const id = idOf(other.namespace, other.name, container);
    const row = rows.get(id);
    if (row === undefined) continue;
    siblings.push({ id, pod: other.name, state: row.state, restartCount: row.restarts?.length ?? 0 });
    if (siblings.length === MAX_SIBLINGS) break;
  }
  return siblings;
}

function storedSibling(
  { pod, phase, isReady, restarts }: Sibling,
  { namespace, container }: RowTarget,
): Details["siblings"][number] {
  const state = isReady || phase === "Succeeded" ? "Normal" : "Warning";
  return { id: idOf(namespace, pod, container), pod, state, restartCount: restarts };
}

function idOf(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("/");
}

function overridesOf(containers: Containers, pod: PodSnapshot | undefined): Details["overrides"] {
  if (pod?.annotations === undefined) return [];
  const { problems } = policyFor(
    containers.policy({ namespace: pod.namespace, annotations: undefined }),
    pod.annotations,
  );
  return Object.entries(pod.annotations).map(([key, value]) => {
    const problem = problems.find(({ annotation }) => annotation === key)?.message;
    return { key: `pod-watcher.io/${key}`, value, ...(problem === undefined ? {} : { problem }) };
  });
}
