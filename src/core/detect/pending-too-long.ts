import { isBeingDeleted, isStarting } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { describePlace, describePod, formatInstant, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { lasting } from "./lasting.ts";

/** CNI and volume troubles show as ContainerCreating and nothing else; the events say why (watch.md 4.2). */
export const pendingTooLong: PodDetector = {
  name: "PodPendingTooLong",
  help: "The pod has a node, but its containers are not started: its volumes, its network or its init containers are late.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  over: ({ pod }) =>
    pod.phase === "Pending" ? "It starts anew, or another alert tells why it does not." : "It was started.",
};

function checkPod(input: DetectInput): Check {
  const { pod, containers, now } = input;
  const waiting = containers.filter(isStarting);
  const check: Check = {
    measure: "containers that wait in ContainerCreating or PodInitializing",
    value: pod.phase === "Pending" ? waiting.map(({ name }) => name).join(", ") : pod.phase,
    threshold: "Pending",
  };
  if (pod.phase !== "Pending" || waiting.length === 0 || !hasNode(pod)) return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const suppressed = suppressionFor(input, "PodCrashLooping", "PodImagePullFailing", "ContainerCannotStart");
  if (suppressed !== undefined) return { ...check, suppressed };
  const since = waitingSince(pod);
  return lasting(check, since, now, () => podFinding(pendingTooLong, input, describe(pod, containers, waiting), since));
}

function hasNode({ node, conditions }: PodSnapshot): boolean {
  return node !== undefined || conditions.scheduled?.status === "True";
}

/** Waiting has no time of its own: it is not older than anything that has happened to the pod and is known. */
function waitingSince(pod: PodSnapshot): Instant {
  const { scheduled, initialized, ready } = pod.conditions;
  const moments = [scheduled?.since, initialized?.since, ready?.since, pod.startedAt];
  for (const { state, lastTerminated } of pod.containers) {
    moments.push(lastTerminated?.finishedAt, state.name === "terminated" ? state.finishedAt : undefined);
  }
  return Math.max(pod.createdAt, ...moments.filter((moment) => moment !== undefined));
}

function describe(pod: PodSnapshot, containers: readonly ContainerSnapshot[], waiting: readonly ContainerSnapshot[]) {
  const init = containers.find(({ type, state }) => type === "init" && state.name === "running");
  const names = waiting.map(({ name }) => name).join(", ");
  const { state } = waiting[0]!;
  const reason = state.name === "waiting" ? state.reason : undefined;
  return {
    summary:
      init === undefined
        ? `${describePod(pod)} does not start: ${names} still waiting${reason === undefined ? "" : ` (${reason})`}`
        : `${describePod(pod)} does not start: its init container ${init.name} does not come to an end`,
    description: sentences(
      describePlace(pod),
      init?.state.name === "running" && init.state.startedAt !== undefined
        ? `${init.name} runs since ${formatInstant(init.state.startedAt)}; ${names} wait for it.`
        : "Nothing has failed as far as its status tells: look at its events for volumes that cannot be mounted (FailedMount, FailedAttachVolume) or a network that is not set up (FailedCreatePodSandBox).",
    ),
    ...(reason === undefined ? {} : { reason, cause: init === undefined ? reason : "InitContainerRunning" }),
  };
}
