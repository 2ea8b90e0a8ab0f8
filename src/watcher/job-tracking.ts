import { isSuperseded, jobFailure, jobOverdue, overdueAt } from "../core/detect/job.ts";
import type { Alert, KeyEvidence } from "../core/model/alert.ts";
import { isBeingDeleted } from "../core/model/container.ts";
import { hasFailed, type JobAccess, type JobFacts } from "../core/model/job.ts";
import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import { type Duration, MINUTE } from "../core/model/time.ts";
import { workloadLabel } from "../core/model/workload.ts";
import type { Clock } from "../ports/clock.ts";
import type { JobReader, JobReading } from "../ports/jobs.ts";
import type { PodChange } from "../ports/pods.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { EvaluatedAlerts } from "./evaluated-alerts.ts";
import { createJobAccess } from "./job-access.ts";
import { createJobReads, type JobName, type TrackedJob } from "./job-reads.ts";
import { createJobReports, jobOfSource } from "./job-reports.ts";
import type { ReportedFindings } from "./reported-findings.ts";

export interface JobTrackingOptions {
  readonly clock: Clock;
  readonly jobs: JobReader;
  readonly alerts: Pick<EvaluatedAlerts, "get" | "openSources">;
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  readonly podsOf: (namespace: string, workload: Workload) => readonly PodSnapshot[];
  readonly report: ReportedFindings["report"];
  /** Evaluates the failed pods of the namespace again: their Jobs decide about them now, or no longer do. */
  readonly accessChanged: (namespace: string) => void;
  readonly failed: (key: string, error: unknown) => void;
  readonly logger: Logger;
}

/**
 * Reads a Job when one of its pods fails or is removed, when it has been active for long, and as long as it has an open alert
 * (ADR 0028). A namespace without Jobs costs nothing, and neither does a Job that succeeds at its first attempt.
 */
export interface JobTracking extends Disposable {
  accessOf(namespace: string): JobAccess;
  changed(change: PodChange): void;
  /** Reads the Jobs with alerts from before a restart, and at the start those that failed meanwhile. */
  synced(namespace: string): void;
  unwatched(namespace: string): void;
  /** Reads the Jobs with alerts again after a change of policy. */
  reevaluate(): void;
  /** Describes an open alert again, with evidence about its pod. */
  describe(alert: Alert, evidence: KeyEvidence): void;
}

const MAX_DELAY: Duration = 5 * MINUTE;
/** The deletion of a Job deletes its pods as well, so that their removal shows it. */
const MAX_DELAY_WITH_PODS: Duration = 30 * MINUTE;
/** After this many failed requests, failed pods are judged without their Job. */
const MAX_FAILURES = 3;

export function createJobTracking(options: JobTrackingOptions): JobTracking {
  const { clock, alerts, podsOf, logger } = options;
  const podsOfJob = ({ namespace, name, workload }: JobName) =>
    podsOf(namespace, workload).filter(({ owner }) => owner?.kind === "Job" && owner.name === name);
  const reports = createJobReports({ ...options, podsOf: podsOfJob });
  const { openAlerts } = reports;
  const access = createJobAccess(clock, options.accessChanged);
  const reads = createJobReads({ ...options, answered, requestFailed });

  function requestFailed(job: TrackedJob, error: unknown): void {
    const { namespace, name } = job;
    logger.debug({ namespace, job: name, err: error }, "A Job could not be read.");
    job.failures++;
    if (job.failures >= MAX_FAILURES && access.of(namespace) === "unknown") access.set(namespace, "unreadable");
    readLater(job);
  }

  function answered(job: TrackedJob, reading: JobReading): void {
    job.failures = 0;
    access.set(job.namespace, reading.name === "unreadable" ? "unreadable" : "readable");
    if (reading.name === "found") judge(job, reading.job);
    else if (reading.name === "missing") settle(job, `Job ${job.name} was deleted.`);
    // Whether the Job of an open alert has recovered is unknown.
    else if (openAlerts(job).length > 0) readLater(job);
    else reads.forget(job);
  }

  function judge(job: TrackedJob, facts: JobFacts): void {
    const { namespace, name, workload } = job;
    if (facts.outcome.name === "succeeded") {
      settle(job, `Job ${name} succeeded.`);
      readOpenJobs(namespace, workload);
    } else if (hasFailed(facts)) {
      if (isSuperseded(facts, podsOf(namespace, workload))) {
        settle(job, `A later run of ${workloadLabel(workload)} succeeded.`);
        return;
      }
      job.failure = facts;
      reports.report(job, jobFailure(facts, workload, job.pod));
      readLater(job);
    } else if (facts.suspended) {
      settle(job, `Job ${name} is suspended.`);
    } else judgeActive(job, facts);
  }

  function judgeActive(job: TrackedJob, facts: JobFacts): void {
    const pods = podsOfJob(job).filter(isActive);
    const policy = options.policyFor(job.namespace, pods[0]?.annotations);
    const finding = jobOverdue(facts, job.workload, pods, policy, clock.now());
    if (finding !== undefined) {
      reports.report(job, finding);
      readLater(job);
    } else if (pods.length === 0) {
      // Its next pod is delayed by the backoff, or its failure is not in its status yet.
      readLater(job);
    } else if (job.nextReadAt === Number.POSITIVE_INFINITY) {
      settle(job, `Job ${job.name} is active.`);
      const at = overdueAt(facts, policy);
      if (at !== undefined) reads.readWhenOverdue(job, at);
    }
  }

  function readLater(job: TrackedJob): void {
    reads.readLater(job, podsOfJob(job).length > 0 ? MAX_DELAY_WITH_PODS : MAX_DELAY);
  }

  /** The Job has no finding, and there is nothing to wait for. */
  function settle(job: TrackedJob, reason: string): void {
    reads.forget(job);
    reports.clear(job, reason);
  }

  /** Jobs with open alerts may have recovered: of a CronJob all of them. */
  function readOpenJobs(namespace: string, workload: Workload): void {
    for (const source of openAlerts({ namespace, workload }).flatMap(({ sources }) => sources)) {
      const name = jobOfSource(source)?.name;
      if (name !== undefined) reads.readSoon(reads.track({ namespace, name, workload }));
    }
  }

  function started(job: JobName, pod: PodSnapshot): void {
    if (reads.isDue(job)) return;
    const { for: longest } = options.policyFor(job.namespace, pod.annotations).detectors.JobNotCompleting;
    reads.readWhenOverdue(job, pod.createdAt + longest);
  }

  /** The pod ended, is being deleted, or is gone. */
  function ended(job: JobName, { pod, type }: PodChange): void {
    const tracked = reads.tracked(job);
    const isOpen = tracked !== undefined || openAlerts(job).length > 0;
    if (!isOpen && reads.isDue(job) && !podsOfJob(job).some(isActive)) reads.forget(job);
    if (pod.phase === "Succeeded") {
      if (tracked !== undefined) reads.readSoon(tracked);
      readOpenJobs(job.namespace, job.workload);
      return;
    }
    // That the pod failed was noticed before its removal.
    if (!isOpen && (access.isRefused(job.namespace) || (type === "removed" && pod.phase === "Failed"))) return;
    const next = reads.track(job);
    // The first state in which it failed or was deleted says why; later its containers have been stopped.
    if (next.pod?.uid !== pod.uid) next.pod = pod;
    reads.readSoon(next);
  }

  return {
    accessOf: access.of,

    changed(change) {
      const { namespace, workload, owner } = change.pod;
      if (owner?.kind !== "Job") return;
      const job: JobName = { namespace, name: owner.name, workload };
      if (change.type === "removed") {
        if (change.reason !== "unwatched") ended(job, change);
      } else if (isActive(change.pod)) {
        if (change.previous === undefined) started(job, change.pod);
      } else if (change.previous === undefined || stageOf(change.previous) !== stageOf(change.pod)) {
        ended(job, change);
      }
    },

    synced(namespace) {
      reads.readFailed(namespace);
      for (const [source, { subject }] of alerts.openSources()) {
        const job = jobOfSource(source);
        if (job?.namespace !== namespace || subject.workload === undefined || reads.tracked(job)) continue;
        reads.readSoon(reads.track({ ...job, workload: subject.workload }));
      }
    },

    unwatched(namespace) {
      access.forget(namespace);
      reads.forgetNamespace(namespace);
    },

    reevaluate() {
      for (const job of reads.all()) reads.readSoon(job);
    },

    describe({ sources }, evidence) {
      for (const source of sources) {
        const name = jobOfSource(source);
        const job = name && reads.tracked(name);
        if (job !== undefined) reports.describe(job, evidence);
      }
    },

    [Symbol.dispose]: reads[Symbol.dispose],
  };
}

type Stage = "active" | "deleting" | "Failed" | "Succeeded";

function stageOf(pod: PodSnapshot): Stage {
  if (pod.phase === "Failed" || pod.phase === "Succeeded") return pod.phase;
  return isBeingDeleted(pod) ? "deleting" : "active";
}

function isActive(pod: PodSnapshot): boolean {
  return stageOf(pod) === "active";
}
