/** Jobs and CronJobs as the API serves them: what their status says about success and failure. */
import { timestamp } from "../model/objects.ts";
import type { PodOwner } from "./controller.ts";
import type { Workloads } from "./workloads.ts";

/** The Jobs of a namespace; with the field selector `status.successful=0` those of which no pod succeeded. */
export function jobList(workloads: Pick<Workloads, "jobs">, namespace: string, selector: string | null): object {
  const jobs = workloads.jobs(namespace).filter(({ succeeded }) => selector !== "status.successful=0" || !succeeded);
  return { kind: "JobList", apiVersion: "batch/v1", metadata: {}, items: jobs.map(jobObject) };
}

/** Undefined when there is no such object. */
export function batchObject(
  workloads: Pick<Workloads, "find" | "jobs">,
  {
    resource,
    namespace,
    object,
  }: { readonly resource: "jobs" | "cronjobs"; readonly namespace: string; readonly object: string },
): object | undefined {
  const jobs = workloads.jobs(namespace);
  if (resource === "jobs") {
    const job = jobs.find(({ reference }) => reference.name === object);
    return job && jobObject(job);
  }
  const cronJob = workloads.find(object, namespace);
  if (cronJob?.kind !== "CronJob") return undefined;
  const successes = jobs
    .filter((job) => job.workload === cronJob && job.succeeded)
    .map(({ finishedAt }) => finishedAt ?? 0);
  return {
    kind: "CronJob",
    apiVersion: "batch/v1",
    metadata: { name: object, namespace, uid: cronJob.uid, creationTimestamp: timestamp(cronJob.createdAt.wall) },
    status: successes.length === 0 ? {} : { lastSuccessfulTime: timestamp(Math.max(...successes)) },
  };
}

function jobObject(job: PodOwner): object {
  const { workload, reference, createdAt, succeeded, finished, finishedAt = 0, failure, failures } = job;
  const at = timestamp(finishedAt);
  const condition = (type: string, reason: string, message: string) => {
    return { type, status: "True", lastProbeTime: at, lastTransitionTime: at, reason, message };
  };
  const { activeDeadline } = workload.spec;
  return {
    kind: "Job",
    apiVersion: "batch/v1",
    metadata: {
      name: reference.name,
      namespace: workload.namespace,
      uid: reference.uid,
      creationTimestamp: timestamp(createdAt.wall),
      ...(workload.kind === "CronJob" && {
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "CronJob", name: workload.name, uid: workload.uid, controller: true },
        ],
      }),
    },
    spec: { ...(activeDeadline !== undefined && { activeDeadlineSeconds: activeDeadline / 1_000 }) },
    status: {
      startTime: timestamp(createdAt.wall),
      failed: failures.size,
      ...(succeeded && { succeeded: 1, completionTime: at }),
      ...(finished && {
        conditions: succeeded
          ? ["SuccessCriteriaMet", "Complete"].map((type) =>
              condition(type, "CompletionsReached", "Reached expected number of succeeded pods"),
            )
          : ["FailureTarget", "Failed"].map((type) => condition(type, failure?.reason ?? "", failure?.message ?? "")),
      }),
    },
  };
}
