import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running, terminated } from "../../../test/support/pods.ts";
import { NOON } from "../../../test/support/story.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { createReplayEvaluator } from "../evaluate/replay.ts";
import type { FailedJob, JobAccess, JobFacts } from "../model/job.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { defaultPolicy } from "../model/policy.ts";
import { HOUR, MINUTE } from "../model/time.ts";
import { isSuperseded, jobFailure, jobOverdue, overdueAt } from "./job.ts";

const IMPORT = { kind: "Job", name: "import" };

function aJob(changes: Partial<JobFacts> = {}): JobFacts {
  return {
    namespace: "shop",
    name: "import",
    startedAt: NOON,
    suspended: false,
    deadline: undefined,
    outcome: { name: "active" },
    failedIndexes: undefined,
    ...changes,
  };
}

function failedJob(outcome: Partial<FailedJob["outcome"]> = {}, changes: Partial<JobFacts> = {}): FailedJob {
  const { reason, message, at = NOON } = outcome;
  return { ...aJob(changes), outcome: { name: "failed", at, reason, message } };
}

function aJobPod(changes: Partial<PodSnapshot> = {}): PodSnapshot {
  const owner = { kind: "Job", name: "import" };
  const containers = [aContainer({ state: terminated({ exitCode: 4 }) })];
  return aPod({
    name: "import-x",
    owner,
    workload: IMPORT,
    restartPolicy: "Never",
    phase: "Failed",
    containers,
    ...changes,
  });
}

describe("a failed Job", () => {
  it.each`
    reason                        | message                                                                                             | pod                                                                                                                                    | summary
    ${"BackoffLimitExceeded"}     | ${"Job has reached the specified backoff limit"}                                                    | ${aJobPod()}                                                                                                                           | ${"Job/import failed: container app: exit 4 (an exit code of the application)"}
    ${"BackoffLimitExceeded"}     | ${undefined}                                                                                        | ${undefined}                                                                                                                           | ${"Job/import failed: its backoff limit is reached"}
    ${"BackoffLimitExceeded"}     | ${undefined}                                                                                        | ${aJobPod({ phase: "Running", containers: [running("log"), crashLooping("app", { lastTerminated: aTermination({ exitCode: 3 }) })] })} | ${"Job/import failed: container app: exit 3 (an exit code of the application)"}
    ${"BackoffLimitExceeded"}     | ${undefined}                                                                                        | ${aJobPod({ phase: "Running", containers: [running("app", { lastTerminated: aTermination({ exitCode: 0 }) })] })}                      | ${"Job/import failed: its backoff limit is reached"}
    ${"DeadlineExceeded"}         | ${"Job was active longer than specified deadline"}                                                  | ${aJobPod({ phase: "Running", containers: [crashLooping("app")] })}                                                                    | ${"Job/import failed: it ran longer than activeDeadlineSeconds"}
    ${"PodFailurePolicy"}         | ${"Container main for pod shop/import-x failed with exit code 42 matching FailJob rule at index 0"} | ${undefined}                                                                                                                           | ${"Job/import failed: its pod failure policy ended it: container main: exit 42"}
    ${"PodFailurePolicy"}         | ${"Pod shop/import-x has condition DisruptionTarget matching FailJob rule at index 0"}              | ${undefined}                                                                                                                           | ${"Job/import failed: its pod failure policy ended it"}
    ${"PodFailurePolicy"}         | ${undefined}                                                                                        | ${undefined}                                                                                                                           | ${"Job/import failed: its pod failure policy ended it"}
    ${"FailedIndexes"}            | ${"Job has failed indexes"}                                                                         | ${undefined}                                                                                                                           | ${"Job/import failed: indexes failed (0,3-5)"}
    ${"MaxFailedIndexesExceeded"} | ${"Job has exceeded the specified maximal number of failed indexes"}                                | ${undefined}                                                                                                                           | ${"Job/import failed: too many indexes failed (0,3-5)"}
    ${"QuotaGone"}                | ${"no nodes left"}                                                                                  | ${undefined}                                                                                                                           | ${"Job/import failed: QuotaGone: “no nodes left”"}
    ${"QuotaGone"}                | ${undefined}                                                                                        | ${undefined}                                                                                                                           | ${"Job/import failed: QuotaGone"}
    ${undefined}                  | ${undefined}                                                                                        | ${undefined}                                                                                                                           | ${"Job/import failed: no reason given"}
  `("with reason $reason: $summary", ({ reason, message, pod, summary }) => {
    const failedIndexes = /Indexes/.test(reason ?? "") ? "0,3-5" : undefined;
    const { annotations, since } = jobFailure(failedJob({ reason, message }, { failedIndexes }), IMPORT, pod);
    expect([annotations.summary, since]).toEqual([summary, NOON]);
    expect(annotations.description).toContain(message ?? "Job import failed at");
  });

  it.each`
    reason                    | code         | cause
    ${"BackoffLimitExceeded"} | ${4}         | ${"Error"}
    ${"BackoffLimitExceeded"} | ${undefined} | ${"BackoffLimitExceeded"}
    ${"DeadlineExceeded"}     | ${4}         | ${"DeadlineExceeded"}
    ${undefined}              | ${4}         | ${"Error"}
    ${undefined}              | ${undefined} | ${undefined}
  `("with reason $reason and exit code $code: the cause is $cause", ({ reason, code, cause }) => {
    const { annotations } = jobFailure(failedJob({ reason }), IMPORT, code === undefined ? undefined : aJobPod());
    expect([annotations.cause, annotations.exitCode]).toEqual([cause, code?.toString()]);
  });

  it("names the limit and the exit, or the indexes and the exit, where both fit", () => {
    const pod = aJobPod({ containers: [aContainer({ state: terminated({ exitCode: 1 }) })] });
    const summaryOf = (reason: string) => jobFailure(failedJob({ reason }), IMPORT, pod).annotations.summary;
    expect(summaryOf("BackoffLimitExceeded")).toBe(
      "Job/import failed: container app: exit 1 (application error); its backoff limit is reached",
    );
    const exporter = aContainer({ name: "exporter-of-yearly-reports", state: terminated({ exitCode: 2 }) });
    expect(
      jobFailure(failedJob({}), { ...IMPORT, name: "import-of-all-orders" }, aJobPod({ containers: [exporter] }))
        .annotations.summary,
    ).toBe("Job/import-of-all-orders failed: container exporter-of-yearly-reports: exit 2");
    expect(summaryOf("FailedIndexes")).toBe(
      "Job/import failed: indexes failed; container app: exit 1 (application error)",
    );
  });

  it("keeps its reason when a long name leaves no room for both", () => {
    const workload = { kind: "CronJob", name: "a-name-that-is-as-long-as-names-are-in-practice" };
    const { annotations } = jobFailure(failedJob({ reason: "BackoffLimitExceeded" }), workload, aJobPod());
    expect(annotations.summary).toMatch(/failed: container app: exit 4/);
  });

  it("omits the time if the Job has none", () => {
    const job = { ...failedJob(), outcome: { ...failedJob().outcome, at: undefined } };
    expect(jobFailure(job, IMPORT, undefined).annotations.description).toBe("Job import failed.");
  });
});

describe("a Job that does not complete", () => {
  const policy = defaultPolicy;

  it.each`
    started      | deadline     | due
    ${undefined} | ${undefined} | ${undefined}
    ${NOON}      | ${undefined} | ${NOON + 12 * HOUR}
    ${NOON}      | ${HOUR}      | ${NOON + 12 * HOUR}
    ${NOON}      | ${48 * HOUR} | ${NOON + 48 * HOUR}
  `("started at $started with deadline $deadline is overdue at $due", ({ started, deadline, due }) => {
    const job = aJob({ startedAt: started, deadline });
    expect(overdueAt(job, policy)).toBe(due);
    expect(jobOverdue(job, IMPORT, [], policy, (due ?? NOON) - 1)).toBeUndefined();
  });

  it("names the sidecar that runs on", () => {
    const containers = [aContainer({ name: "report", state: terminated({ exitCode: 0 }) }), running("proxy")];
    const pod = aJobPod({ phase: "Running", containers });
    const found = jobOverdue(aJob(), IMPORT, [pod], policy, NOON + 12 * HOUR);
    expect(found).toMatchObject({
      since: NOON,
      annotations: {
        summary: "Job/import has not completed: proxy runs on after report ended",
        cause: "SidecarRunning",
      },
      subject: { pod: "import-x" },
    });
  });

  it("says so when no pod is active, or nothing has ended", () => {
    const describe = (...pods: PodSnapshot[]) => {
      return jobOverdue(aJob(), IMPORT, pods, policy, NOON + 13 * HOUR)?.annotations.description;
    };
    expect(describe()).toContain("No pod of it is active.");
    expect(describe(aJobPod({ phase: "Running", containers: [running("app")] }))).not.toContain("sidecar");
  });
});

describe("a failed run of a CronJob", () => {
  const NIGHTLY = { kind: "CronJob", name: "nightly" };
  const success = (run: number, finishedAt: number, changes: Partial<PodSnapshot> = {}) =>
    aJobPod({
      name: `nightly-${run}-x`,
      owner: { kind: "Job", name: `nightly-${run}` },
      workload: NIGHTLY,
      phase: "Succeeded",
      containers: [aContainer({ state: terminated({ exitCode: 0, finishedAt }) })],
      ...changes,
    });
  const run = (lastSuccessAt: JobFacts["lastSuccessAt"]) => failedJob({}, { name: "nightly-200", lastSuccessAt });

  it.each`
    last             | pods                                                                    | over     | why
    ${undefined}     | ${[]}                                                                   | ${false} | ${"no run has succeeded"}
    ${NOON - MINUTE} | ${[]}                                                                   | ${false} | ${"the success was before the failure"}
    ${NOON + MINUTE} | ${[]}                                                                   | ${true}  | ${"a run succeeded since"}
    ${NOON + MINUTE} | ${[success(201, NOON + MINUTE)]}                                        | ${true}  | ${"a later run succeeded"}
    ${NOON + MINUTE} | ${[success(199, NOON + MINUTE)]}                                        | ${false} | ${"an earlier run that took longer succeeded"}
    ${NOON + MINUTE} | ${[success(199, NOON - MINUTE)]}                                        | ${true}  | ${"the success since is not that of the earlier run"}
    ${NOON + MINUTE} | ${[success(199, NOON + 5), success(201, NOON + MINUTE)]}                | ${true}  | ${"one of both was a later run"}
    ${NOON + MINUTE} | ${[aJobPod(), success(1, 0, { owner: undefined }), success(200, NOON)]} | ${true}  | ${"other pods do not count"}
    ${NOON + MINUTE} | ${[success(0, NOON + 5, { owner: { kind: "Job", name: "by-hand" } })]}  | ${false} | ${"a Job without a number may be an earlier one"}
    ${"unreadable"}  | ${[success(201, NOON + MINUTE)]}                                        | ${true}  | ${"a pod of a later run succeeded"}
    ${"unreadable"}  | ${[success(199, NOON + MINUTE)]}                                        | ${false} | ${"nothing of a later run is known"}
  `("is over: $over, because $why", ({ last, pods, over }) => {
    expect(isSuperseded(run(last), pods)).toBe(over);
  });

  it("without a time of its failure is over when a pod of a later run succeeded", () => {
    const timeless = { ...run("unreadable"), outcome: { ...run(undefined).outcome, at: undefined } };
    expect(isSuperseded(timeless, [success(199, NOON), success(201, NOON)])).toBe(true);
    expect(isSuperseded({ ...timeless, lastSuccessAt: NOON }, [])).toBe(false);
  });
});

describe("the failed pod of a Job", () => {
  const evaluated = (jobs: JobAccess | undefined, pod = aJobPod()) => {
    const prior = { pod: undefined, workload: undefined, alert: () => undefined, alerts: [] };
    return evaluate({ ...prior, jobs }, { type: "updated", pod }, defaultPolicy, NOON).alerts.map(
      ({ labels }) => labels.alertname,
    );
  };

  it.each`
    jobs            | alerts
    ${undefined}    | ${["PodFailed"]}
    ${"unreadable"} | ${["PodFailed"]}
    ${"unknown"}    | ${[]}
    ${"readable"}   | ${[]}
  `("raises $alerts while Jobs are $jobs", ({ jobs, alerts }) => {
    expect(evaluated(jobs)).toEqual(alerts);
    expect(evaluated(jobs, aPod({ phase: "Failed" }))).toEqual(["PodFailed"]);
  });

  it.each`
    jobs          | transition
    ${"unknown"}  | ${undefined}
    ${"readable"} | ${"Its Job can be read now: JobFailed is reported instead."}
  `("keeps its alert until its Job has been read: Jobs are $jobs", ({ jobs, transition }) => {
    const evaluator = createReplayEvaluator(defaultPolicy);
    evaluator.evaluate({ type: "updated", pod: aJobPod() }, NOON);
    const [open] = [...evaluator.alerts.values()];
    const prior = { pod: undefined, workload: undefined, alert: () => open, alerts: [open!], jobs };
    const { transitions } = evaluate(prior, { type: "updated", pod: aJobPod() }, defaultPolicy, NOON + MINUTE);
    expect(transitions.map(({ reason }) => reason)).toEqual(transition === undefined ? [] : [transition]);
  });
});
