import type { JobFacts, JobOutcome } from "../../core/model/job.ts";
import { type Instant, SECOND } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import type { JobReader, NamedJob } from "../../ports/jobs.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

/**
 * `status.successful` is a field selector of Jobs (batch/v1 `conversion.go`): it leaves out the many that succeeded. Pages are
 * not continued, because this many failed Jobs say enough.
 */
const FAILED_JOBS = new URLSearchParams({ fieldSelector: "status.successful=0", limit: "500" }).toString();

/** Reads a Job with one GET, and its CronJob with a second one when the Job has failed. Both are part of the role `view`. */
export function createJobReader(request: ApiRequest): JobReader {
  async function get(namespace: string, resource: "jobs" | "cronjobs", name: string) {
    const path = `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
    const what = `get ${resource} ${name} in ${namespace}`;
    const answer = await request({ method: "GET", path, deadline: 10 * SECOND });
    if (answer.status === 401 || answer.status === 403) return "unreadable";
    if (answer.status === 404) return isAbout(name, jsonOf(answer, what)) ? "missing" : "unreadable";
    checkAnswer(answer, what);
    return jsonOf(answer, what);
  }

  async function lastSuccess(namespace: string, name: string): Promise<JobFacts["lastSuccessAt"]> {
    const answer = await get(namespace, "cronjobs", name);
    if (answer === "unreadable") return answer;
    return answer === "missing" ? undefined : timeOf(objectOf(answer.status).lastSuccessfulTime);
  }

  return {
    async failed(namespace) {
      const path = `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs?${FAILED_JOBS}`;
      const what = `list jobs in ${namespace}`;
      const answer = await request({ method: "GET", path, deadline: 30 * SECOND });
      if ([401, 403, 404].includes(answer.status)) return [];
      checkAnswer(answer, what);
      return listOf(jsonOf(answer, what).items).map(objectOf).flatMap(failedJob);
    },

    async read(namespace, name) {
      const answer = await get(namespace, "jobs", name);
      if (typeof answer === "string") return { name: answer };
      const job = factsOf(namespace, name, answer);
      const cronJob = job.outcome.name === "failed" ? cronJobOf(answer) : undefined;
      const lastSuccessAt = cronJob === undefined ? undefined : await lastSuccess(namespace, cronJob);
      return { name: "found", job: lastSuccessAt === undefined ? job : { ...job, lastSuccessAt } };
    },
  };
}

/** A server or proxy without this path also answers 404, but without naming the object. */
function isAbout(name: string, answer: Fields): boolean {
  return answer.reason === "NotFound" && objectOf(answer.details).name === name;
}

/** Tolerates every value, because the status may be half filled. */
function factsOf(namespace: string, name: string, answer: Fields): JobFacts {
  const spec = objectOf(answer.spec);
  const status = objectOf(answer.status);
  const { activeDeadlineSeconds: deadline } = spec;
  return {
    namespace,
    name,
    startedAt: timeOf(status.startTime),
    suspended: spec.suspend === true,
    deadline: typeof deadline === "number" && deadline >= 0 ? deadline * SECOND : undefined,
    outcome: outcomeOf(listOf(status.conditions).map(objectOf)),
    failedIndexes: textOf(status.failedIndexes),
  };
}

function outcomeOf(conditions: readonly Fields[]): JobOutcome {
  const condition = (...types: readonly string[]) =>
    conditions.find(({ type, status }) => typeof type === "string" && types.includes(type) && status === "True");
  if (condition("Complete", "SuccessCriteriaMet") !== undefined) return { name: "succeeded" };
  const failed = condition("FailureTarget") ?? condition("Failed");
  if (failed === undefined) return { name: "active" };
  const message = textOf(failed.message);
  return {
    name: "failed",
    at: timeOf(failed.lastTransitionTime),
    reason: textOf(failed.reason),
    message: message === undefined ? undefined : maskSecrets(message),
  };
}

function failedJob(job: Fields): readonly NamedJob[] {
  const name = textOf(objectOf(job.metadata).name);
  const { name: outcome } = outcomeOf(listOf(objectOf(job.status).conditions).map(objectOf));
  if (name === undefined || outcome !== "failed") return [];
  const cronJob = cronJobOf(job);
  return [{ name, workload: cronJob === undefined ? { kind: "Job", name } : { kind: "CronJob", name: cronJob } }];
}

function cronJobOf(answer: Fields): string | undefined {
  const owners = listOf(objectOf(answer.metadata).ownerReferences).map(objectOf);
  return textOf(owners.find(({ kind, controller }) => kind === "CronJob" && controller === true)?.name);
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function timeOf(value: unknown): Instant | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
