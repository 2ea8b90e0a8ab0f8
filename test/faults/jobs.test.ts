import { status } from "@pod-watcher/simulator/faults/faults";
import { internalError } from "@pod-watcher/simulator/model/status";
import { VIEW } from "@pod-watcher/simulator/server/access";
import { describe, expect, it } from "vitest";
import type { Alertname } from "../../src/core/model/alert.ts";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { createFaultWorld, type FaultWorld, type FaultWorldOptions } from "./fault-world.ts";
import { type Watching, watching } from "./watching.ts";

/** Fails for good after its first pod. */
const IMPORT = { namespace: "shop", name: "import", backoffLimit: 0 };
const exits = (exitCode: number, after = 5 * SECOND) => [{ name: "run", behaviour: { exit: { after, exitCode } } }];
const sleeps = [{ name: "run" }];
const PODS_ONLY = VIEW.filter(({ apiGroup }) => apiGroup !== "batch");

/** Different names and UIDs for the pods, and the same ones in every run. */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

async function live(world: FaultWorld): Promise<void> {
  await world.passUntil(() => world.source.health().every(({ state }) => state === "live"), MINUTE);
  await world.pass(2 * SECOND);
}

async function started(options: Partial<FaultWorldOptions> = {}) {
  const world = await createFaultWorld({ protocol: "h2", random: createRandom(), ...options });
  const watched = await watching(world);
  await live(world);
  return { world, cluster: world.simulator.cluster, watched, alert: (name: Alertname) => alertOf(watched, name) };
}

function alertOf({ watcher }: Watching, name: Alertname) {
  return [...watcher.alerts()].find(({ labels }) => labels.alertname === name);
}

const isIn = (watched: Watching, name: Alertname, state: string) => () => alertOf(watched, name)?.state.name === state;
const jobReads = (world: FaultWorld) => world.requests({ resource: "jobs" });
const jobGets = (world: FaultWorld) => jobReads(world).filter(({ verb }) => verb === "get");

describe("a Job fails for good", () => {
  it("after its retries: no alert before, and one that names the container", async () => {
    const { world, cluster, watched, alert } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, backoffLimit: 2, containers: exits(4) });
    await world.pass(25 * SECOND);
    expect(watched.fired).toEqual([]);
    await world.passUntil(isIn(watched, "JobFailed", "firing"), 2 * MINUTE);
    expect(watched.fired).toEqual(["JobFailed"]);
    expect(alert("JobFailed")).toMatchObject({
      labels: { namespace: "shop", workload: "Job/import" },
      annotations: {
        reason: "BackoffLimitExceeded",
        exitCode: "4",
        summary: expect.stringContaining("container run: exit 4"),
      },
      subject: { pod: expect.stringMatching(/^import-/), container: { name: "run" } },
    });
  });

  it("with restartPolicy OnFailure: its controller deletes the pod, and the alert still says why", async () => {
    const { world, cluster, watched, alert } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, backoffLimit: 2, restartPolicy: "OnFailure", containers: exits(7) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), 5 * MINUTE);
    await world.pass(2 * MINUTE);
    expect(cluster.storage.pods.entries().length).toBe(0);
    expect(alert("JobFailed")).toMatchObject({
      state: { name: "firing" },
      annotations: { reason: "BackoffLimitExceeded", summary: expect.stringContaining("container run: exit 7") },
    });
  });

  it("by its pod failure policy, at the first pod", async () => {
    const { world, cluster, watched, alert } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, backoffLimit: 6, failJobOn: [42], containers: exits(42) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    expect(alert("JobFailed")?.annotations).toMatchObject({ reason: "PodFailurePolicy", exitCode: "42" });
  });

  it("at its deadline while its pod runs", async () => {
    const { world, cluster, watched, alert } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, activeDeadline: 30 * SECOND, containers: sleeps });
    await world.pass(20 * SECOND);
    expect(watched.fired).toEqual([]);
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    expect(alert("JobFailed")?.annotations).toMatchObject({
      reason: "DeadlineExceeded",
      summary: expect.stringContaining("ran longer than activeDeadlineSeconds"),
    });
  });

  it("at its deadline without a node for its pod", async () => {
    const { world, cluster, watched, alert } = await started({ nodes: {} });
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, activeDeadline: 30 * SECOND, containers: sleeps });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    expect(alert("JobFailed")?.annotations).toMatchObject({ reason: "DeadlineExceeded" });
  });
});

describe("a Job recovers", () => {
  it("within its retries: nothing ever fires", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    let run = 0;
    const containers = [
      { name: "run", behaviour: () => ({ exit: { after: 5 * SECOND, exitCode: ++run > 2 ? 0 : 1 } }) },
    ];
    cluster.createJob({ ...IMPORT, backoffLimit: 4, containers });
    await world.pass(3 * MINUTE);
    expect(cluster.storage.pods.entries().map(({ object }) => object.status.phase)).toContain("Succeeded");
    expect(watched.fired).toEqual([]);
  });

  it("by its deletion", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    cluster.deleteWorkload("import");
    await world.passUntil(isIn(watched, "JobFailed", "resolved"), MINUTE);
  });

  it("by its deletion, when no pod was left", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, activeDeadline: 20 * SECOND, containers: sleeps });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), 2 * MINUTE);
    await world.pass(2 * MINUTE);
    cluster.deleteWorkload("import");
    await world.passUntil(isIn(watched, "JobFailed", "resolved"), 6 * MINUTE);
  });

  it("under its old name: it was deleted and created again, and succeeds", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    cluster.deleteWorkload("import");
    cluster.createJob({ ...IMPORT, containers: exits(0) });
    await world.passUntil(isIn(watched, "JobFailed", "resolved"), 2 * MINUTE);
    expect(watched.fired).toEqual(["JobFailed"]);
  });

  it("by a later run of its CronJob: one alert for all failed runs", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createCronJob({ ...IMPORT, name: "nightly", every: MINUTE, containers: exits(1) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    await world.pass(2 * MINUTE);
    expect(watched.fired).toEqual(["JobFailed"]);
    expect(alertOf(watched, "JobFailed")?.labels.workload).toBe("CronJob/nightly");
    cluster.behave("nightly", { exit: { after: 5 * SECOND, exitCode: 0 } });
    await world.passUntil(isIn(watched, "JobFailed", "resolved"), 5 * MINUTE);
  });
});

describe("Jobs may not be read", () => {
  it.each([["the role does not include them (403)", { rules: PODS_ONLY }]] as const)(
    "%s: the failed pods of a Job are one PodFailed",
    async (_why, options) => {
      const { world, cluster, watched, alert } = await started(options);
      await using _world = world;
      await using _watched = watched;
      cluster.createJob({ ...IMPORT, backoffLimit: 1, containers: exits(4) });
      await world.pass(2 * MINUTE);
      expect(watched.fired).toEqual(["PodFailed"]);
      expect(alert("PodFailed")?.labels.workload).toBe("Job/import");
      expect(jobGets(world).length).toBe(1);
    },
  );

  it("because the API server has no batch/v1: the failed pods decide", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    const body = JSON.stringify({ kind: "Status", status: "Failure", reason: "NotFound", details: {}, code: 404 });
    const fault = { kind: "response", status: 404, headers: { "content-type": "application/json" }, body } as const;
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: Number.POSITIVE_INFINITY, fault });
    cluster.createJob({ ...IMPORT, containers: exits(4) });
    await world.passUntil(isIn(watched, "PodFailed", "firing"), MINUTE);
  });

  it("until access is granted: from then on the Job decides", async () => {
    const { world, cluster, watched } = await started({ rules: PODS_ONLY });
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, containers: exits(4) });
    await world.passUntil(isIn(watched, "PodFailed", "firing"), MINUTE);
    const user = world.simulator.access.userOf(world.token) ?? "";
    world.simulator.access.bind(user, "shop");
    await world.pass(11 * MINUTE);
    cluster.createJob({ ...IMPORT, name: "export", containers: exits(5) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    await world.passUntil(isIn(watched, "PodFailed", "resolved"), MINUTE);
  });
});

describe("the API server while a Job is read", () => {
  const forever = Number.POSITIVE_INFINITY;
  const json = (body: string) => {
    return { kind: "response", status: 200, headers: { "content-type": "application/json" }, body } as const;
  };

  it("fails once: the Job is read again", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    world.simulator.faults.add({ match: { resource: "jobs" }, fault: status(internalError("etcdserver: no leader")) });
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    expect(watched.fired).toEqual(["JobFailed"]);
  });

  it("does not answer: the failed pods decide after three attempts", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: forever, fault: { kind: "hang" } });
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "PodFailed", "firing"), 3 * MINUTE);
  });

  it.each([
    ["nothing but a kind", JSON.stringify({ kind: "Job" })],
    ["a status of null", JSON.stringify({ spec: null, status: null, metadata: null })],
    ["conditions that are not a list", JSON.stringify({ status: { conditions: "none" } })],
    [
      "conditions of unknown types",
      JSON.stringify({ status: { conditions: [null, 7, { type: "Paused", status: "True" }] } }),
    ],
    [
      "a failure that is not certain",
      JSON.stringify({ status: { conditions: [{ type: "Failed", status: "Unknown" }] } }),
    ],
    [
      "times that are not times",
      JSON.stringify({ status: { startTime: "soon", conditions: [{ type: "Failed", status: "False" }] } }),
    ],
  ])("answers with %s: no alert, because nothing says that the Job failed", async (_what, body) => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: forever, fault: json(body) });
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.pass(2 * MINUTE);
    expect(watched.fired).toEqual([]);
  });

  it("answers with the page of a proxy: the failed pods decide", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    const fault = { kind: "response", status: 200, headers: { "content-type": "text/html" }, body: "<html>" } as const;
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: forever, fault });
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "PodFailed", "firing"), 3 * MINUTE);
  });

  it("answers with a reason of another controller and a huge message: both are shown, shortened", async () => {
    const { world, cluster, watched, alert } = await started();
    await using _world = world;
    await using _watched = watched;
    const condition = { type: "Failed", status: "True", reason: "QuotaGone", message: "\u001b[31mx".repeat(50_000) };
    const fault = json(JSON.stringify({ status: { conditions: [condition] } }));
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: forever, fault });
    cluster.createJob({ ...IMPORT, activeDeadline: 10 * SECOND, containers: sleeps });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    const { summary = "", description = "" } = alert("JobFailed")?.annotations ?? {};
    expect(summary).toContain("QuotaGone");
    expect(summary.length).toBeLessThanOrEqual(120);
    expect(description.length).toBeLessThan(1_000);
    expect(summary + description).not.toContain("\u001b");
  });
});

describe("the requests for Jobs", () => {
  it("are one list at the start where no Job exists, and none for a Job that succeeds at once", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createDeployment({ namespace: "shop", name: "web", replicas: 3 });
    cluster.createJob({ ...IMPORT, containers: exits(0) });
    await world.pass(2 * MINUTE);
    const reads = world.requests().filter(({ path }) => path.includes("/batch/"));
    expect(reads.map(({ verb }) => verb)).toEqual(["list"]);
  });

  it("are two for each of 100 Jobs that fail together, and at most 20 at once and 10 per second", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    for (let index = 0; index < 100; index++)
      cluster.createJob({ ...IMPORT, name: `import-${index}`, containers: exits(1) });
    const failed = () => [...watched.watcher.alerts()].filter(({ labels }) => labels.alertname === "JobFailed").length;
    await world.passUntil(() => failed() === 100, MINUTE);
    const times = jobGets(world).map(({ at }) => at);
    expect(times.length).toBeLessThanOrEqual(200);
    const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + SECOND).length));
    expect(busiest).toBeLessThanOrEqual(31);
  });

  it("are few for one Job of which many pods fail", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createCronJob({ ...IMPORT, name: "often", every: 2 * SECOND, containers: exits(1, SECOND) });
    await world.pass(MINUTE);
    expect(jobGets(world).length).toBeLessThan(40);
  });

  it("continue while a failed Job stays, every 30 minutes at most", async () => {
    const { world, cluster, watched } = await started();
    await using _world = world;
    await using _watched = watched;
    cluster.createJob({ ...IMPORT, containers: exits(1) });
    await world.passUntil(isIn(watched, "JobFailed", "firing"), MINUTE);
    await world.pass(60 * MINUTE);
    expect(jobGets(world).length).toBeGreaterThan(4);
    expect(jobGets(world).length).toBeLessThan(13);
  });
});

describe("Pod Watcher is restarted", () => {
  it("while a Job has failed and its pods are gone: its alert does not change", async () => {
    const store = await createMemoryStore();
    await using world = await createFaultWorld({ protocol: "h2", random: createRandom() });
    const first = await watching(world, store);
    await live(world);
    world.simulator.cluster.createJob({ ...IMPORT, backoffLimit: 2, restartPolicy: "OnFailure", containers: exits(7) });
    await world.passUntil(isIn(first, "JobFailed", "firing"), 5 * MINUTE);
    await world.pass(2 * MINUTE);
    const before = alertOf(first, "JobFailed");
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    await again.pass(2 * MINUTE);
    expect(second.fired).toEqual([]);
    const after = alertOf(second, "JobFailed");
    expect({ ...after, state: after?.state.name }).toEqual({ ...before, state: "firing" });
    again.simulator.cluster.deleteWorkload("import");
    await again.passUntil(isIn(second, "JobFailed", "resolved"), 10 * MINUTE);
  });

  it("and a Job failed meanwhile, whose pods are gone: it is reported", async () => {
    const store = await createMemoryStore();
    await using world = await createFaultWorld({ protocol: "h2", random: createRandom() });
    const first = await watching(world, store);
    await live(world);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    world.simulator.cluster.createJob({ ...IMPORT, activeDeadline: 20 * SECOND, containers: sleeps });
    await world.pass(3 * MINUTE);
    expect(world.simulator.cluster.storage.pods.entries().length).toBe(0);

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    await again.passUntil(isIn(second, "JobFailed", "firing"), MINUTE);
    expect(alertOf(second, "JobFailed")).toMatchObject({
      labels: { workload: "Job/import" },
      annotations: { reason: "DeadlineExceeded" },
    });
    again.simulator.cluster.deleteWorkload("import");
    await again.passUntil(isIn(second, "JobFailed", "resolved"), 10 * MINUTE);
  });

  it("and a Job succeeded meanwhile: one list, and nothing fires", async () => {
    await using world = await createFaultWorld({ protocol: "h2", random: createRandom() });
    world.simulator.cluster.createJob({ ...IMPORT, containers: exits(0) });
    await world.pass(MINUTE);
    await using watched = await watching(world);
    await live(world);
    await world.pass(MINUTE);
    expect(watched.fired).toEqual([]);
    expect(jobReads(world).map(({ verb }) => verb)).toEqual(["list"]);
  });

  it("and failed Jobs may not be listed, or not be read at the moment: nothing fires", async () => {
    await using world = await createFaultWorld({ protocol: "h2", random: createRandom() });
    const fault = status(internalError("etcdserver: no leader"));
    using _rule = world.simulator.faults.add({ match: { resource: "jobs" }, times: 1, fault });
    await using watched = await watching(world);
    await live(world);
    await world.pass(MINUTE);
    expect(watched.fired).toEqual([]);
    expect(jobReads(world).length).toBe(1);
  });

  it("after a run of a CronJob failed and a later one succeeded: nothing fires", async () => {
    const store = await createMemoryStore();
    await using world = await createFaultWorld({ protocol: "h2", random: createRandom() });
    const first = await watching(world, store);
    await live(world);
    const { cluster } = world.simulator;
    cluster.createCronJob({ ...IMPORT, name: "nightly", every: MINUTE, containers: exits(1) });
    await world.passUntil(isIn(first, "JobFailed", "firing"), MINUTE);
    cluster.behave("nightly", { exit: { after: 5 * SECOND, exitCode: 0 } });
    await world.passUntil(isIn(first, "JobFailed", "resolved"), 5 * MINUTE);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    await again.pass(MINUTE);
    expect(second.fired).toEqual([]);
  });
});
