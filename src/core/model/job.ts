import type { Duration, Instant } from "./time.ts";

/** Whether the Jobs of a namespace can be read: `unknown` until one was asked for. */
export type JobAccess = "readable" | "unreadable" | "unknown";

/** The state of a batch/v1 Job according to its own spec and status. */
export interface JobFacts {
  readonly namespace: string;
  readonly name: string;
  /** `status.startTime`, reset when a suspended Job is resumed; undefined before the controller has seen it. */
  readonly startedAt: Instant | undefined;
  readonly suspended: boolean;
  /** `spec.activeDeadlineSeconds`. */
  readonly deadline: Duration | undefined;
  readonly outcome: JobOutcome;
  /** `status.failedIndexes` of an Indexed Job, such as `0,3-5` (KEP-3850). */
  readonly failedIndexes: string | undefined;
  /** When a Job of the CronJob that owns it last succeeded; undefined when none did, or it has no CronJob. */
  readonly lastSuccessAt?: Instant | "unreadable" | undefined;
}

/**
 * A Job fails for good when its condition FailureTarget is True (KEP-3329), and Failed follows when its pods have ended; in
 * the same way SuccessCriteriaMet (KEP-3998) precedes Complete. None of them becomes False again (batch/v1 types.go).
 */
export type JobOutcome =
  | { readonly name: "active" }
  | { readonly name: "succeeded" }
  | {
      readonly name: "failed";
      readonly at: Instant | undefined;
      readonly reason: string | undefined;
      readonly message: string | undefined;
    };

export interface FailedJob extends JobFacts {
  readonly outcome: Extract<JobOutcome, { readonly name: "failed" }>;
}

export function hasFailed(job: JobFacts): job is FailedJob {
  return job.outcome.name === "failed";
}
