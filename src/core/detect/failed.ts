import type { AlertAnnotations, Finding, KeyEvidence } from "../model/alert.ts";
import { isBeingDeleted, podEndedAt } from "../model/container.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { own } from "../model/own.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { type Instant, MINUTE } from "../model/time.ts";
import { isBatch, rolloutRole, workloadLabel } from "../model/workload.ts";
import { exitCodeOf } from "../text/exit-code.ts";
import { describePod, describePodLocation, firstFitting, quoted, sentences } from "../text/text.ts";
import {
  type Check,
  containerSubject,
  type DetectInput,
  finding,
  observedAt,
  type PodDetector,
  podSubject,
  workloadLabels,
} from "./detector.ts";
import { describeExit, describeExitBriefly, type FailedContainer, failedContainerOf } from "./failed-container.ts";
import { describeEnd, evidenceOf } from "./key-evidence.ts";

/** How often to check whether a failed pod was replaced: the pod itself does not change then. */
const REPLACEMENT_CHECK = MINUTE;

export const failed: PodDetector = {
  name: "PodFailed",
  help: "A pod failed permanently: evicted, deadline exceeded, rejected by its node, or its containers exited with errors.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: ({ pod, history, jobs }) => {
    if (history?.replacedBy !== undefined) return `${describeReplacement(pod, history.replacedBy)}.`;
    if (pod.phase === "Failed" && jobs === "readable") return "Its Job can be read now: JobFailed is reported instead.";
    return `The pod is ${pod.phase}.`;
  },
};

function checkPod(input: DetectInput): Check {
  const { pod } = input;
  const check: Check = { metric: "status.phase", value: describePhase(pod), threshold: "Failed" };
  if (pod.phase !== "Failed") return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  if (pod.isCancelled && pod.reason === "DeadlineExceeded") {
    return { ...check, suppressed: "the rollout was cancelled" };
  }
  const replacedBy = input.history?.replacedBy;
  if (replacedBy !== undefined) return { ...check, suppressed: describeReplacement(pod, replacedBy) };
  if (pod.owner?.kind === "Job" && input.jobs === "readable") {
    return { ...check, suppressed: "its Job decides whether it has failed (JobFailed)" };
  }
  if (input.open("PodFailed") === undefined) {
    if (input.listing) return { ...check, suppressed: "the pods of the namespace are still being listed" };
    if (pod.owner?.kind === "Job" && input.jobs === "unknown") {
      return { ...check, suppressed: "its Job has not been read yet" };
    }
  }
  const hook = failedHook(input);
  if (hook !== undefined) {
    return { ...check, suppressed: `its hook pod ${hook.name} failed`, reevaluateAt: nextCheck(input.now) };
  }
  const canBeReplaced = pod.owner !== undefined && !isBatch(pod.workload);
  return {
    ...check,
    finding: failedFinding(input),
    ...(canBeReplaced && { reevaluateAt: nextCheck(input.now) }),
  };
}

/** A deployer ends as soon as a hook fails, unless the hook's failurePolicy is Ignore. The alert is about the hook. */
function failedHook({ pod, siblings }: DetectInput): PodSnapshot | undefined {
  if (rolloutRole(pod) !== "deployer") return undefined;
  for (const other of siblings()) {
    const role = rolloutRole(other);
    if (role === undefined || role === "deployer" || other.phase !== "Failed" || isBeingDeleted(other)) continue;
    const isCause = podEndedAt(pod) >= podEndedAt(other) && podEndedAt(pod) - podEndedAt(other) < MINUTE;
    if (isCause && other.owner?.name === pod.owner?.name) return other;
  }
  return undefined;
}

/** At full minutes, so that it does not depend on when Pod Watcher started. */
function nextCheck(now: Instant): Instant {
  return now - (now % REPLACEMENT_CHECK) + REPLACEMENT_CHECK;
}

function describePhase({ phase, reason }: PodSnapshot): string {
  return reason === undefined ? phase : `${phase} (${reason})`;
}

function describeReplacement({ restartPolicy }: PodSnapshot, replacedBy: string): string {
  return `Pod ${replacedBy} ${restartPolicy === "Always" ? "took its place" : "succeeded instead"}`;
}

/** The failed pods of a workload share one alert: it is about the work, not about a single pod or attempt. */
function failedFinding(input: DetectInput): Finding {
  const { pod } = input;
  const failedContainer = failedContainerOf(pod);
  const labels = workloadLabels("PodFailed", pod);
  return finding(
    failed,
    labels,
    describe(
      pod,
      failedContainer,
      failedPods(input, fingerprint(labels)),
      evidenceOf(input, "PodFailed", labels.container),
    ),
    failedContainer === undefined ? podSubject(pod) : containerSubject(input, failedContainer.container),
    observedAt(input, "ended") ?? podEndedAt(pod),
  );
}

interface FailedPods {
  readonly count: number;
  /** The names of the pods that failed last. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 3;

/** The pods of the alert and this one. */
function failedPods({ pod, alert, siblings }: DetectInput, id: string): FailedPods {
  const open = alert(id);
  const others = open === undefined || open.state.name === "resolved" ? [] : open.sources;
  const uids = [...others.filter((uid) => uid !== pod.uid), pod.uid];
  const latest = uids.slice(-MAX_EXAMPLES);
  const names = new Map<string, string>();
  if (uids.length > 1) for (const { uid, name } of siblings()) if (latest.includes(uid)) names.set(uid, name);
  return { count: uids.length, examples: latest.flatMap((uid) => names.get(uid) ?? []) };
}

function describe(
  pod: PodSnapshot,
  failedContainer: FailedContainer | undefined,
  { count, examples }: FailedPods,
  evidence: KeyEvidence | undefined,
): AlertAnnotations {
  const { reason, message } = pod;
  const what = describeFailed(pod, count);
  const termination = failedContainer?.termination;
  const exit = failedContainer && describeExit(failedContainer);
  const why = reason === undefined ? exit : (own(EXPLANATIONS, reason) ?? reason);
  const cause = reason ?? termination?.reason;
  return {
    summary: firstFitting(
      `${what}${why === undefined ? "" : `: ${why}`}`,
      ...(reason === undefined && failedContainer ? [`${what}: ${describeExitBriefly(failedContainer)}`] : []),
    ),
    description: sentences(
      count === 1 ? undefined : describePods(count, examples),
      describePodLocation(pod),
      reason === undefined ? undefined : `Reason: ${reason}.`,
      message === undefined ? undefined : `Kubernetes reports: ${quoted(message)}.`,
      failedContainer && `${failedContainer.container.name}: ${describeEnd(evidence, failedContainer.termination)}`,
    ),
    ...(cause !== undefined && { reason: cause, cause }),
    ...exitCodeOf(termination),
  };
}

function describeFailed(pod: PodSnapshot, count: number): string {
  const workload = workloadLabel(pod.workload);
  if (isBatch(pod.workload)) return `${workload} failed`;
  return count === 1 ? `${describePod(pod)} failed` : `${workload}: ${count} pods failed`;
}

function describePods(count: number, examples: readonly string[]): string {
  const more = count - examples.length;
  return `${count} pods failed: ${examples.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
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
