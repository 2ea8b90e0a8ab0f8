import { type LastDelivery, legacyStatus } from "../../core/delivery/delivery-due.ts";
import { type Alert, type AlertLabels, firedAt } from "../../core/model/alert.ts";
import { exitedNormally, terminationsOf } from "../../core/model/container.ts";
import { unplannedRestarts } from "../../core/model/history.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import { worstState } from "../../core/model/row-state.ts";
import type { Instant } from "../../core/model/time.ts";
import { workloadLabel } from "../../core/model/workload.ts";
import type { LastRestart, Row, RowAlert, RowSilence } from "../schemas/state.ts";
import type { Containers } from "./containers.ts";
import type { ContainerView } from "./legacy-status.ts";
import { type StateInterval, stateChanges } from "./state-timeline.ts";

/** Context for computing rows. */
export interface RowContext {
  readonly containers: Containers;
  /** The most recent delivery of this alert to a receiver or to the default consumer. */
  readonly lastDelivery: (alert: Alert) => LastDelivery | undefined;
  /** The active silence for these labels; without `alertname`, one for every alert there. */
  readonly silenceOf: (labels: SilencedLabels) => RowSilence | undefined;
  readonly now: () => Instant;
}

/** The input for the rows of one group. */
export interface RowGroup {
  readonly pod: PodSnapshot | undefined;
  /** When the pod was seen to be deleted; undefined if that was not observed. */
  readonly goneAt: Instant | undefined;
  /** Firing, or resolved within the window. */
  readonly alerts: readonly Alert[];
  /** Every known episode of the group's alerts. */
  readonly intervals: readonly StateInterval[];
}

export type SilencedLabels = Omit<AlertLabels, "alertname"> & {
  readonly alertname?: string;
  readonly severity?: string;
};

/**
 * Rows that are computed together: a pod with all its containers, or a workload, or a namespace. Kinds start
 * with a capital and pod names cannot, so the keys never meet.
 */
export function groupOf({ namespace, pod, workload }: Pick<AlertLabels, "namespace" | "pod" | "workload">): string {
  const rest = pod ?? workload;
  return rest === undefined ? namespace : joined(namespace, rest);
}

/** One flat string: a template string keeps its parts, twice as large, and there are 100,000 of these. */
function joined(...parts: readonly string[]): string {
  return parts.join("/");
}

/** Older changes are dropped. */
const MAX_CHANGES = 50;

/** The rows of one group. */
export function rowsOf(group: RowGroup, context: RowContext): readonly Row[] {
  const { pod, alerts } = group;
  if (pod === undefined) return rowsWithoutPod(group, context);
  const firing = alerts.filter(isFiring);
  const rows = context.containers.ofPod(pod).map((view) =>
    containerRow(
      view,
      firing.filter(({ labels }) => labels.container === view.container.name),
      group,
      context,
    ),
  );
  const own = alerts.filter(({ labels }) => labels.container === undefined);
  return own.length === 0 ? rows : [{ ...alertRow(own, group, context), podUid: pod.uid }, ...rows];
}

function containerRow(view: ContainerView, firing: readonly Alert[], group: RowGroup, context: RowContext): Row {
  const { pod, container, restarts } = view;
  const labels = { namespace: pod.namespace, pod: pod.name, container: container.name };
  const last = lastRestart(view);
  return {
    id: joined(pod.namespace, pod.name, container.name),
    scope: "container",
    ...labels,
    podUid: pod.uid,
    ...(container.type === "main" ? {} : { type: container.type }),
    ...verdict(firing, labels, group, context),
    ...silence({ workload: ownerOf(pod), ...labels }, firing, context),
    ...(restarts.length === 0 ? {} : { restarts: restarts.map(({ at }) => at) }),
    ...(container.restartCount === 0 ? {} : { restartCount: container.restartCount }),
    ...overrides(labels, context),
    ...(last === undefined ? {} : { lastRestart: last }),
    ...(pod.workload.kind === "Pod" ? {} : { owner: ownerOf(pod) }),
    ...(pod.node === undefined ? {} : { node: pod.node }),
    ...reasonOf(view, firing),
  };
}

/** Rows of alerts that belong to no container that is there: each scope of the group makes one. */
function rowsWithoutPod(group: RowGroup, context: RowContext): readonly Row[] {
  const byId = Map.groupBy(group.alerts, ({ labels }) => rowIdOf(labels));
  return [...byId.values()].map((alerts) => alertRow(alerts, group, context));
}

/** A row that is what its alerts say: those that fire, or, when all are over, what they were about. */
function alertRow(alerts: readonly Alert[], group: RowGroup, context: RowContext): Row {
  const open = alerts.filter(isFiring);
  const shown = open.length > 0 ? open : alerts;
  const worst = shown.toSorted(bySeverity)[0]!;
  const { labels, subject } = worst;
  const { namespace, pod, container, workload } = labels;
  const restarts = unplannedRestarts(subject.container?.restarts ?? []);
  const restartCount = subject.container?.restartCount ?? 0;
  const last = subject.container?.restarts.at(-1);
  const isOver = open.length === 0;
  const isGone = isOver && pod !== undefined && group.pod === undefined;
  const owner = workload ?? (subject.workload && workloadLabel(subject.workload));
  return {
    id: rowIdOf(labels),
    scope:
      container !== undefined && pod !== undefined
        ? "container"
        : pod !== undefined
          ? "pod"
          : workload !== undefined
            ? "workload"
            : "namespace",
    namespace,
    ...(pod === undefined ? {} : { pod }),
    ...(subject.podUid === undefined ? {} : { podUid: subject.podUid }),
    ...(container === undefined ? {} : { container }),
    ...(subject.container === undefined || subject.container.type === "main" ? {} : { type: subject.container.type }),
    ...verdict(isOver && !isGone ? [] : shown, labels, group, context),
    ...silence(labels, shown, context),
    ...(restarts.length === 0 ? {} : { restarts: restarts.map(({ at }) => at) }),
    ...(restartCount === 0 ? {} : { restartCount }),
    ...overrides(labels, context),
    ...(last === undefined ? {} : { lastRestart: restartView(last.at, last.exitCode, last.reason, last.inferred) }),
    ...(owner === undefined || owner.startsWith("Pod/") ? {} : { owner }),
    ...(subject.node === undefined ? {} : { node: subject.node }),
    ...(worst.annotations.reason === undefined ? {} : { reason: worst.annotations.reason }),
    summary: worst.annotations.summary,
    ...(isGone ? { deletedAt: group.goneAt ?? lastResolved(group.alerts) } : {}),
    ...(isOver && !isGone ? { resolvedAt: lastResolved(alerts) } : {}),
  };
}

/** A deletion that was not observed happened at the earliest when the last alert resolved. */
function lastResolved(alerts: readonly Alert[]): Instant {
  return Math.max(...alerts.map(({ state }) => (state.name === "resolved" ? state.resolvedAt : 0)));
}

export function rowIdOf(labels: AlertLabels): string {
  return labels.pod === undefined || labels.container === undefined
    ? groupOf(labels)
    : `${groupOf(labels)}/${labels.container}`;
}

/** The state with its start and changes, the alerts, and the acknowledgement. */
function verdict(
  alerts: readonly Alert[],
  { namespace, pod, container }: Pick<AlertLabels, "namespace" | "pod" | "container">,
  { intervals }: RowGroup,
  { containers, lastDelivery, now }: RowContext,
): Pick<Row, "state" | "since" | "changes" | "severity" | "alerts" | "ack"> {
  const sorted = alerts.toSorted(bySeverity);
  const state = worstState(
    sorted.map((alert) => (containers.isDue(alert, lastDelivery(alert)) ? legacyStatus(alert.severity) : "Sent")),
  );
  const all = stateChanges(intervals.filter((interval) => interval.container === container));
  const last = all.findLast(({ to }) => to === state);
  const from = now() - containers.restartPolicy({ namespace, ...(pod === undefined ? {} : { pod }) }).timeframe;
  const changes = all.filter(({ at }) => at > from).slice(-MAX_CHANGES);
  const since = last?.at ?? sorted.map(firedAt)[0];
  const acknowledged = sorted.filter(({ acknowledgement }) => acknowledgement !== undefined);
  const { by, at, note, notifyOnWorsening } = acknowledged[0]?.acknowledgement ?? {};
  return {
    state,
    ...(since === undefined || (state === "Normal" && since <= from) ? {} : { since }),
    ...(changes.length === 0 ? {} : { changes }),
    ...(sorted[0] === undefined ? {} : { severity: sorted[0].severity, alerts: sorted.map(alertOf) }),
    // A row is acknowledged when all of its alerts are. Otherwise a new alert would go unnoticed.
    ...(acknowledged.length < sorted.length || by === undefined || at === undefined
      ? {}
      : { ack: { by, at, ...(note ? { note } : {}), notifyOnWorsening: notifyOnWorsening ?? true } }),
  };
}

function isFiring({ state }: Alert): boolean {
  return state.name === "firing";
}

function alertOf(alert: Alert): RowAlert {
  const { fingerprint, labels, severity, annotations } = alert;
  return { fingerprint, name: labels.alertname, severity, firedAt: firedAt(alert), summary: annotations.summary };
}

function bySeverity(a: Alert, b: Alert): number {
  return Number(b.severity === "critical") - Number(a.severity === "critical") || firedAt(b) - firedAt(a);
}

function silence(labels: SilencedLabels, alerts: readonly Alert[], { silenceOf }: RowContext): Pick<Row, "silenced"> {
  const silences = (
    alerts.length === 0 ? [labels] : alerts.map(({ labels, severity }) => ({ ...labels, severity }))
  ).map(silenceOf);
  const first = silences[0];
  return first !== undefined && silences.every((one) => one !== undefined) ? { silenced: first } : {};
}

function overrides(
  labels: Pick<AlertLabels, "namespace" | "pod">,
  { containers }: RowContext,
): Pick<Row, "threshold" | "windowMs"> {
  const { restartThreshold, restartTimeframe } = containers.policy();
  const { threshold, timeframe } = containers.restartPolicy(labels);
  return {
    ...(threshold === restartThreshold ? {} : { threshold }),
    ...(timeframe === restartTimeframe ? {} : { windowMs: timeframe }),
  };
}

function ownerOf({ workload }: PodSnapshot): string {
  return joined(workload.kind, workload.name);
}

function lastRestart({ container, restarts }: ContainerView): LastRestart | undefined {
  const counted = restarts.at(-1);
  if (counted !== undefined) return restartView(counted.at, counted.exitCode, counted.reason, counted.inferred);
  const { previous } = terminationsOf(container);
  if (container.restartCount === 0 || previous?.finishedAt === undefined) return undefined;
  return restartView(previous.finishedAt, previous.exitCode, previous.reason, false);
}

function restartView(
  at: Instant,
  exitCode: number | undefined,
  reason: string | undefined,
  inferred: boolean,
): LastRestart {
  return {
    at,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    ...(inferred ? { inferred } : {}),
  };
}

function reasonOf({ pod, container }: ContainerView, firing: readonly Alert[]): Pick<Row, "reason" | "summary"> {
  const worst = firing.toSorted(bySeverity)[0];
  const { state } = container;
  const isAtFault = state.name === "waiting" || (state.name === "terminated" && !exitedNormally(pod, container, state));
  const own = isAtFault ? state.reason : undefined;
  const reason = worst?.annotations.reason ?? own;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(worst === undefined ? {} : { summary: worst.annotations.summary }),
  };
}
