import { describe, expect, it } from "vitest";
import type { ApiAnswer } from "./api-request.ts";
import { createJobReader } from "./jobs.ts";

const JOB = "/apis/batch/v1/namespaces/shop/jobs/nightly-1";
const CRON_JOB = "/apis/batch/v1/namespaces/shop/cronjobs/nightly";
const AT = "2026-11-22T11:00:00Z";

/** The reading of Job nightly-1 when the server gives these answers, and the paths that were asked for. */
async function reading(answers: Readonly<Record<string, readonly [status: number, body: unknown]>>) {
  const asked: string[] = [];
  const jobs = createJobReader(async ({ path }): Promise<ApiAnswer> => {
    asked.push(path);
    const [status, body] = answers[path] ?? [500, {}];
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return { status, contentType: "application/json", body: Buffer.from(text), isCut: false };
  });
  return { reading: await jobs.read("shop", "nightly-1"), asked };
}

const withConditions = (...conditions: readonly object[]) => ({ status: { conditions } });
const condition = (type: string, status = "True") => {
  return { type, status, lastTransitionTime: AT, reason: "Why", message: "password=abc123def456" };
};

describe("a Job as the API server describes it", () => {
  it.each`
    conditions                                                          | outcome
    ${[]}                                                               | ${"active"}
    ${[condition("Suspended")]}                                         | ${"active"}
    ${[condition("Complete")]}                                          | ${"succeeded"}
    ${[condition("SuccessCriteriaMet")]}                                | ${"succeeded"}
    ${[condition("Failed")]}                                            | ${"failed"}
    ${[condition("FailureTarget")]}                                     | ${"failed"}
    ${[condition("Failed", "False"), condition("FailureTarget")]}       | ${"failed"}
    ${[condition("Failed", "False"), condition("Complete", "Unknown")]} | ${"active"}
  `("with $conditions is $outcome", async ({ conditions, outcome }) => {
    const found = await reading({ [JOB]: [200, withConditions(...conditions)] });
    expect(found.reading).toMatchObject({ name: "found", job: { outcome: { name: outcome } } });
    expect(found.asked).toEqual([JOB]);
  });

  it("has the facts that decide, with secrets masked", async () => {
    const body = {
      spec: { activeDeadlineSeconds: 90, suspend: true },
      status: { startTime: AT, failedIndexes: "0,3-5", conditions: [condition("Failed")] },
    };
    const { reading: found } = await reading({ [JOB]: [200, body] });
    expect(found).toEqual({
      name: "found",
      job: {
        namespace: "shop",
        name: "nightly-1",
        startedAt: Date.parse(AT),
        suspended: true,
        deadline: 90_000,
        failedIndexes: "0,3-5",
        outcome: {
          name: "failed",
          at: Date.parse(AT),
          reason: "Why",
          message: expect.not.stringContaining("abc123def456"),
        },
      },
    });
  });

  it.each`
    answer                                                         | expected
    ${[200, { status: { lastSuccessfulTime: AT } }]}               | ${Date.parse(AT)}
    ${[200, { status: {} }]}                                       | ${undefined}
    ${[404, { reason: "NotFound", details: { name: "nightly" } }]} | ${undefined}
    ${[403, { reason: "Forbidden" }]}                              | ${"unreadable"}
  `("has the last success of its CronJob: $expected for $answer", async ({ answer, expected }) => {
    const metadata = { ownerReferences: [null, { kind: "CronJob", name: "nightly", controller: true }] };
    const { reading: found } = await reading({
      [JOB]: [200, { metadata, ...withConditions(condition("Failed")) }],
      [CRON_JOB]: answer,
    });
    expect(found).toMatchObject({ name: "found" });
    expect(found.name === "found" && found.job.lastSuccessAt).toBe(expected);
  });

  it.each`
    answer                                                           | expected
    ${[401, { reason: "Unauthorized" }]}                             | ${"unreadable"}
    ${[403, { reason: "Forbidden" }]}                                | ${"unreadable"}
    ${[404, { reason: "NotFound", details: { name: "nightly-1" } }]} | ${"missing"}
    ${[404, { reason: "NotFound", details: {} }]}                    | ${"unreadable"}
  `("is $expected with the answer $answer", async ({ answer, expected }) => {
    expect((await reading({ [JOB]: answer })).reading).toEqual({ name: expected });
  });

  it.each([
    [500, {}],
    [429, {}],
    [200, "<html>"],
    [404, "404 page not found"],
  ])("cannot be read with the answer %s %j", async (code, body) => {
    await expect(reading({ [JOB]: [code, body] })).rejects.toThrow();
  });
});

describe("the failed Jobs of a namespace", () => {
  const LIST = "/apis/batch/v1/namespaces/shop/jobs?fieldSelector=status.successful%3D0&limit=500";
  const failedJobs = (status: number, body: unknown) =>
    createJobReader(async ({ path }): Promise<ApiAnswer> => {
      expect(path).toBe(LIST);
      return { status, contentType: "application/json", body: Buffer.from(JSON.stringify(body)), isCut: false };
    }).failed("shop");

  it("have the CronJob that created them, or themselves, as their workload", async () => {
    const ownerReferences = [{ kind: "CronJob", name: "nightly", controller: true }];
    const items = [
      { metadata: { name: "import" }, ...withConditions(condition("Failed")) },
      { metadata: { name: "nightly-1", ownerReferences }, ...withConditions(condition("FailureTarget")) },
      { metadata: { name: "active" }, ...withConditions() },
      { metadata: {}, ...withConditions(condition("Failed")) },
      { metadata: null, status: 7 },
      null,
    ];
    expect(await failedJobs(200, { items })).toEqual([
      { name: "import", workload: { kind: "Job", name: "import" } },
      { name: "nightly-1", workload: { kind: "CronJob", name: "nightly" } },
    ]);
  });

  it.each([401, 403, 404])("are none when the API server answers %i", async (status) => {
    expect(await failedJobs(status, {})).toEqual([]);
  });

  it("are unknown when the API server fails", async () => {
    await expect(failedJobs(500, {})).rejects.toThrow("list jobs in shop");
    expect(await failedJobs(200, { items: "none" })).toEqual([]);
  });
});
