import type { JobFacts } from "../core/model/job.ts";

export type JobReading =
  | { readonly name: "found"; readonly job: JobFacts }
  | { readonly name: "missing" }
  /** 401, 403, or an API server without batch/v1: Jobs may not be read in this namespace. */
  | { readonly name: "unreadable" };

/** Reads Jobs on demand. */
export interface JobReader {
  /** One Job, and its CronJob when the Job has failed. Rejects when the API server does not answer, or answers anything else. */
  read(namespace: string, name: string): Promise<JobReading>;
}
