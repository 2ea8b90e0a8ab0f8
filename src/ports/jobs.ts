import type { JobFacts } from "../core/model/job.ts";
import type { Workload } from "../core/model/pod.ts";

export type JobReading =
  | { readonly name: "found"; readonly job: JobFacts }
  | { readonly name: "missing" }
  /** 401, 403, or an API server without batch/v1: Jobs may not be read in this namespace. */
  | { readonly name: "unreadable" };

export interface NamedJob {
  readonly name: string;
  /** The CronJob that created it, or the Job itself. */
  readonly workload: Workload;
}

/** Reads Jobs on demand. */
export interface JobReader {
  /** One Job, and its CronJob when the Job has failed. Rejects when the API server does not answer, or answers anything else. */
  read(namespace: string, name: string): Promise<JobReading>;
  /**
   * The failed Jobs of a namespace of which no pod succeeded, at most 500; none where Jobs may not be listed. Rejects as
   * `read` does.
   */
  failed(namespace: string): Promise<readonly NamedJob[]>;
}
