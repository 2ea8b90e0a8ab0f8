import { isBeingDeleted, isStarting, waitingReason } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import { describeContainer, describePlace, quoted, sentences } from "../text/text.ts";
import { type Check, containerFinding, type DetectInput, firing, heldFinding, type PodDetector } from "./detector.ts";
import { isImageReason } from "./image-pull-failing.ts";

/** Reasons of the container runtime for a run that never began: containerd says StartError, CRI-O ContainerCannotRun. */
const NEVER_RAN: ReadonlySet<string> = new Set(["StartError", "ContainerCannotRun"]);

export const cannotStart: PodDetector = {
  name: "ContainerCannotStart",
  help: "A container cannot be created or started: its configuration, command, hooks or volumes are at fault.",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  over: () => "The container runs, or has at least been started.",
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const obstacle = obstacleOf(input.pod, container);
  const check: Check = {
    container: container.name,
    measure: "state.waiting.reason, or the reason of a run that never began",
    value: obstacle?.reason ?? waitingReason(container) ?? container.state.name,
    threshold: "a create or run error",
  };
  const open = firing(input, "ContainerCannotStart", container.name);
  if (obstacle === undefined) {
    // The kubelet tries again: whether it runs this time will show.
    const { state } = container;
    const isUndecided = isStarting(container) || (state.name === "terminated" && neverRan(state));
    return open !== undefined && isUndecided
      ? { ...check, finding: heldFinding(cannotStart, input, container, open) }
      : check;
  }
  if (isBeingDeleted(input.pod) && open === undefined) return { ...check, suppressed: "the pod is being deleted" };
  const annotations = describe(input, container, obstacle);
  return { ...check, finding: containerFinding(cannotStart, input, container, annotations) };
}

interface Obstacle {
  readonly reason: string;
  readonly message: string | undefined;
  readonly end?: Termination;
}

/**
 * What keeps a container from starting: what it waits for, or that its newest run never began. One attempt that failed
 * and is followed by the next at once says nothing yet: a kubelet that is restarted leaves such records.
 */
function obstacleOf(pod: PodSnapshot, container: ContainerSnapshot): Obstacle | undefined {
  const { state, lastTerminated } = container;
  if (state.name === "terminated") {
    return pod.restartPolicy === "Never" && neverRan(state) ? asObstacle(state) : undefined;
  }
  const reason = waitingReason(container);
  if (reason === undefined || state.name !== "waiting") return undefined;
  if (lastTerminated !== undefined && neverRan(lastTerminated)) return asObstacle(lastTerminated);
  const isError = /(Error|Failed|BackOff)$/.test(reason) && reason !== "CrashLoopBackOff" && !isImageReason(reason);
  return isError ? { reason, message: state.message } : undefined;
}

function neverRan(end: Termination): boolean {
  return end.reason !== undefined && NEVER_RAN.has(end.reason);
}

function asObstacle(end: Termination): Obstacle {
  return { reason: end.reason!, message: end.message, end };
}

function describe({ pod }: DetectInput, container: ContainerSnapshot, { reason, message, end }: Obstacle) {
  const what = end === undefined ? `: ${IN_WORDS[reason] ?? reason}` : ` (${reason}, exit ${end.exitCode})`;
  return {
    summary: `${describeContainer(container, pod)} cannot start${what}${message === undefined ? "" : `: ${quoted(message)}`}`,
    description: sentences(
      describePlace(pod),
      message === undefined ? undefined : `Kubernetes says (${reason}): ${quoted(message)}.`,
    ),
    reason,
    cause: reason,
    ...(end === undefined ? {} : { exitCode: String(end.exitCode) }),
  };
}

/** The kubelet's sync_result.go and kuberuntime_container.go. */
const IN_WORDS: Readonly<Record<string, string>> = {
  CreateContainerConfigError: "a ConfigMap, Secret or other setting that it needs is missing or wrong",
  CreateContainerError: "the container runtime cannot create it",
  RunContainerError: "the container runtime cannot run it",
  PreCreateHookError: "the hook before its creation fails",
  PreStartHookError: "the hook before its start fails",
  PostStartHookError: "its postStart hook fails",
  CreatePodSandboxError: "the sandbox of its pod cannot be created",
  ConfigPodSandboxError: "the sandbox of its pod cannot be configured",
  KillPodSandboxError: "the old sandbox of its pod cannot be ended",
  KillContainerError: "its previous run cannot be ended",
  RemoveContainerError: "its previous run cannot be removed",
  ResizePodInPlaceError: "its resources cannot be changed in place",
  VerifyNonRootError: "it would run as root, which is not allowed",
};
