import { isBeingDeleted, isStarting } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { describePod, describePodLocation, formatInstant, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";

/** CNI and volume problems appear as ContainerCreating in the status; only the events contain the cause. */
export const pendingTooLong: PodDetector = {
  name: "PodPendingTooLong",
  help: "The pod is scheduled, but its containers do not start because of volumes, networking or init containers.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: ({ pod }) =>
    pod.phase === "Pending" ? "The pod is starting again, or another alert is reported instead." : "The pod started.",
};

function checkPod(input: DetectInput): Check {
  const { pod, containers, now } = input;
  const waiting = containers.filter(isStarting);
  const check: Check = {
    metric: "containers in ContainerCreating or PodInitializing",
    value: pod.phase === "Pending" ? waiting.map(({ name }) => name).join(", ") : pod.phase,
    threshold: "Pending",
  };
  if (pod.phase !== "Pending" || waiting.length === 0 || !isScheduled(pod)) return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const suppressed = suppressionFor(input, "PodCrashLooping", "PodImagePullFailing", "ContainerCannotStart");
  if (suppressed !== undefined) return { ...check, suppressed };
  const since = waitingSince(pod);
  return afterHoldDown(check, since, now, () => {
    return podFinding(pendingTooLong, input, describe(pod, containers, waiting), since);
  });
}

function isScheduled({ node, conditions }: PodSnapshot): boolean {
  return node !== undefined || conditions.scheduled?.status === "True";
}

/** The status has no time for waiting. The latest timestamp in it is when the waiting began at the earliest. */
function waitingSince(pod: PodSnapshot): Instant {
  const { scheduled, initialized, ready } = pod.conditions;
  const times = [scheduled?.since, initialized?.since, ready?.since, pod.startedAt];
  for (const { state, lastTerminated } of pod.containers) {
    times.push(lastTerminated?.finishedAt, state.name === "terminated" ? state.finishedAt : undefined);
  }
  return Math.max(pod.createdAt, ...times.filter((time) => time !== undefined));
}

function describe(pod: PodSnapshot, containers: readonly ContainerSnapshot[], waiting: readonly ContainerSnapshot[]) {
  const init = containers.find(({ type, state }) => type === "init" && state.name === "running");
  const names = waiting.map(({ name }) => name).join(", ");
  const { state } = waiting[0]!;
  const reason = state.name === "waiting" ? state.reason : undefined;
  return {
    summary:
      init === undefined
        ? `${describePod(pod)} does not start: still waiting for ${names}${reason === undefined ? "" : ` (${reason})`}`
        : `${describePod(pod)} does not start: its init container ${init.name} is still running`,
    description: sentences(
      describePodLocation(pod),
      init?.state.name === "running" && init.state.startedAt !== undefined
        ? `${init.name} has been running since ${formatInstant(init.state.startedAt)}. Waiting for it: ${names}.`
        : "The pod status reports no failure. Check its events for volumes that cannot be mounted (FailedMount, FailedAttachVolume) and for network setup errors (FailedCreatePodSandBox).",
    ),
    ...(reason !== undefined && { reason, cause: init === undefined ? reason : "InitContainerRunning" }),
  };
}
