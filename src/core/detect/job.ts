import type { AlertAnnotations, AlertLabels, AlertSubject, Finding, KeyEvidence } from "../model/alert.ts";
import { latestTermination, podEndedAt } from "../model/container.ts";
import type { FailedJob, JobFacts } from "../model/job.ts";
import type { PodSnapshot, Workload } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { workloadLabel } from "../model/workload.ts";
import { exitCodeOf } from "../text/exit-code.ts";
import { describePodLocation, firstFitting, formatInstant, quoted, sentences } from "../text/text.ts";
import { type DetectorInfo, factsOf, finding, podSubject } from "./detector.ts";
import { describeExit, describeExitBriefly, type FailedContainer, failedContainerOf } from "./failed-container.ts";
import { describeEnd } from "./key-evidence.ts";

export const jobFailed: DetectorInfo = {
  name: "JobFailed",
  help: "A Job failed for good: its retries are used up, it ran too long, its pod failure policy ended it, or indexes failed.",
  severity: "warning",
};

export const jobNotCompleting: DetectorInfo = {
  name: "JobNotCompleting",
  help: "A Job has not completed for a long time, for example because a sidecar keeps running.",
  severity: "warning",
};

/** The Jobs of one CronJob share their alerts. */
export function jobLabels(
  alertname: "JobFailed" | "JobNotCompleting",
  namespace: string,
  workload: Workload,
): AlertLabels {
  return { alertname, namespace, workload: workloadLabel(workload) };
}

/** `pod` is the last pod of the Job that failed or was removed, if that was seen; `evidence` is about this pod. */
export function jobFailure(
  job: FailedJob,
  workload: Workload,
  pod: PodSnapshot | undefined,
  evidence?: KeyEvidence,
): Finding {
  const failedContainer = pod && blamed(pod, job.outcome.reason);
  return finding(
    jobFailed,
    jobLabels("JobFailed", job.namespace, workload),
    describeFailure(job, workload, pod, failedContainer, evidence),
    subjectOf(workload, pod, failedContainer),
    job.outcome.at,
  );
}

/** With restartPolicy OnFailure the Job controller deletes the pod while its containers restart. */
function blamed(pod: PodSnapshot, reason: string | undefined): FailedContainer | undefined {
  const failed = failedContainerOf(pod);
  if (failed !== undefined || reason === "DeadlineExceeded") return failed;
  for (const container of pod.containers) {
    const termination = latestTermination(container);
    if (termination !== undefined && termination.exitCode !== 0) return { container, termination };
  }
  return undefined;
}

function describeFailure(
  job: FailedJob,
  workload: Workload,
  pod: PodSnapshot | undefined,
  failedContainer: FailedContainer | undefined,
  evidence: KeyEvidence | undefined,
): AlertAnnotations {
  const { reason, message, at } = job.outcome;
  const label = workloadLabel(workload);
  const exit = failedContainer && describeExit(failedContainer);
  const termination = failedContainer?.termination;
  // Why a pod failed says more than that too many did.
  const isByPods = reason === undefined || reason === "BackoffLimitExceeded";
  const cause = isByPods ? (termination?.reason ?? reason) : reason;
  const why = describeReason(job);
  const [first = why, second] = isByPods ? [exit, why] : [why, exit];
  return {
    summary: firstFitting(
      `${label} failed: ${first}${second === undefined || second === first ? "" : `; ${second}`}`,
      `${label} failed: ${first}`,
      ...(isByPods && failedContainer ? [`${label} failed: ${describeExitBriefly(failedContainer)}`] : []),
    ),
    description: sentences(
      `Job ${job.name} failed${at === undefined ? "" : ` at ${formatInstant(at)}`}${reason === undefined ? "" : ` (${reason})`}.`,
      message === undefined ? undefined : `Kubernetes reports: ${quoted(message)}.`,
      job.failedIndexes === undefined ? undefined : `Failed indexes: ${job.failedIndexes}.`,
      pod && describePodLocation(pod),
      failedContainer && `${failedContainer.container.name}: ${describeEnd(evidence, failedContainer.termination)}`,
    ),
    ...(reason !== undefined && { reason }),
    ...(cause !== undefined && { cause }),
    ...exitCodeOf(termination),
  };
}

/** Completes "failed: ". */
function describeReason({ outcome: { reason, message }, failedIndexes }: FailedJob): string {
  const indexes = failedIndexes === undefined ? "" : ` (${failedIndexes})`;
  switch (reason) {
    case "BackoffLimitExceeded":
      return "its backoff limit is reached";
    case "DeadlineExceeded":
      return "it ran longer than activeDeadlineSeconds";
    case "PodFailurePolicy":
      return `its pod failure policy ended it${describeMatch(message)}`;
    case "FailedIndexes":
      return `indexes failed${indexes}`;
    case "MaxFailedIndexesExceeded":
      return `too many indexes failed${indexes}`;
    default:
      // Another controller (`spec.managedBy`, KEP-4368), or a later version.
      return (
        [reason, message === undefined ? undefined : quoted(message)].filter(Boolean).join(": ") || "no reason given"
      );
  }
}

/** `Container main for pod shop/import-x2x7p failed with exit code 3 matching FailJob rule at index 0` (KEP-3329). */
function describeMatch(message: string | undefined): string {
  const [, container, code] = /^Container (\S+) for pod \S+ failed with exit code (\d+) /.exec(message ?? "") ?? [];
  return container === undefined ? "" : `: container ${container}: exit ${code}`;
}

function subjectOf(
  workload: Workload,
  pod: PodSnapshot | undefined,
  failed: FailedContainer | undefined,
): AlertSubject {
  if (pod === undefined) return { workload };
  return { ...podSubject(pod), workload, ...(failed && { container: factsOf(failed.container, []) }) };
}

/**
 * How long a Job may take: `for` of the policy, or its own deadline where that is longer. When its deadline has passed, the
 * Job controller ends it.
 */
export function overdueAt(
  job: Pick<JobFacts, "startedAt" | "deadline">,
  policy: Pick<Policy, "detectors">,
): Instant | undefined {
  if (job.startedAt === undefined) return undefined;
  return job.startedAt + Math.max(policy.detectors.JobNotCompleting.for, job.deadline ?? 0);
}

/** The finding once `overdueAt` has passed. `pods` are those of the Job that have not ended. */
export function jobOverdue(
  job: JobFacts,
  workload: Workload,
  pods: readonly PodSnapshot[],
  policy: Pick<Policy, "detectors">,
  now: Instant,
): Finding | undefined {
  const { startedAt } = job;
  const due = overdueAt(job, policy);
  if (startedAt === undefined || due === undefined || now < due) return undefined;
  const label = workloadLabel(workload);
  const [pod] = pods;
  const ended = containersIn(pod, "terminated");
  const running = containersIn(pod, "running");
  const rest =
    ended.length > 0 && running.length > 0
      ? `${running.join(", ")} runs on after ${ended.join(", ")} ended`
      : undefined;
  return finding(
    jobNotCompleting,
    jobLabels("JobNotCompleting", job.namespace, workload),
    {
      summary: firstFitting(
        `${label} has not completed${rest === undefined ? "" : `: ${rest}`}`,
        `${label} has not completed`,
      ),
      description: sentences(
        `Job ${job.name} has been active since ${formatInstant(startedAt)}.`,
        pod === undefined ? "No pod of it is active." : describePodLocation(pod),
        rest && "A sidecar that is to end with the Job is an init container with restartPolicy Always (KEP-753).",
        "If it may take that long, set activeDeadlineSeconds, or the annotation pod-watcher.io/for.JobNotCompleting of its pods.",
      ),
      cause: rest === undefined ? "NotCompleted" : "SidecarRunning",
      reason: "NotCompleted",
    },
    subjectOf(workload, pod, undefined),
    startedAt,
  );
}

function containersIn(pod: PodSnapshot | undefined, state: "terminated" | "running"): readonly string[] {
  const containers = pod?.containers.filter(({ type, state: { name } }) => type === "main" && name === state);
  return (containers ?? []).map(({ name }) => name);
}

/**
 * Whether a later run of the CronJob succeeded. The time of its last success can be that of an earlier run that took longer,
 * so `pods` of the CronJob decide where they show one.
 */
export function isSuperseded(job: FailedJob, pods: Iterable<PodSnapshot>): boolean {
  const { lastSuccessAt, outcome } = job;
  const isKnown = lastSuccessAt !== "unreadable";
  if (isKnown && (lastSuccessAt === undefined || outcome.at === undefined || lastSuccessAt <= outcome.at)) return false;
  let earlierRun = false;
  for (const pod of pods) {
    if (pod.phase !== "Succeeded" || pod.owner === undefined || pod.owner.name === job.name) continue;
    if (runOf(pod.owner.name) > runOf(job.name)) return true;
    earlierRun ||= outcome.at !== undefined && podEndedAt(pod) >= outcome.at;
  }
  return isKnown && !earlierRun;
}

/** A CronJob numbers its Jobs by their scheduled time. */
function runOf(job: string): number {
  return Number(/\d+$/.exec(job)?.[0] ?? Number.NaN);
}
