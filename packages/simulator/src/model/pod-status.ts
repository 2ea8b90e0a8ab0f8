/**
 * How the kubelet derives `status` from the state of a pod's containers: `convertToAPIContainerStatuses`, `getPhase` and
 * the conditions of `pkg/kubelet/status/generate.go`. Pure functions.
 */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Failure } from "./behaviour.ts";
import {
  type ContainerState,
  type ContainerStatus,
  type PodCondition,
  type PodSpec,
  type PodStatus,
  type TerminatedState,
  timestamp,
} from "./objects.ts";

/** One run of a container, as recorded by the container runtime. */
export interface Run {
  readonly containerID: string;
  readonly imageID: string;
  /** 1970-01-01 for a container that was created and could not be started. */
  readonly startedAt: Instant;
  /** Undefined while it runs. */
  end: RunEnd | undefined;
}

export interface RunEnd {
  readonly finishedAt: Instant;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
}

export interface ContainerView {
  readonly name: string;
  readonly type: "main" | "init" | "sidecar";
  readonly image: string;
  /** The number of earlier runs. */
  readonly restartCount: number;
  readonly run: Run | undefined;
  /** The end of the previous run. */
  readonly previous: TerminatedState | undefined;
  /** Why the kubelet's last attempt to start it failed; replaces the state of the last run. */
  readonly waiting: Failure | undefined;
  readonly ready: boolean;
  /** The made-up record of a container that never ran when the pod ends. */
  readonly lost?: TerminatedState;
  readonly volumeMounts?: readonly unknown[];
}

export interface PodView {
  readonly containers: readonly ContainerView[];
  readonly restartPolicy: PodSpec["restartPolicy"];
  readonly sandboxReady: boolean;
  /** All init containers have completed once. */
  readonly initialized: boolean;
  /** No container runs or will run. Only then the kubelet writes a final phase. */
  readonly over: boolean;
  readonly startedAt: Instant;
  readonly podIP: string | undefined;
  readonly hostIP: string;
  /** Why the kubelet ended the pod itself: Evicted, DeadlineExceeded… */
  readonly failure: Failure | undefined;
}

export function podStatus(before: PodStatus, view: PodView, now: Instant): PodStatus {
  const waitingFor = view.containers.some(({ type }) => type !== "main") ? "PodInitializing" : "ContainerCreating";
  const statusOf = (container: ContainerView) => containerStatus(container, waitingFor);
  const inits = view.containers.filter(({ type }) => type !== "main").map(statusOf);
  // The kubelet sorts them by name, and init containers by their order in the spec.
  const mains = view.containers
    .filter(({ type }) => type === "main")
    .map(statusOf)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const computed = view.failure === undefined ? phaseOf(view, mains) : "Failed";
  const final = computed === "Failed" || computed === "Succeeded";
  // A final phase is written only when everything is stopped; until then the phase does not change.
  const phase = final && !view.over ? before.phase : computed;
  const failure = view.over ? view.failure : undefined;
  return {
    phase,
    conditions: conditionsOf(before.conditions ?? [], view, computed, now),
    ...(failure === undefined ? {} : { message: failure.message, reason: failure.reason }),
    hostIP: view.hostIP,
    hostIPs: [{ ip: view.hostIP }],
    ...(view.podIP === undefined ? {} : { podIP: view.podIP, podIPs: [{ ip: view.podIP }] }),
    startTime: timestamp(view.startedAt),
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    containerStatuses: mains,
    ...(before.qosClass === undefined ? {} : { qosClass: before.qosClass }),
  };
}

function containerStatus(container: ContainerView, waitingFor: string): ContainerStatus {
  const { run, lost } = container;
  const running = run !== undefined && run.end === undefined;
  const { state, lastState } =
    lost === undefined ? statesOf(container, waitingFor) : { state: { terminated: lost }, lastState: {} };
  return {
    name: container.name,
    state,
    lastState,
    ready: container.ready,
    restartCount: container.restartCount,
    image: container.image,
    imageID: run?.imageID ?? "",
    ...(run === undefined ? {} : { containerID: run.containerID }),
    started: running,
    ...(container.volumeMounts === undefined ? {} : { volumeMounts: [...container.volumeMounts] }),
  };
}

function statesOf(
  { run, waiting, previous }: ContainerView,
  waitingFor: string,
): { readonly state: ContainerState; readonly lastState: ContainerState } {
  const before: ContainerState = previous === undefined ? {} : { terminated: previous };
  if (run === undefined) return { state: { waiting: waiting ?? { reason: waitingFor } }, lastState: before };
  if (run.end === undefined) return { state: { running: { startedAt: timestamp(run.startedAt) } }, lastState: before };
  const ended = terminatedState(run, run.end);
  if (waiting !== undefined) return { state: { waiting }, lastState: { terminated: ended } };
  return { state: { terminated: ended }, lastState: before };
}

export function terminatedState(run: Run, end: RunEnd): TerminatedState {
  return {
    exitCode: end.exitCode,
    reason: end.reason,
    ...(end.message === undefined ? {} : { message: end.message }),
    startedAt: timestamp(run.startedAt),
    finishedAt: timestamp(end.finishedAt),
    containerID: run.containerID,
  };
}

function phaseOf(view: PodView, mains: readonly ContainerStatus[]): string {
  if (!view.initialized) {
    const failed = view.containers.some(
      ({ type, run }) => type === "init" && run?.end !== undefined && run.end.exitCode !== 0,
    );
    return failed && view.restartPolicy === "Never" ? "Failed" : "Pending";
  }
  const running = mains.filter(({ state }) => state.running !== undefined).length;
  const ends = mains.map(({ state, lastState }) => state.terminated ?? (state.waiting && lastState.terminated));
  const stopped = ends.filter((end) => end !== undefined);
  if (running + stopped.length < mains.length) return "Pending";
  if (running > 0) return "Running";
  if (view.over) return stopped.every(({ exitCode }) => exitCode === 0) ? "Succeeded" : "Failed";
  if (view.restartPolicy === "Always") return "Running";
  if (stopped.every(({ exitCode }) => exitCode === 0)) return "Succeeded";
  return view.restartPolicy === "Never" ? "Failed" : "Running";
}

function conditionsOf(before: readonly PodCondition[], view: PodView, phase: string, now: Instant): PodCondition[] {
  const done = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined;
  const incomplete = view.containers.filter(isIncompleteInit).map(({ name }) => name);
  const unready = view.containers.filter(({ type, ready }) => type !== "init" && !ready).map(({ name }) => name);
  const readiness: Verdict =
    done !== undefined
      ? { status: "False", reason: done }
      : unready.length > 0
        ? {
            status: "False",
            reason: "ContainersNotReady",
            message: `containers with unready status: [${unready.join(" ")}]`,
          }
        : { status: "True" };
  const initialized: Verdict =
    view.initialized || incomplete.length === 0
      ? { status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : {
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete.join(" ")}]`,
        };
  const verdicts: Readonly<Record<string, Verdict>> = {
    PodReadyToStartContainers: { status: view.sandboxReady && !view.over ? "True" : "False" },
    Initialized: initialized,
    Ready: readiness,
    ContainersReady: readiness,
  };
  const own = Object.entries(verdicts).map(([type, verdict]) =>
    condition(
      type,
      verdict,
      before.find((known) => known.type === type),
      now,
    ),
  );
  // Other components own PodScheduled, DisruptionTarget and similar conditions.
  return [...own, ...before.filter(({ type }) => !Object.hasOwn(verdicts, type))];
}

function isIncompleteInit({ type, run }: ContainerView): boolean {
  if (type === "main") return false;
  if (type === "sidecar") return run === undefined;
  return run?.end?.exitCode !== 0;
}

interface Verdict {
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

/** The condition of a pod that is about to be terminated by the cluster (KEP-3329). */
export function disruptionTarget(reason: string, message: string, now: Instant): PodCondition {
  return condition("DisruptionTarget", { status: "True", reason, message }, undefined, now);
}

/** lastTransitionTime changes with `status` only, not with reason or message. */
export function condition(
  type: string,
  verdict: Verdict,
  before: PodCondition | undefined,
  now: Instant,
): PodCondition {
  const since = before?.status === verdict.status ? before.lastTransitionTime : timestamp(now);
  return {
    type,
    status: verdict.status,
    lastProbeTime: null,
    lastTransitionTime: since,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  };
}
