/** Jobs and CronJobs: one pod after another until one succeeds or too many have failed. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Pod } from "../model/objects.ts";
import type { PodOwner, Toolkit, Workload } from "./controller.ts";
import { isAlive } from "./controllers-apps.ts";

/** The delay before the next pod of a Job: 10 s, 20 s, 40 s… */
const JOB_BACKOFF: Duration = 10_000;
const DEFAULT_BACKOFF_LIMIT = 6;
/** `successfulJobsHistoryLimit` and `failedJobsHistoryLimit`. */
const JOBS_KEPT = { succeeded: 3, failed: 1 };

export function jobLabels(name: string): Record<string, string> {
  return { "batch.kubernetes.io/job-name": name, "job-name": name };
}

export function reconcileJob(kit: Toolkit, job: PodOwner): void {
  const { workload } = job;
  const now = kit.clock.monotonic();
  const pods = kit.podsOf(workload).filter((pod) => kit.ownerOf(pod) === job);
  for (const pod of pods) {
    const { phase } = pod.status;
    if (phase !== "Failed" && phase !== "Succeeded") continue;
    if (phase === "Succeeded") {
      job.succeeded = true;
    } else if (!job.failures.has(pod.metadata.uid)) {
      job.failures.add(pod.metadata.uid);
      job.nextPodAt = now + JOB_BACKOFF * 2 ** (job.failures.size - 1);
    }
    // The controller has counted the pod, so it may be removed.
    const { finalizers, ...metadata } = pod.metadata;
    if (finalizers !== undefined) kit.write({ ...pod, metadata });
  }
  if (job.finished) return;
  const record = kit.recorderFor(job.reference, workload.namespace);
  job.failure = job.succeeded ? undefined : failureOf(kit, job, pods);
  if (job.succeeded || job.failure !== undefined) {
    job.finished = true;
    job.finishedAt = kit.clock.now();
    if (job.failure === undefined) record("Normal", "Completed", "Job completed");
    else record("Warning", job.failure.reason, job.failure.message);
    for (const pod of pods.filter(isAlive)) kit.deletePod(job, pod);
    return;
  }
  const { activeDeadline } = workload.spec;
  if (activeDeadline !== undefined) kit.wake(workload, activeDeadline - (now - job.createdAt.monotonic));
  if (!pods.some(isAlive)) {
    if (now >= job.nextPodAt) kit.makePod(job);
    else kit.wake(workload, job.nextPodAt - now);
  }
}

/** As the Job controller: `pkg/controller/job/job_controller.go`, syncJob. */
function failureOf(kit: Toolkit, job: PodOwner, pods: readonly Pod[]): PodOwner["failure"] {
  const { backoffLimit = DEFAULT_BACKOFF_LIMIT, activeDeadline, failJobOn = [], namespace } = job.workload.spec;
  for (const { metadata, status } of pods) {
    if (status.phase !== "Failed") continue;
    for (const { name, state } of status.containerStatuses ?? []) {
      const code = state?.terminated?.exitCode;
      if (code === undefined || !failJobOn.includes(code)) continue;
      const message = `Container ${name} for pod ${namespace}/${metadata.name} failed with exit code ${code} matching FailJob rule at index 0`;
      return { reason: "PodFailurePolicy", message };
    }
  }
  // With restartPolicy OnFailure the restarts count.
  const restarts = pods
    .flatMap(({ spec, status }) => (spec.restartPolicy === "OnFailure" ? (status.containerStatuses ?? []) : []))
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  if (job.failures.size > backoffLimit || (restarts > 0 && restarts >= backoffLimit)) {
    return { reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  }
  if (activeDeadline !== undefined && kit.clock.monotonic() - job.createdAt.monotonic >= activeDeadline) {
    return { reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  }
  return undefined;
}

/** The scheduled minute, counted from the creation of the CronJob in cluster time. */
function minuteOf({ clock }: Toolkit, { createdAt }: Workload): number {
  return Math.floor((createdAt.wall + clock.monotonic() - createdAt.monotonic) / 60_000);
}

/** Starts a Job of a CronJob, named after the minute, and deletes the oldest finished ones. */
export function startJob(kit: Toolkit, workload: Workload): void {
  const name = `${workload.name}-${minuteOf(kit, workload)}`;
  const record = kit.recorderFor(workload, workload.namespace);
  if (!kit.ownersOf(workload).some(({ reference }) => reference.name === name)) {
    record("Normal", "SuccessfulCreate", `Created job ${name}`);
    reconcileJob(kit, kit.addOwner(workload, "Job", name, jobLabels(name)));
  }
  const finished = kit.ownersOf(workload).filter((job) => job.finished);
  const expired = [
    ...finished.filter((job) => job.succeeded).slice(0, -JOBS_KEPT.succeeded),
    ...finished.filter((job) => !job.succeeded).slice(0, -JOBS_KEPT.failed),
  ];
  for (const job of expired) {
    kit.removeOwner(job);
    record("Normal", "SuccessfulDelete", `Deleted job ${job.reference.name}`);
  }
}
