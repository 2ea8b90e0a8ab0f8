import { type LegacyStatus, legacyStatus } from "../../core/delivery/delivery-due.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { Restart } from "../../core/model/history.ts";
import { countedAt, unplannedRestarts } from "../../core/model/history.ts";
import type { ContainerSnapshot, ContainerState, PodSnapshot, Termination } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import { workloadLabel } from "../../core/model/workload.ts";
import type { Delivery } from "../../ports/delivery.ts";
import type { KubernetesObject } from "../../ports/evidence.ts";
import { rfc3339 } from "../base/time-text.ts";

/**
 * One container in the form of the Python Pod Watcher. Names, types and formats are fixed, so that existing pollers keep
 * working; fields may be added. Local times are `MM/DD/YYYY-HH:MM:SS`; an unknown time is "".
 */
export interface LegacyContainer {
  readonly alertStatus: LegacyStatus;
  /** The container's name; "" for an alert that concerns no single container. */
  readonly podName: string;
  /** The pod's name; "" for an alert that concerns a workload or a namespace. */
  readonly podLongName: string;
  readonly namespace: string;
  readonly totalRestartCount: number;
  /** Restarts within the window; `restarts` lists them, oldest first. */
  readonly currentRestarts: number;
  readonly restarts: readonly string[];
  readonly restartsLocal: readonly string[];
  readonly startTime: string;
  /** The last change of the container or its pod. */
  readonly lastUpdateTime: string;
  readonly state: KubernetesContainerState;
  readonly workload: string;
  readonly containerType: string;
}

/** `state` of a core/v1 ContainerStatus; `{}` before the first status of the kubelet. */
export type KubernetesContainerState = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One entry of GET /pod-restart-alerts: the container, its alert, and the numbers of the delivery. */
export interface LegacyAlert extends LegacyContainer {
  readonly alertname: string;
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  readonly reason?: string;
  readonly firedAt: string;
  readonly resolvedAt?: string;
  readonly fingerprint: string;
  readonly id: string;
  readonly sequence: number;
  readonly delivery: number;
  readonly leaseUntil: string;
  readonly Events?: readonly KubernetesObject[];
  /** Why `Events` may be incomplete. */
  readonly eventsUnavailable?: string;
}

export type LocalTime = (moment: Instant) => string;

export interface ContainerView {
  readonly pod: PodSnapshot;
  readonly container: ContainerSnapshot;
  /** Restarts within the window, oldest first. */
  readonly restarts: readonly Restart[];
}

export function legacyContainer(view: ContainerView, status: LegacyStatus, localTime: LocalTime): LegacyContainer {
  const { pod, container, restarts } = view;
  return {
    alertStatus: status,
    podName: container.name,
    podLongName: pod.name,
    namespace: pod.namespace,
    totalRestartCount: container.restartCount,
    ...legacyRestarts(restarts, localTime),
    startTime: pod.startedAt === undefined ? "" : localTime(pod.startedAt),
    lastUpdateTime: localTime(lastChange(view)),
    state: kubernetesState(container.state),
    workload: workloadLabel(pod.workload),
    containerType: container.type,
  };
}

/**
 * A delivery in the legacy form, from the container as last seen (`view`), or from the facts in the alert if the pod was
 * deleted. In that case only the restarts after `since`, the previous delivery, are counted.
 */
export function legacyAlert(
  delivery: Delivery,
  view: ContainerView | undefined,
  since: Instant | undefined,
  localTime: LocalTime,
): LegacyAlert {
  const { alert } = delivery;
  const status = legacyStatus(alert.severity);
  const container =
    view === undefined ? containerOfSubject(alert, status, since, localTime) : legacyContainer(view, status, localTime);
  const { summary, description, reason } = alert.annotations;
  return {
    ...container,
    alertname: alert.labels.alertname,
    severity: alert.severity,
    summary,
    description,
    ...(reason === undefined ? {} : { reason }),
    firedAt: alert.state.name === "pending" ? "" : rfc3339(alert.state.firedAt),
    ...(alert.state.name === "resolved" ? { resolvedAt: rfc3339(alert.state.resolvedAt) } : {}),
    fingerprint: alert.fingerprint,
    id: delivery.id,
    sequence: delivery.sequence,
    delivery: delivery.delivery,
    leaseUntil: rfc3339(delivery.leaseUntil),
  };
}

function containerOfSubject(
  alert: Alert,
  status: LegacyStatus,
  since: Instant | undefined,
  localTime: LocalTime,
): LegacyContainer {
  const { container, podStartedAt, workload } = alert.subject;
  const { state } = alert;
  const restarts = unplannedRestarts(container?.restarts ?? []).filter(
    (restart) => since === undefined || countedAt(restart) > since,
  );
  return {
    alertStatus: status,
    podName: alert.labels.container ?? "",
    podLongName: alert.labels.pod ?? "",
    namespace: alert.labels.namespace,
    totalRestartCount: container?.restartCount ?? 0,
    ...legacyRestarts(restarts, localTime),
    startTime: podStartedAt === undefined ? "" : localTime(podStartedAt),
    lastUpdateTime: localTime(state.name === "resolved" ? state.resolvedAt : state.lastSeenAt),
    state: container === undefined ? {} : kubernetesState(container.state),
    workload: alert.labels.workload ?? (workload === undefined ? "" : workloadLabel(workload)),
    containerType: container?.type ?? "",
  };
}

function legacyRestarts(restarts: readonly Restart[], localTime: LocalTime) {
  return {
    currentRestarts: restarts.length,
    restarts: restarts.map(({ at }) => rfc3339(at)),
    restartsLocal: restarts.map(({ at }) => localTime(at)),
  };
}

/** A container's state as the API writes it, times included; what is unknown is absent. */
export function kubernetesState(state: ContainerState): KubernetesContainerState {
  switch (state.name) {
    case "running":
      return { running: present({ startedAt: time(state.startedAt) }) };
    case "waiting":
      return { waiting: present({ reason: state.reason, message: state.message }) };
    case "terminated":
      return { terminated: kubernetesTermination(state) };
    case "unknown":
      return {};
  }
}

export function kubernetesTermination(run: Termination): Readonly<Record<string, unknown>> {
  return present({
    exitCode: run.exitCode,
    signal: run.signal,
    reason: run.reason,
    message: run.message,
    startedAt: time(run.startedAt),
    finishedAt: time(run.finishedAt),
    containerID: run.containerID,
  });
}

function time(moment: Instant | undefined): string | undefined {
  return moment === undefined ? undefined : rfc3339(moment);
}

function present(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The most recent time in the snapshot and its counted restarts. */
function lastChange({ pod, container, restarts }: ContainerView): Instant {
  const { state, lastTerminated } = container;
  const known = [
    pod.createdAt,
    pod.startedAt,
    ...Object.values(pod.conditions).map((condition) => condition?.since),
    state.name === "running" || state.name === "terminated" ? state.startedAt : undefined,
    state.name === "terminated" ? state.finishedAt : undefined,
    lastTerminated?.finishedAt,
    restarts.at(-1)?.at,
  ];
  return Math.max(...known.filter((moment) => moment !== undefined));
}
