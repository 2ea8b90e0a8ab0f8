import type { KeyEvent, KeyEvidence } from "../model/alert.ts";
import { isBeingDeleted, isStarting, waitingReason } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import {
  describePod,
  describePodLocation,
  describeStarting,
  firstFitting,
  formatInstant,
  quoted,
  sentences,
} from "../text/text.ts";
import { isStartError } from "./cannot-start.ts";
import { type Check, type DetectInput, observedAt, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";
import { isImageReason } from "./image-pull-failing.ts";
import { describeEvent, evidenceOf, failedProbe, latestEvent } from "./key-evidence.ts";

/** CNI and volume problems appear as ContainerCreating in the status; only the events contain the cause. */
export const pendingTooLong: PodDetector = {
  name: "PodPendingTooLong",
  help: "The pod is scheduled, but its containers do not start because of volumes, networking, images, init containers or sidecars.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: ({ pod }) =>
    pod.phase === "Pending" ? "The pod is starting again, or another alert is reported instead." : "The pod started.",
};

function checkPod(input: DetectInput): Check {
  const { pod, containers, now } = input;
  const waiting = containers.filter(isHeldUp);
  const check: Check = {
    metric: "containers that wait for their start",
    value: pod.phase === "Pending" ? waiting.map(({ name }) => name).join(", ") : pod.phase,
    threshold: "Pending",
  };
  if (pod.phase !== "Pending" || waiting.length === 0 || !isScheduled(pod)) return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const suppressed = suppressionFor(input, "PodCrashLooping", "PodImagePullFailing", "ContainerCannotStart");
  if (suppressed !== undefined) return { ...check, suppressed };
  const since = waitingSince(input);
  return afterHoldDown(check, since, now, () => {
    return podFinding(pendingTooLong, input, describe(input, waiting), since);
  });
}

/** Waiting for a reason that no other detector reports, such as one that only a provider of virtual nodes uses. */
function isHeldUp(container: ContainerSnapshot): boolean {
  const reason = waitingReason(container);
  if (reason === undefined) return isStarting(container);
  return reason !== "CrashLoopBackOff" && !isImageReason(reason) && !isStartError(reason);
}

function isScheduled({ node, conditions }: PodSnapshot): boolean {
  return node !== undefined || conditions.scheduled?.status === "True";
}

/** The status has no time for waiting. The latest timestamp in it is when the waiting began at the earliest. */
function waitingSince(input: DetectInput): Instant {
  const { pod } = input;
  const times = [pod.conditions.scheduled?.since, observedAt(input, "pending") ?? kubeletWaitingSince(pod)];
  return Math.max(pod.createdAt, ...times.filter((time) => time !== undefined));
}

/** The latest of the times that the kubelet wrote. */
export function kubeletWaitingSince({ conditions, startedAt, containers }: PodSnapshot): Instant | undefined {
  const times = [conditions.initialized?.since, conditions.ready?.since, startedAt];
  for (const { state, lastTerminated } of containers) {
    times.push(lastTerminated?.finishedAt, state.name === "terminated" ? state.finishedAt : undefined);
  }
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

const CHECK_EVENTS =
  "Check its events for volumes that cannot be mounted (FailedMount, FailedAttachVolume) and for network setup errors (FailedCreatePodSandBox).";
const NO_CAUSE = `The pod status names no cause. ${CHECK_EVENTS}`;

interface Obstacle {
  /** Completes "does not start: ". */
  readonly what: string;
  readonly cause?: string;
  readonly details?: string;
}

/** The obstacle according to the status of the pod. */
function obstacleOf(input: DetectInput, waiting: readonly ContainerSnapshot[]): Obstacle {
  const { pod, containers } = input;
  const names = waiting.map(({ name }) => name).join(", ");
  if (pod.reason !== undefined || pod.message !== undefined) {
    // A provider of virtual nodes, and later versions of Kubernetes, explain it here.
    const message = pod.message === undefined ? undefined : quoted(pod.message);
    return { what: [pod.reason, message].filter(Boolean).join(": "), ...(pod.reason && { cause: pod.reason }) };
  }
  const running = containers.flatMap((container) => {
    const { state } = container;
    return state.name === "running" ? [{ container, since: state.startedAt }] : [];
  });
  const first = running.find(({ container }) => container.type === "init");
  if (first !== undefined) {
    const { container: init, since } = first;
    const details =
      since === undefined
        ? NO_CAUSE
        : `${init.name} has been running since ${formatInstant(since)}. Waiting for it: ${names}.`;
    return { what: `its init container ${init.name} is still running`, cause: "InitContainerRunning", details };
  }
  const sidecar = running.find(({ container: { type, starting } }) => type === "sidecar" && starting)?.container;
  if (sidecar !== undefined) {
    const probe = failedProbe(evidenceOf(input, "PodPendingTooLong"), sidecar, ["startup"]);
    if (probe !== undefined) {
      const details = `${describeEvent(probe.event)} Waiting for it: ${names}. Check the log of ${sidecar.name}.`;
      return { what: `the ${probe.what}`, cause: "SidecarNotStarted", details };
    }
    return {
      what: `its sidecar ${sidecar.name} has not started`,
      cause: "SidecarNotStarted",
      details: `${describeStarting(sidecar)} Waiting for it: ${names}. Check the events (Unhealthy) and the log of ${sidecar.name}.`,
    };
  }
  const evidence = evidenceOf(input, "PodPendingTooLong");
  return {
    what: describeWaiting(waiting),
    ...startingObstacle(pod, waiting),
    ...obstacleOfEvents(pod, evidence, waiting),
  };
}

function describeWaiting(waiting: readonly ContainerSnapshot[]): string {
  const names = waiting.map(({ name }) => name).join(", ");
  const { state } = waiting[0]!;
  const reason = state.name === "waiting" ? state.reason : undefined;
  return `still waiting for ${names}${reason === undefined ? "" : ` (${reason})`}`;
}

/** How far the kubelet has come: volumes, sandbox and network come before images and containers. */
function startingObstacle(pod: PodSnapshot, waiting: readonly ContainerSnapshot[]): Omit<Obstacle, "what"> {
  const { readyToStartContainers } = pod.conditions;
  if (pod.startedAt === undefined && waiting.every(({ state }) => state.name === "unknown")) {
    return { details: `The kubelet of node ${pod.node} has not reported about the pod. Check the node.` };
  }
  const { state } = waiting[0]!;
  if (waitingReason(waiting[0]!) !== undefined && state.name === "waiting") {
    return { details: state.message === undefined ? NO_CAUSE : `Kubernetes reports: ${quoted(state.message)}.` };
  }
  switch (readyToStartContainers?.status) {
    case "False":
      return {
        cause: "SandboxNotReady",
        details: `The pod has no sandbox with a network yet (PodReadyToStartContainers is False). ${CHECK_EVENTS}`,
      };
    case "True": {
      const images = [...new Set(waiting.map(({ image }) => image)), ...(pod.imageVolumes ?? [])].join(", ");
      return {
        details: `The sandbox of the pod is ready, so its volumes and its network are not the cause. Possibly an image is still being pulled: ${images}. Check its events (Pulling, Pulled).`,
      };
    }
    default:
      return { details: NO_CAUSE };
  }
}

/** Before the sandbox of a pod is ready. */
const SANDBOX_EVENTS: ReadonlySet<string> = new Set([
  "FailedAttachVolume",
  "FailedCreatePodSandBox",
  "FailedMapVolume",
  "FailedMount",
  "NetworkNotReady",
]);
const PULL_EVENTS: ReadonlySet<string> = new Set(["Pulling", "Pulled"]);

/** The obstacle according to the events of the pod. Its cause remains that of the status. */
function obstacleOfEvents(
  { conditions }: PodSnapshot,
  evidence: KeyEvidence | undefined,
  waiting: readonly ContainerSnapshot[],
): Pick<Obstacle, "what" | "details"> | undefined {
  const pull = latestEvent(evidence, PULL_EVENTS, waiting);
  if (pull?.reason === "Pulling") {
    const image = /^Pulling image "([^"]+)"/.exec(pull.message)?.[1];
    return {
      what: `the image ${image === undefined ? "" : `${image} `}of ${pull.container} is still being pulled`,
      details: `${describeEvent(pull)} It has not been pulled yet.`,
    };
  }
  if (conditions.readyToStartContainers?.status === "True") return undefined;
  const event = latestEvent(withoutTimeouts(evidence), SANDBOX_EVENTS) ?? latestEvent(evidence, SANDBOX_EVENTS);
  return event && { what: describeObstacle(event), details: describeEvent(event) };
}

/** While a volume fails, the kubelet also reports that waiting for all volumes timed out, which names no cause. */
function withoutTimeouts(evidence: KeyEvidence | undefined): KeyEvidence | undefined {
  return (
    evidence && {
      ...evidence,
      events: evidence.events.filter(({ message }) => !/^Unable to attach or mount volumes/.test(message)),
    }
  );
}

function describeObstacle({ reason, message }: KeyEvent): string {
  switch (reason) {
    case "FailedCreatePodSandBox":
      return `its sandbox cannot be created: ${quoted(message.replace(/^Failed to create pod sandbox: (?:rpc error: code = \w+ desc = )?/, ""))}`;
    case "NetworkNotReady":
      return `the network of its node is not ready: ${quoted(message.replace(/^network is not ready: /, ""))}`;
    default: {
      const [, name = "", why = ""] = /^\w+\.\w+ failed for volume "([^"]+)" ?:\s*([\s\S]+)$/.exec(message) ?? [];
      const verb = reason === "FailedAttachVolume" ? "attached" : "mounted";
      return name === ""
        ? `a volume cannot be ${verb}: ${quoted(message)}`
        : `volume ${name} cannot be ${verb}: ${quoted(why)}`;
    }
  }
}

function describe(input: DetectInput, waiting: readonly ContainerSnapshot[]) {
  const { pod } = input;
  const { what, cause, details } = obstacleOf(input, waiting);
  const { state } = waiting[0]!;
  const reason = (state.name === "waiting" ? state.reason : undefined) ?? cause;
  return {
    summary: firstFitting(`${describePod(pod)} does not start: ${what}`, `${describePod(pod)}: ${what}`),
    description: sentences(describePodLocation(pod), details),
    ...(reason !== undefined && { reason, cause: cause ?? reason }),
  };
}
