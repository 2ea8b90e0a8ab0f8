import type { ContainerHistory } from "./history.ts";
import type { ContainerSnapshot, PodSnapshot, RestartRule, Termination } from "./pod.ts";
import type { Policy } from "./policy.ts";
import type { Instant } from "./time.ts";

/** Waiting reasons of a container that is starting normally. An absent reason counts as one. */
const STARTING_REASONS: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

export function isStarting(container: ContainerSnapshot): boolean {
  const { state } = container;
  if (state.name === "unknown") return true;
  return state.name === "waiting" && (state.reason === undefined || STARTING_REASONS.has(state.reason));
}

/** The reason why a container is waiting; undefined when it is starting normally or not waiting. */
export function waitingReason(container: ContainerSnapshot): string | undefined {
  return container.state.name === "waiting" && !isStarting(container) ? container.state.reason : undefined;
}

/** Termination records: `current` belongs to the run that restartCount counts, `previous` to the run before that. */
export interface Terminations {
  readonly current?: Termination;
  readonly previous?: Termination;
}

/**
 * In CrashLoopBackOff the current run's record has already moved to lastState while restartCount still counts that run
 * (kubelet, convertToAPIContainerStatuses). The containerID decides, or the waiting reason where there is none.
 */
export function terminationsOf(container: ContainerSnapshot): Terminations {
  const { state, lastTerminated } = container;
  if (state.name === "terminated") {
    return lastTerminated === undefined ? { current: state } : { current: state, previous: lastTerminated };
  }
  if (lastTerminated === undefined) return {};
  return state.name === "waiting" && belongsToCurrentRun(container, lastTerminated)
    ? { current: lastTerminated }
    : { previous: lastTerminated };
}

function belongsToCurrentRun(container: ContainerSnapshot, termination: Termination): boolean {
  if (container.containerID !== undefined && termination.containerID !== undefined) {
    return container.containerID === termination.containerID;
  }
  return !isStarting(container);
}

export function latestTermination(container: ContainerSnapshot): Termination | undefined {
  const { current, previous } = terminationsOf(container);
  return current ?? previous;
}

/** Whether the exit was expected: exit code 0 where Kubernetes does not restart the container after it. */
export function exitedNormally(pod: PodSnapshot, container: ContainerSnapshot, termination: Termination): boolean {
  if (termination.exitCode !== 0) return false;
  if (container.type === "init") return true;
  return pod.restartPolicy !== "Always" && container.type !== "sidecar";
}

/** The first restart rule that names the exit code; the kubelet applies it and ignores later ones. */
export function restartRuleFor({ restartRules }: ContainerSnapshot, exitCode: number): RestartRule | undefined {
  return restartRules?.find(({ operator, exitCodes }) => {
    if (operator === "In") return exitCodes.includes(exitCode);
    return operator === "NotIn" && !exitCodes.includes(exitCode);
  });
}

/** The latest termination that explains a restart: the final success of an init container does not explain earlier ones. */
export function latestAbnormalTermination(pod: PodSnapshot, container: ContainerSnapshot): Termination | undefined {
  const { current, previous } = terminationsOf(container);
  if (current === undefined) return previous;
  return previous !== undefined && exitedNormally(pod, container, current) ? previous : current;
}

/** The containers that detectors check. Ephemeral containers are debugging tools and count only when the policy says so. */
export function countedContainers(pod: PodSnapshot, policy: Policy): readonly ContainerSnapshot[] {
  if (policy.includeEphemeralContainers) return pod.containers;
  return pod.containers.some((container) => container.type === "ephemeral")
    ? pod.containers.filter((container) => container.type !== "ephemeral")
    : pod.containers;
}

export function isFinished(pod: PodSnapshot): boolean {
  return pod.phase === "Failed" || pod.phase === "Succeeded";
}

export function isBeingDeleted(pod: PodSnapshot): boolean {
  return pod.deletionAt !== undefined;
}

/** Kubernetes announced that it will end the pod: preemption, eviction, a taint, or a node shutdown. */
export function isBeingDisrupted(pod: PodSnapshot): boolean {
  return pod.conditions.disruption?.status === "True";
}

/** Prefers the containerID: finishedAt has a resolution of one second, and a container can exit twice within it. */
export function terminationId(termination: Termination): string {
  const { containerID, finishedAt, exitCode, reason } = termination;
  return containerID ?? `${finishedAt ?? ""}/${exitCode}/${reason ?? ""}`;
}

/** When a running container will count as stable; undefined while it is not running. */
export function stableAt(
  container: ContainerSnapshot,
  policy: Policy,
  history: Pick<ContainerHistory, "runningSince"> | undefined,
): Instant | undefined {
  const { state, lastTerminated } = container;
  if (state.name !== "running") return undefined;
  const since = history?.runningSince ?? state.startedAt ?? lastTerminated?.finishedAt;
  return since === undefined ? undefined : since + policy.crashLoopStableAfter;
}

/** When a finished pod ended: when its last container ended, or the best approximation. */
export function podEndedAt(pod: PodSnapshot): Instant {
  const ends = pod.containers.map(({ state }) => (state.name === "terminated" ? state.finishedAt : undefined));
  const known = ends.filter((end) => end !== undefined);
  if (known.length > 0) return Math.max(...known);
  return pod.conditions.ready?.since ?? pod.startedAt ?? pod.createdAt;
}
