import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createMemoryStore } from "../../test/support/memory-store.ts";
import { aContainer, aPod, running, terminated } from "../../test/support/pods.ts";
import { createScriptedPodSource } from "../../test/support/scripted-pod-source.ts";
import type { Alertname } from "../core/model/alert.ts";
import type { JobFacts, JobOutcome } from "../core/model/job.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { defaultPolicy, policyFor } from "../core/model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../core/model/time.ts";
import type { JobReading } from "../ports/jobs.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { createWatcher } from "./watcher.ts";

const FAILED: JobOutcome = { name: "failed", at: 1, reason: "BackoffLimitExceeded", message: undefined };

/** The real watcher, with Jobs that a test scripts. */
async function watching() {
  const clock = createFakeClock();
  const source = createScriptedPodSource();
  const jobs = new Map<string, JobReading | "fails">();
  const read: string[] = [];
  const logger = createLogger("silent");
  let base = defaultPolicy;
  const watcher = createWatcher({
    clock,
    source,
    store: await createMemoryStore(clock),
    logger,
    events: createWatcherEvents(logger, createRegistry()),
    policyFor: (_namespace, annotations) => policyFor(base, annotations).policy,
    inspectNamespace: () => ({ findings: [], reevaluateAt: undefined }),
    jobs: {
      failed: async () => [],
      read: async (_namespace, name) => {
        read.push(name);
        const reading = jobs.get(name) ?? { name: "missing" };
        if (reading === "fails") throw new Error("the API server is busy");
        return reading;
      },
    },
  });
  await watcher.start();
  source.sync("shop", clock.now());
  return {
    clock,
    source,
    watcher,
    read,
    job: (name: string, changes: Partial<JobFacts> | Exclude<JobReading["name"], "found"> | "fails") => {
      if (changes === "fails") jobs.set(name, changes);
      else if (typeof changes === "string") jobs.set(name, { name: changes });
      else jobs.set(name, { name: "found", job: factsOf(name, changes) });
    },
    disable: (name: Alertname) => {
      base = { ...base, detectors: { ...base.detectors, [name]: { ...base.detectors[name], enabled: false } } };
      watcher.reevaluate();
    },
    alerts: () => [...watcher.alerts()].map(({ labels, state }) => `${labels.alertname} ${state.name}`),
  };
}

function factsOf(name: string, changes: Partial<JobFacts>): JobFacts {
  return {
    namespace: "shop",
    name,
    startedAt: Date.UTC(2026, 0, 1),
    suspended: false,
    deadline: undefined,
    outcome: { name: "active" },
    failedIndexes: undefined,
    ...changes,
  };
}

function podOf(job: string, phase: string, changes: Partial<PodSnapshot> = {}): PodSnapshot {
  const state = phase === "Failed" ? terminated() : terminated({ exitCode: 0 });
  return aPod({
    name: `${job}-x`,
    createdAt: Date.UTC(2026, 0, 1),
    owner: { kind: "Job", name: job },
    workload: { kind: "Job", name: job },
    restartPolicy: "Never",
    phase,
    containers: [phase === "Running" ? running("app") : aContainer({ state })],
    ...changes,
  });
}

describe("the tracking of Jobs", () => {
  it("reads a Job that has been active for twelve hours, and resolves when it succeeds", async () => {
    const { clock, source, job, read, alerts } = await watching();
    job("report", {});
    source.see(podOf("report", "Running"));
    await clock.advance(12 * HOUR - SECOND);
    expect(read).toEqual([]);
    await clock.advance(2 * SECOND);
    expect(alerts()).toEqual(["JobNotCompleting firing"]);
    job("report", { outcome: { name: "succeeded" } });
    source.see(podOf("report", "Succeeded"));
    await clock.advance(30 * SECOND);
    expect(alerts()).toEqual(["JobNotCompleting resolved"]);
  });

  it("waits as long as the annotation of its pods says, or its own deadline", async () => {
    const { clock, source, job, alerts } = await watching();
    job("training", {});
    job("batch", { deadline: 24 * HOUR });
    source.see(podOf("training", "Running", { annotations: { "for.JobNotCompleting": "2d" } }));
    source.see(podOf("batch", "Running"));
    await clock.advance(24 * HOUR - SECOND);
    expect(alerts()).toEqual([]);
    await clock.advance(MINUTE);
    expect(alerts()).toEqual(["JobNotCompleting firing"]);
    await clock.advance(24 * HOUR);
    expect(alerts()).toEqual(["JobNotCompleting firing", "JobNotCompleting firing"]);
  });

  it("reads nothing for a Job whose pods end before that", async () => {
    const { clock, source, read } = await watching();
    source.see(podOf("report", "Running"));
    await clock.advance(HOUR);
    source.see(podOf("report", "Succeeded"));
    source.remove("uid-of-report-x");
    await clock.advance(24 * HOUR);
    expect(read).toEqual([]);
  });

  it("replaces JobNotCompleting by JobFailed", async () => {
    const { clock, source, job, alerts } = await watching();
    job("report", {});
    source.see(podOf("report", "Running"));
    await clock.advance(13 * HOUR);
    job("report", { outcome: FAILED });
    source.see(podOf("report", "Failed"));
    await clock.advance(MINUTE);
    expect(alerts().toSorted()).toEqual(["JobFailed firing", "JobNotCompleting resolved"]);
  });

  it("reads again, later and later, until the status has the failure", async () => {
    const { clock, source, job, read, alerts } = await watching();
    job("import", {});
    source.see(podOf("import", "Failed"));
    await clock.advance(HOUR);
    expect(read.length).toBeGreaterThan(3);
    expect(read.length).toBeLessThan(12);
    expect(alerts()).toEqual([]);
    job("import", { outcome: FAILED });
    await clock.advance(HOUR);
    expect(alerts()).toEqual(["JobFailed firing"]);
  });

  it.each`
    becomes                                             | what
    ${{ outcome: { name: "succeeded" } }}               | ${"succeeded"}
    ${{ outcome: { name: "active" }, suspended: true }} | ${"was suspended"}
    ${"missing"}                                        | ${"was deleted"}
  `("resolves when the Job $what", async ({ becomes }) => {
    const { clock, source, job, alerts } = await watching();
    job("import", { outcome: FAILED });
    source.see(podOf("import", "Failed"));
    await clock.advance(MINUTE);
    expect(alerts()).toEqual(["JobFailed firing"]);
    job("import", becomes);
    source.remove("uid-of-import-x");
    await clock.advance(MINUTE);
    expect(alerts()).toEqual(["JobFailed resolved"]);
  });

  it.each(["unreadable", "fails"] as const)("leaves an open alert as it is while the Job is %s", async (becomes) => {
    const { clock, source, job, alerts } = await watching();
    job("import", { outcome: FAILED });
    source.see(podOf("import", "Failed"));
    await clock.advance(MINUTE);
    job("import", becomes);
    source.remove("uid-of-import-x");
    await clock.advance(HOUR);
    expect(alerts()).toEqual(["JobFailed firing"]);
    job("import", "missing");
    await clock.advance(10 * MINUTE);
    expect(alerts()).toEqual(["JobFailed resolved"]);
  });

  it("does not resolve a run of a CronJob because an earlier run that took longer succeeded", async () => {
    const { clock, source, job, alerts } = await watching();
    const workload = { kind: "CronJob", name: "nightly" };
    const at = clock.now();
    job("nightly-2", { outcome: { ...FAILED, at } as JobOutcome });
    source.see(podOf("nightly-2", "Failed", { workload }));
    await clock.advance(MINUTE);
    job("nightly-2", { outcome: { ...FAILED, at } as JobOutcome, lastSuccessAt: clock.now() });
    const containers = [aContainer({ state: terminated({ exitCode: 0, finishedAt: clock.now() }) })];
    source.see(podOf("nightly-1", "Succeeded", { workload, containers }));
    await clock.advance(HOUR);
    expect(alerts()).toEqual(["JobFailed firing"]);
    source.see(podOf("nightly-3", "Succeeded", { workload, containers }));
    await clock.advance(HOUR);
    expect(alerts()).toEqual(["JobFailed resolved"]);
  });

  it("resolves when the alert is disabled", async () => {
    const { clock, source, job, alerts, disable } = await watching();
    job("import", { outcome: FAILED });
    source.see(podOf("import", "Failed"));
    await clock.advance(MINUTE);
    disable("JobFailed");
    await clock.advance(MINUTE);
    expect(alerts()).toEqual(["JobFailed resolved"]);
  });

  it("forgets the Jobs of a namespace that is no longer watched", async () => {
    const { clock, source, job, read, alerts } = await watching();
    job("import", { outcome: FAILED });
    source.see(podOf("import", "Failed"));
    source.see(podOf("report", "Running"));
    await clock.advance(MINUTE);
    source.unwatch("shop");
    const before = read.length;
    await clock.advance(24 * HOUR);
    expect(alerts()).toEqual(["JobFailed resolved"]);
    expect(read.length).toBe(before);
  });

  it("describes a failed Job with the last lines of its log, and keeps them", async () => {
    const { clock, source, job, watcher } = await watching();
    job("import", { outcome: FAILED });
    const pod = podOf("import", "Failed");
    source.see(pod);
    await clock.advance(MINUTE);
    const described = () => [...watcher.alerts()][0]!;
    const evidence = { podUid: pod.uid, events: [], finalizers: [], run: { exitCode: 1 }, log: ["no space left"] };
    await watcher.addEvidence(described(), evidence);
    expect(described().annotations.description).toContain("ends with: “no space left”");
    await clock.advance(HOUR);
    expect(described()).toMatchObject({ state: { name: "firing" }, evidence });
    expect(described().annotations.description).toContain("ends with: “no space left”");
  });

  it("ignores evidence about another pod than the one that the alert names", async () => {
    const { clock, source, job, watcher } = await watching();
    job("import", { outcome: FAILED });
    source.see(podOf("import", "Failed"));
    await clock.advance(MINUTE);
    const [before] = [...watcher.alerts()];
    const evidence = { podUid: "another", events: [], finalizers: [], run: { exitCode: 1 }, log: ["no space left"] };
    await watcher.addEvidence(before!, evidence);
    expect([...watcher.alerts()][0]?.annotations).toEqual(before!.annotations);
  });

  it("ignores the pods of other controllers", async () => {
    const { clock, source, read } = await watching();
    source.see(podOf("web", "Failed", { owner: { kind: "ReplicaSet", name: "web" } }));
    await clock.advance(MINUTE);
    expect(read).toEqual([]);
  });
});
