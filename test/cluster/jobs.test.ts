/**
 * JobFailed, against the conditions that the real Job controller sets. There is no kubelet: the tests write the status of
 * the pods, and the controller reacts.
 */
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { openRealCluster, type RealCluster } from "../support/real-cluster.ts";
import { type WatchingProgram, watchWithProgram } from "../support/watching-program.ts";

const kubeconfig = process.env.POD_WATCHER_TEST_KUBECONFIG;

if (kubeconfig) describe.concurrent("Jobs of a real controller", () => followJobs(kubeconfig));
else
  it("Jobs of a real controller", (context) =>
    context.skip("not run: Go is not installed, and POD_WATCHER_TEST_KUBECONFIG names no admin kubeconfig"));

const SOON = { timeout: 90_000, interval: 250 };
const MERGE = "application/merge-patch+json";
const ON_EXIT_42 = { onExitCodes: { operator: "In", values: [42] } };
const INDEXED = { completionMode: "Indexed", completions: 2, parallelism: 2 };

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: { readonly phase: string };
}

interface Job {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: { readonly conditions?: readonly { type: string; status: string; reason?: string }[] };
}

function followJobs(adminKubeconfig: string): void {
  let cluster: RealCluster;
  let program: WatchingProgram;

  beforeAll(async () => {
    cluster = await openRealCluster(adminKubeconfig);
    program = await watchWithProgram(cluster, [cluster.namespaces[0]]);
    await vi.waitUntil(async () => Object.values(await program.states())[0] === "live", SOON);
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  it("fails when its backoff limit is reached, and not before", async ({ expect }) => {
    await createJob("retries", { backoffLimit: 1 });
    await endPod("retries", { exitCode: 3 });
    // The controller waits 10 s before it replaces the pod.
    await runningPod("retries");
    expect(await alertOf("retries")).toBeUndefined();
    await endPod("retries", { exitCode: 4 });
    await expect
      .poll(() => alertOf("retries"), SOON)
      .toMatchObject({
        reason: "BackoffLimitExceeded",
        summary: expect.stringContaining("exit 4"),
      });
    expect(await conditionOf("retries")).toMatchObject({ type: "Failed", reason: "BackoffLimitExceeded" });
  });

  it("fails with restartPolicy OnFailure, where the controller deletes the pod", async ({ expect }) => {
    await createJob("restarts", { backoffLimit: 1 }, "OnFailure");
    const { metadata } = await runningPod("restarts");
    await setStatus(metadata.name, "Running", {
      restartCount: 2,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: terminated({ exitCode: 7 }),
    });
    await expect.poll(() => podsOf("restarts"), SOON).toEqual([]);
    await expect.poll(() => alertOf("restarts"), SOON).toMatchObject({ reason: "BackoffLimitExceeded" });
    expect(await conditionOf("restarts")).toMatchObject({ type: "Failed", reason: "BackoffLimitExceeded" });
  });

  it("fails at once by its pod failure policy", async ({ expect }) => {
    await createJob("policy", { podFailurePolicy: { rules: [{ action: "FailJob", ...ON_EXIT_42 }] } });
    await endPod("policy", { exitCode: 42 });
    await expect.poll(() => alertOf("policy"), SOON).toMatchObject({ reason: "PodFailurePolicy" });
    expect(await conditionOf("policy")).toMatchObject({ type: "Failed", reason: "PodFailurePolicy" });
  });

  it("succeeds although its pod failure policy ignores a pod", async ({ expect }) => {
    const podFailurePolicy = { rules: [{ action: "Ignore", ...ON_EXIT_42 }] };
    await createJob("ignores", { backoffLimit: 0, podFailurePolicy });
    await endPod("ignores", { exitCode: 42 });
    await endPod("ignores", { exitCode: 0 });
    await expect.poll(() => conditionOf("ignores"), SOON).toMatchObject({ type: "Complete" });
    expect(await alertOf("ignores")).toBeUndefined();
  });

  it("fails when it is active for longer than activeDeadlineSeconds", async ({ expect }) => {
    await createJob("deadline", { activeDeadlineSeconds: 3 });
    await runningPod("deadline");
    await expect.poll(() => alertOf("deadline"), SOON).toMatchObject({ reason: "DeadlineExceeded" });
    expect(await conditionOf("deadline")).toMatchObject({ type: "Failed", reason: "DeadlineExceeded" });
  });

  it("fails when an index has used up its own backoff limit, after the other indexes have ended", async ({
    expect,
  }) => {
    const { spec } = await createJob("indexes", { ...INDEXED, backoffLimitPerIndex: 0 });
    if (spec.backoffLimitPerIndex === undefined) return; // Kubernetes 1.28 does not have it.
    await endPod("indexes", { index: "0", exitCode: 5 });
    await endPod("indexes", { index: "1", exitCode: 0 });
    await expect.poll(() => alertOf("indexes"), SOON).toMatchObject({ reason: "FailedIndexes" });
    expect(await conditionOf("indexes")).toMatchObject({ type: "Failed", reason: "FailedIndexes" });
  });

  it("succeeds by its success policy although an index has failed", async ({ expect }) => {
    const successPolicy = { rules: [{ succeededIndexes: "0" }] };
    const { spec } = await createJob("success", { ...INDEXED, backoffLimit: 3, successPolicy });
    if (spec.successPolicy === undefined) return; // Nor this.
    await endPod("success", { index: "1", exitCode: 5 });
    await endPod("success", { index: "0", exitCode: 0 });
    await expect.poll(() => conditionOf("success"), SOON).toMatchObject({ type: "Complete" });
    expect(await alertOf("success")).toBeUndefined();
  });

  it("does not fail when it is suspended, which deletes its pods", async ({ expect }) => {
    await createJob("suspended", { backoffLimit: 0 });
    await runningPod("suspended");
    await cluster.request("PATCH", `${jobs()}/suspended`, { spec: { suspend: true } }, MERGE);
    await expect.poll(() => podsOf("suspended"), SOON).toEqual([]);
    await expect.poll(() => conditionOf("suspended", "Suspended"), SOON).toMatchObject({ status: "True" });
    expect(await alertOf("suspended")).toBeUndefined();
    await cluster.request("PATCH", `${jobs()}/suspended`, { spec: { suspend: false } }, MERGE);
    await endPod("suspended", { exitCode: 6 });
    await expect.poll(() => alertOf("suspended"), SOON).toMatchObject({ reason: "BackoffLimitExceeded" });
  });

  it("of a CronJob: one alert, which resolves when a later run succeeds", async ({ expect }) => {
    const jobTemplate = { spec: jobSpec({ backoffLimit: 0 }) };
    const cronJob = (await cluster.request("POST", `${api()}/cronjobs`, {
      metadata: { name: "cron" },
      spec: { schedule: "0 0 1 1 *", jobTemplate },
    })) as { metadata: { uid: string } };
    const owner = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      name: "cron",
      uid: cronJob.metadata.uid,
      controller: true,
    };
    const run = async (name: string, exitCode: number) => {
      const metadata = { name, ownerReferences: [owner] };
      await cluster.request("POST", jobs(), { metadata, spec: jobTemplate.spec });
      await endPod(name, { exitCode });
    };
    // As the CronJob controller names them, after the scheduled minute.
    const minute = Math.floor(Date.now() / 60_000);
    await run(`cron-${minute}`, 8);
    await expect.poll(() => alertOf("cron", "CronJob"), SOON).toMatchObject({ reason: "BackoffLimitExceeded" });
    await run(`cron-${minute + 1}`, 0);
    await expect
      .poll(() => alertOf("cron", "CronJob"), { ...SOON, timeout: 200_000 })
      .toMatchObject({ resolvedAt: expect.any(String) });
  });

  const api = () => `/apis/batch/v1/namespaces/${cluster.namespaces[0]}`;
  const jobs = () => `${api()}/jobs`;
  const pods = () => `/api/v1/namespaces/${cluster.namespaces[0]}/pods`;

  async function createJob(name: string, spec: object, restartPolicy?: string): Promise<Job> {
    const body = { metadata: { name }, spec: jobSpec(spec, restartPolicy) };
    return (await cluster.request("POST", jobs(), body)) as Job;
  }

  async function conditionOf(name: string, type?: string) {
    const { status } = (await cluster.request("GET", `${jobs()}/${name}`)) as Job;
    const isEnd = (one: string) => (type === undefined ? one === "Failed" || one === "Complete" : one === type);
    return status.conditions?.find((condition) => isEnd(condition.type));
  }

  async function podsOf(job: string): Promise<readonly Pod[]> {
    const { items } = (await cluster.request("GET", `${pods()}?labelSelector=job-name=${job}`)) as { items: Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** The pod of a Job that has not ended, of the given index if there are indexes. */
  async function runningPod(job: string, index?: string): Promise<Pod> {
    return vi.waitUntil(async () => {
      const active = (await podsOf(job)).filter(({ status }) => !/Failed|Succeeded/.test(status.phase));
      return active.find(
        ({ metadata }) =>
          index === undefined || metadata.annotations?.["batch.kubernetes.io/job-completion-index"] === index,
      );
    }, SOON);
  }

  async function endPod(job: string, { exitCode, index }: { exitCode: number; index?: string }): Promise<void> {
    const { metadata } = await runningPod(job, index);
    await setStatus(metadata.name, exitCode === 0 ? "Succeeded" : "Failed", {
      restartCount: 0,
      state: terminated({ exitCode }),
    });
  }

  async function setStatus(name: string, phase: string, container: object): Promise<void> {
    const containerStatuses = [{ name: "run", image: "run:1", imageID: "", ready: false, ...container }];
    await cluster.request("PATCH", `${pods()}/${name}/status`, { status: { phase, containerStatuses } }, MERGE);
  }

  async function alertOf(name: string, kind = "Job") {
    return (await program.alerts()).find(
      ({ alertname, workload }) => alertname === "JobFailed" && workload === `${kind}/${name}`,
    );
  }
}

function jobSpec(spec: object, restartPolicy = "Never"): object {
  const containers = [{ name: "run", image: "registry.invalid/run:1" }];
  return { ...spec, template: { spec: { schedulerName: "nobody", restartPolicy, containers } } };
}

function terminated({ exitCode }: { readonly exitCode: number }): object {
  const at = new Date().toISOString();
  const reason = exitCode === 0 ? "Completed" : "Error";
  return {
    terminated: { exitCode, reason, startedAt: at, finishedAt: at, containerID: `containerd://${crypto.randomUUID()}` },
  };
}
