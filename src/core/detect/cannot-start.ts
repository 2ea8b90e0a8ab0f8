import type { Alert } from "../model/alert.ts";
import { isBeingDeleted, isStarting, latestTermination, waitingReason } from "../model/container.ts";
import { own } from "../model/own.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import { exitCodeOf } from "../text/exit-code.ts";
import { startHint } from "../text/hints.ts";
import { describeContainer, describePodLocation, firstFitting, quoted, sentences } from "../text/text.ts";
import {
  type Check,
  carriedOverFinding,
  containerFinding,
  type DetectInput,
  firingAlert,
  historyOf,
  type PodDetector,
} from "./detector.ts";
import { HOLD_DOWN } from "./hold-down.ts";
import { isImageReason } from "./image-pull-failing.ts";
import { evidenceOf, latestEvent } from "./key-evidence.ts";

/** Termination reasons of containers that never ran: StartError from containerd, ContainerCannotRun from CRI-O. */
const NEVER_RAN: ReadonlySet<string> = new Set(["StartError", "ContainerCannotRun"]);

export const cannotStart: PodDetector = {
  name: "ContainerCannotStart",
  help: "A container cannot be created or started because of its configuration, command, hooks or volumes.",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  describeRecovery: () => "Kubernetes no longer reports a start error.",
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const failure = startFailureOf(input.pod, container);
  const check: Check = {
    container: container.name,
    metric: "state.waiting.reason, or the termination reason of a container that never ran",
    value: failure?.reason ?? waitingReason(container) ?? container.state.name,
    threshold: "a create or run error",
  };
  const open = firingAlert(input, "ContainerCannotStart", container.name);
  if (failure === undefined) {
    if (open === undefined || hasRun(input, container, open)) return check;
    const finding = carriedOverFinding(cannotStart, input, container, open);
    const { state } = container;
    return state.name === "running"
      ? { ...check, finding, reevaluateAt: input.now + HOLD_DOWN }
      : { ...check, finding };
  }
  if (isBeingDeleted(input.pod) && open === undefined) return { ...check, suppressed: "the pod is being deleted" };
  const annotations = describe(input, container, withEvent(input, container, failure));
  return { ...check, finding: containerFinding(cannotStart, input, container, annotations) };
}

export const POST_START = "PostStartHookError";

/** The exit codes of a container that was killed or stopped, as the kubelet does after a failed postStart hook. */
const STOPPED: ReadonlySet<number> = new Set([137, 143]);

/**
 * Whether the container ran since its start failed. Until then the episode continues, whatever the status shows between
 * two attempts: a back-off, a restart of the container runtime, a record that was lost.
 */
function hasRun(input: DetectInput, container: ContainerSnapshot, open: Alert): boolean {
  const { state } = container;
  const isHook = open.annotations.reason === POST_START;
  const since = state.name === "running" ? (historyOf(input, container)?.runningSince ?? state.startedAt) : undefined;
  switch (state.name) {
    case "running":
      // The kubelet stops a container whose postStart hook fails, so running alone proves nothing.
      return !isHook || since === undefined || input.now - since >= HOLD_DOWN;
    case "terminated":
      return isOwnRun(state, isHook);
    case "unknown":
      return false;
    case "waiting": {
      if (isStarting(container)) return false;
      const last = latestTermination(container);
      const known = open.subject.container?.lastTerminated;
      return last !== undefined && last.containerID !== known?.containerID && isOwnRun(last, isHook);
    }
  }
}

/** Whether the record is of a run that ended by itself. */
function isOwnRun(termination: Termination, isHook: boolean): boolean {
  if (neverRan(termination) || termination.reason === "ContainerStatusUnknown") return false;
  return !isHook || !STOPPED.has(termination.exitCode);
}

interface StartFailure {
  readonly reason: string;
  readonly message: string | undefined;
  readonly termination?: Termination;
}

/**
 * The waiting reason, or the latest termination if the container never ran. A single failed attempt that is retried
 * immediately does not count, because a kubelet restart leaves such records.
 */
function startFailureOf(pod: PodSnapshot, container: ContainerSnapshot): StartFailure | undefined {
  const { state, lastTerminated } = container;
  if (state.name === "terminated") {
    return pod.restartPolicy === "Never" && neverRan(state) ? toStartFailure(state) : undefined;
  }
  const reason = waitingReason(container);
  if (reason === undefined || state.name !== "waiting") return undefined;
  if (lastTerminated !== undefined && neverRan(lastTerminated)) return toStartFailure(lastTerminated);
  return isStartError(reason) ? { reason, message: state.message } : undefined;
}

export function isStartError(reason: string): boolean {
  return /(Error|Failed|BackOff)$/.test(reason) && reason !== "CrashLoopBackOff" && !isImageReason(reason);
}

function neverRan({ reason }: Termination): boolean {
  return reason !== undefined && NEVER_RAN.has(reason);
}

function toStartFailure(termination: Termination): StartFailure {
  return { reason: termination.reason!, message: termination.message, termination };
}

const HOOK_EVENTS: ReadonlySet<string> = new Set(["FailedPostStartHook"]);

/** The status of a container whose postStart hook failed does not say how; the event does. */
function withEvent(input: DetectInput, container: ContainerSnapshot, failure: StartFailure): StartFailure {
  if (failure.reason !== POST_START || (failure.message ?? POST_START) !== POST_START) return failure;
  const evidence = evidenceOf(input, "ContainerCannotStart", container.name);
  const event = latestEvent(evidence, HOOK_EVENTS, [container]);
  return event === undefined ? failure : { ...failure, message: event.message };
}

function describe({ pod }: DetectInput, container: ContainerSnapshot, { reason, message, termination }: StartFailure) {
  const who = describeContainer(container, pod);
  const hint = message === undefined ? undefined : startHint(message);
  const exit = termination === undefined ? undefined : `${reason}, exit ${termination.exitCode}`;
  const why = hint?.explanation ?? own(EXPLANATIONS, reason) ?? exit ?? reason;
  return {
    summary: firstFitting(
      ...(message === undefined ? [] : [`${who} cannot start: ${why}: ${quoted(message)}`]),
      ...(exit === undefined || why === exit ? [] : [`${who} cannot start: ${why} (${exit})`]),
      `${who} cannot start: ${why} (${reason})`,
      `${who} cannot start: ${why}`,
    ),
    description: sentences(
      describePodLocation(pod),
      message === undefined ? undefined : `Kubernetes reports (${reason}): ${quoted(message)}.`,
      hint?.remedy,
    ),
    reason,
    cause: reason,
    ...exitCodeOf(termination),
  };
}

/** Kubelet, sync_result.go and kuberuntime_container.go. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  CreateContainerConfigError: "a ConfigMap or Secret, or a setting, is wrong",
  CreateContainerError: "the container runtime cannot create it",
  RunContainerError: "the container runtime cannot run it",
  PreCreateHookError: "its pre-create hook failed",
  PreStartHookError: "its pre-start hook failed",
  PostStartHookError: "its postStart hook failed",
  CreatePodSandboxError: "the pod sandbox cannot be created",
  ConfigPodSandboxError: "the pod sandbox cannot be configured",
  KillPodSandboxError: "the previous pod sandbox cannot be stopped",
  KillContainerError: "its previous instance cannot be stopped",
  RemoveContainerError: "its previous instance cannot be removed",
  ResizePodInPlaceError: "its resources cannot be resized in place",
  VerifyNonRootError: "it would run as root, which runAsNonRoot forbids",
};
