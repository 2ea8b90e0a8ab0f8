import type { ContainerSnapshot, PodSnapshot, Termination } from "./pod.ts";
import type { Policy } from "./policy.ts";
import type { Instant } from "./time.ts";

/** Waiting reasons of a container on its way up: they alarm by their age alone. An empty reason is one too. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

export function isStarting(container: ContainerSnapshot): boolean {
  const { state } = container;
  if (state.name === "unknown") return true;
  return state.name === "waiting" && (state.reason === undefined || ON_ITS_WAY.has(state.reason));
}

/** The reason why a container waits, when it is more than being on its way. */
export function waitingReason(container: ContainerSnapshot): string | undefined {
  return container.state.name === "waiting" && !isStarting(container) ? container.state.reason : undefined;
}

/**
 * The records of how runs ended: `own` is the end of the present run (the one that restartCount counts), `prior` of the
 * one before it. In CrashLoopBackOff the own record has moved to lastState, while restartCount still counts that run
 * (kubelet, convertToAPIContainerStatuses): the containerID tells, or else what the container waits for.
 */
export function runEnds(container: ContainerSnapshot): { own?: Termination; prior?: Termination } {
  const { state, lastTerminated } = container;
  if (state.name === "terminated") {
    return lastTerminated === undefined ? { own: state } : { own: state, prior: lastTerminated };
  }
  if (lastTerminated === undefined) return {};
  return state.name === "waiting" && isOwnEnd(container, lastTerminated)
    ? { own: lastTerminated }
    : { prior: lastTerminated };
}

function isOwnEnd(container: ContainerSnapshot, end: Termination): boolean {
  if (container.containerID !== undefined && end.containerID !== undefined) {
    return container.containerID === end.containerID;
  }
  return !isStarting(container);
}

/** The newest record of a run's end, of the present run or the one before. */
export function newestEnd(container: ContainerSnapshot): Termination | undefined {
  const { own, prior } = runEnds(container);
  return own ?? prior;
}

/** Whether it ended as it was meant to: exit 0 where Kubernetes does not start it again for that. */
export function exitedNormally(pod: PodSnapshot, container: ContainerSnapshot, end: Termination): boolean {
  if (end.exitCode !== 0) return false;
  if (container.type === "init") return true;
  return pod.restartPolicy !== "Always" && container.type !== "sidecar";
}

/**
 * The newest record of an end that explains a restart: when an init container has done its work at last, that says
 * nothing of why it was restarted before.
 */
export function newestTroubledEnd(pod: PodSnapshot, container: ContainerSnapshot): Termination | undefined {
  const { own, prior } = runEnds(container);
  return own === undefined || (prior !== undefined && exitedNormally(pod, container, own)) ? prior : own;
}

/** The containers that detectors look at: ephemeral ones are a person's own doing, and count only where asked for. */
export function countedContainers(pod: PodSnapshot, policy: Policy): readonly ContainerSnapshot[] {
  if (policy.includeEphemeralContainers) return pod.containers;
  return pod.containers.some((container) => container.type === "ephemeral")
    ? pod.containers.filter((container) => container.type !== "ephemeral")
    : pod.containers;
}

export function isOver(pod: PodSnapshot): boolean {
  return pod.phase === "Failed" || pod.phase === "Succeeded";
}

export function isBeingDeleted(pod: PodSnapshot): boolean {
  return pod.deletionAt !== undefined;
}

/** Kubernetes has said that it is about to end the pod: preemption, eviction, a taint, a node that shuts down. */
export function isBeingDisrupted(pod: PodSnapshot): boolean {
  return pod.conditions.disruption?.status === "True";
}

/** finishedAt has whole seconds, in which a container can end twice: the containerID is the better identity. */
export function identityOf(end: Termination): string {
  return end.containerID ?? `${end.finishedAt ?? ""}/${end.exitCode}/${end.reason ?? ""}`;
}

/** When a running container will have run long enough to count as stable; undefined while it does not run. */
export function stableAt(container: ContainerSnapshot, policy: Policy): Instant | undefined {
  const { state, lastTerminated } = container;
  if (state.name !== "running") return undefined;
  const since = state.startedAt ?? lastTerminated?.finishedAt;
  return since === undefined ? undefined : since + policy.crashLoopStableAfter;
}
