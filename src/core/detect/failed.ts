import type { AlertAnnotations, Finding } from "../model/alert.ts";
import { exitedNormally, isBeingDeleted } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import { type Instant, MINUTE } from "../model/time.ts";
import { describeTermination } from "../text/exit-code.ts";
import { describeLastRun, describePlace, describePod, quoted, sentences } from "../text/text.ts";
import {
  type Check,
  containerSubject,
  type DetectInput,
  finding,
  type PodDetector,
  podLabels,
  podSubject,
  workloadLabel,
} from "./detector.ts";

/** How often to look whether a failed pod has been replaced: nothing of the pod itself will say so. */
const REPLACEMENT_CHECK = MINUTE;

export const failed: PodDetector = {
  name: "PodFailed",
  help: "A pod has failed for good: evicted, past its deadline, refused by its node, or its containers ended with errors.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  over: ({ pod }) => (pod.phase === "Failed" ? "Another pod has taken its place." : `The pod is ${pod.phase}.`),
};

/** Whether the pods of a workload come to an end by nature, so that it is their success that counts. */
export function isBatch({ workload }: PodSnapshot): boolean {
  return workload.kind === "Job" || workload.kind === "CronJob";
}

/** When a pod came to its end: its last container's end, as far as it is known. */
export function endedAt(pod: PodSnapshot): Instant {
  const { ready } = pod.conditions;
  const ends = pod.containers.map(({ state }) => (state.name === "terminated" ? state.finishedAt : undefined));
  const known = ends.filter((end) => end !== undefined);
  if (known.length > 0) return Math.max(...known);
  return ready?.since ?? pod.startedAt ?? pod.createdAt;
}

function checkPod(input: DetectInput): Check {
  const { pod } = input;
  const check: Check = { measure: "status.phase", value: describePhase(pod), threshold: "Failed" };
  if (pod.phase !== "Failed") return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  if (isReplaced(input)) return { ...check, suppressed: "another pod has taken its place" };
  const isWatched = pod.owner !== undefined && !isBatch(pod);
  return {
    ...check,
    finding: failedFinding(input),
    ...(isWatched ? { reevaluateAt: input.now + REPLACEMENT_CHECK } : {}),
  };
}

function describePhase({ phase, reason }: PodSnapshot): string {
  return reason === undefined ? phase : `${phase} (${reason})`;
}

/** A Job has done its work once a later pod succeeded; others are replaced when a younger pod of theirs is ready. */
function isReplaced({ pod, workload, siblings }: DetectInput): boolean {
  if (pod.owner === undefined) return false;
  const end = endedAt(pod);
  if (isBatch(pod)) {
    if (workload?.lastSuccessAt !== undefined && workload.lastSuccessAt >= end) return true;
    return some(siblings(), (other) => other.phase === "Succeeded" && endedAt(other) >= end && isSibling(pod, other));
  }
  return some(siblings(), (other) => {
    return other.conditions.ready?.status === "True" && other.createdAt >= pod.createdAt && isSibling(pod, other);
  });
}

/** Nothing is copied: the pods that failed before may be thousands, and each of them asks. */
function some(pods: Iterable<PodSnapshot>, isSo: (pod: PodSnapshot) => boolean): boolean {
  for (const pod of pods) if (isSo(pod)) return true;
  return false;
}

function isSibling(pod: PodSnapshot, { uid, workload, namespace }: PodSnapshot): boolean {
  return (
    uid !== pod.uid &&
    namespace === pod.namespace &&
    workload.kind === pod.workload.kind &&
    workload.name === pod.workload.name
  );
}

/** A Job's pods share one alert, and those of a CronJob's Jobs too: what matters is that the work is not done. */
function failedFinding(input: DetectInput): Finding {
  const { pod } = input;
  const failedContainer = failedContainerOf(pod);
  const { pod: name, ...workloadLabels } = podLabels("PodFailed", pod);
  return finding(
    failed,
    isBatch(pod) ? workloadLabels : { ...workloadLabels, pod: pod.name },
    describe(pod, failedContainer),
    failedContainer === undefined ? podSubject(pod) : containerSubject(input, failedContainer.container),
    endedAt(pod),
  );
}

interface FailedContainer {
  readonly container: ContainerSnapshot;
  readonly end: Termination;
}

/** The container that ended first with an error: the others were ended after it. */
function failedContainerOf(pod: PodSnapshot): FailedContainer | undefined {
  let first: FailedContainer | undefined;
  for (const container of pod.containers) {
    const { state } = container;
    if (container.type === "ephemeral" || state.name !== "terminated" || exitedNormally(pod, container, state))
      continue;
    const isEarlier = (state.finishedAt ?? 0) < (first?.end.finishedAt ?? Number.POSITIVE_INFINITY);
    if (first === undefined || isEarlier) first = { container, end: state };
  }
  return first;
}

function describe(pod: PodSnapshot, failedContainer: FailedContainer | undefined): AlertAnnotations {
  const what = isBatch(pod) ? `${workloadLabel(pod)} fails` : `${describePod(pod)} has failed`;
  const ended =
    failedContainer === undefined
      ? undefined
      : `container ${failedContainer.container.name}: ${describeTermination(failedContainer.end)}`;
  const why = pod.reason === undefined ? ended : (REASONS[pod.reason] ?? pod.reason);
  const cause = pod.reason ?? failedContainer?.end.reason;
  return {
    summary: `${what}${why === undefined ? "" : `: ${why}`}`,
    description: sentences(
      describePlace(pod),
      pod.reason === undefined ? undefined : `Kubernetes ended it: ${pod.reason}.`,
      pod.message === undefined ? undefined : `It says: ${quoted(pod.message)}.`,
      failedContainer === undefined
        ? undefined
        : `${failedContainer.container.name}: ${describeLastRun(failedContainer.end)}`,
    ),
    ...(cause === undefined ? {} : { reason: cause, cause }),
    ...(failedContainer === undefined ? {} : { exitCode: String(failedContainer.end.exitCode) }),
  };
}

/** `status.reason` of failed pods, as the kubelet and the controllers write it. */
const REASONS: Readonly<Record<string, string>> = {
  Evicted: "evicted, its node had run short of something (Evicted)",
  DeadlineExceeded: "it took longer than activeDeadlineSeconds allows (DeadlineExceeded)",
  Preempting: "it had to make room for a more important pod (Preempting)",
  UnexpectedAdmissionError: "its node could not admit it (UnexpectedAdmissionError)",
  NodeAffinity: "its node no longer fits its rules (NodeAffinity)",
  NodeLost: "its node is lost (NodeLost)",
  NodeShutdown: "its node was shut down (NodeShutdown)",
  Shutdown: "its node was shut down (Shutdown)",
  Terminated: "its node was shut down (Terminated)",
  OutOfcpu: "its node had no CPU left for it (OutOfcpu)",
  OutOfmemory: "its node had no memory left for it (OutOfmemory)",
  OutOfpods: "its node has as many pods as it may have (OutOfpods)",
};
