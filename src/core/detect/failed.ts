import type { AlertAnnotations, Finding } from "../model/alert.ts";
import { exitedNormally, isBeingDeleted, podEndedAt } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import { MINUTE } from "../model/time.ts";
import { isBatch, isSameWorkload, workloadLabel } from "../model/workload.ts";
import { describeTermination } from "../text/exit-code.ts";
import { describeLastRun, describePod, describePodLocation, quoted, sentences } from "../text/text.ts";
import {
  type Check,
  containerSubject,
  type DetectInput,
  finding,
  type PodDetector,
  podLabels,
  podSubject,
} from "./detector.ts";

/** How often to check whether a failed pod was replaced: the pod itself does not change then. */
const REPLACEMENT_CHECK = MINUTE;

export const failed: PodDetector = {
  name: "PodFailed",
  help: "A pod failed permanently: evicted, deadline exceeded, rejected by its node, or its containers exited with errors.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: ({ pod }) =>
    pod.phase === "Failed" ? "Another pod replaced it or succeeded after it." : `The pod is ${pod.phase}.`,
};

function checkPod(input: DetectInput): Check {
  const { pod } = input;
  const check: Check = { metric: "status.phase", value: describePhase(pod), threshold: "Failed" };
  if (pod.phase !== "Failed") return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  if (isReplaced(input)) return { ...check, suppressed: "another pod replaced it or succeeded after it" };
  const canBeReplaced = pod.owner !== undefined && !isBatch(pod.workload);
  return {
    ...check,
    finding: failedFinding(input),
    ...(canBeReplaced && { reevaluateAt: input.now + REPLACEMENT_CHECK }),
  };
}

function describePhase({ phase, reason }: PodSnapshot): string {
  return reason === undefined ? phase : `${phase} (${reason})`;
}

/** A Job recovers when a later pod succeeds; other workloads when another pod that is not older is ready. */
function isReplaced({ pod, workload, siblings }: DetectInput): boolean {
  if (pod.owner === undefined) return false;
  const end = podEndedAt(pod);
  if (isBatch(pod.workload)) {
    if (workload?.lastSuccessAt !== undefined && workload.lastSuccessAt >= end) return true;
    return some(
      siblings(),
      (other) => other.phase === "Succeeded" && podEndedAt(other) >= end && isSibling(pod, other),
    );
  }
  return some(siblings(), (other) => {
    return other.conditions.ready?.status === "True" && other.createdAt >= pod.createdAt && isSibling(pod, other);
  });
}

/** Without copying: there can be thousands of failed pods, and this runs for each of them. */
function some(pods: Iterable<PodSnapshot>, predicate: (pod: PodSnapshot) => boolean): boolean {
  for (const pod of pods) if (predicate(pod)) return true;
  return false;
}

function isSibling(pod: PodSnapshot, other: PodSnapshot): boolean {
  return other.uid !== pod.uid && other.namespace === pod.namespace && isSameWorkload(other.workload, pod.workload);
}

/** The pods of a Job or CronJob share one alert: it is about the work, not about a single attempt. */
function failedFinding(input: DetectInput): Finding {
  const { pod } = input;
  const failedContainer = failedContainerOf(pod);
  const { pod: name, ...workloadLabels } = podLabels("PodFailed", pod);
  return finding(
    failed,
    isBatch(pod.workload) ? workloadLabels : { ...workloadLabels, pod: pod.name },
    describe(pod, failedContainer),
    failedContainer === undefined ? podSubject(pod) : containerSubject(input, failedContainer.container),
    podEndedAt(pod),
  );
}

interface FailedContainer {
  readonly container: ContainerSnapshot;
  readonly termination: Termination;
}

/** The container that failed first: its failure may have ended the others. */
function failedContainerOf(pod: PodSnapshot): FailedContainer | undefined {
  let first: FailedContainer | undefined;
  for (const container of pod.containers) {
    const { state } = container;
    if (container.type === "ephemeral" || state.name !== "terminated" || exitedNormally(pod, container, state))
      continue;
    const isEarlier = (state.finishedAt ?? 0) < (first?.termination.finishedAt ?? Number.POSITIVE_INFINITY);
    if (first === undefined || isEarlier) first = { container, termination: state };
  }
  return first;
}

function describe(pod: PodSnapshot, failedContainer: FailedContainer | undefined): AlertAnnotations {
  const { reason, message } = pod;
  const what = isBatch(pod.workload) ? `${workloadLabel(pod.workload)} failed` : `${describePod(pod)} failed`;
  const termination = failedContainer?.termination;
  const exit =
    failedContainer &&
    `container ${failedContainer.container.name}: ${describeTermination(failedContainer.termination)}`;
  const why = reason === undefined ? exit : (EXPLANATIONS[reason] ?? reason);
  const cause = reason ?? termination?.reason;
  return {
    summary: `${what}${why === undefined ? "" : `: ${why}`}`,
    description: sentences(
      describePodLocation(pod),
      reason === undefined ? undefined : `Reason: ${reason}.`,
      message === undefined ? undefined : `Kubernetes reports: ${quoted(message)}.`,
      failedContainer && `${failedContainer.container.name}: ${describeLastRun(failedContainer.termination)}`,
    ),
    ...(cause !== undefined && { reason: cause, cause }),
    ...(termination && { exitCode: String(termination.exitCode) }),
  };
}

/** `status.reason` of failed pods, as set by the kubelet and the controllers. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  Evicted: "evicted from its node (Evicted)",
  DeadlineExceeded: "it ran longer than activeDeadlineSeconds (DeadlineExceeded)",
  Preempting: "preempted by a pod with higher priority (Preempting)",
  UnexpectedAdmissionError: "its node could not admit it (UnexpectedAdmissionError)",
  NodeAffinity: "its node no longer matches its node affinity (NodeAffinity)",
  NodeLost: "its node was lost (NodeLost)",
  NodeShutdown: "its node was shut down (NodeShutdown)",
  Shutdown: "its node was shut down (Shutdown)",
  Terminated: "its node was shut down (Terminated)",
  OutOfcpu: "its node had too little CPU left (OutOfcpu)",
  OutOfmemory: "its node had too little memory left (OutOfmemory)",
  OutOfpods: "its node had reached its pod limit (OutOfpods)",
};
