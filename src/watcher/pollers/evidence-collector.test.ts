import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createFakeLiveState } from "../../../test/support/fake-live-state.ts";
import { aPod, aTermination, crashLooping } from "../../../test/support/pods.ts";
import type { Alert, KeyEvidence } from "../../core/model/alert.ts";
import type { Evidence, EvidenceSnapshot, LogExcerpt } from "../../ports/evidence.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { collectEvidence } from "./evidence-collector.ts";

const app = crashLooping("app");

function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    fingerprint: "f1",
    episode: 1,
    labels: {
      alertname: "PodCrashLooping",
      namespace: "shop",
      workload: "Deployment/checkout",
      pod: "checkout-a",
      container: "app",
    },
    severity: "critical",
    state: { name: "firing", activeAt: 0, firedAt: 0, lastSeenAt: 0 },
    sources: ["a"],
    annotations: { summary: "s", description: "d" },
    subject: {
      podUid: "a",
      workload: { kind: "Deployment", name: "checkout" },
      container: {
        name: "app",
        type: "main",
        image: app.image,
        restartCount: 4,
        restarts: [],
        state: app.state,
        lastTerminated: aTermination(),
      },
    },
    ...changes,
  };
}

function collecting(changes: Partial<Evidence> = {}) {
  const clock = createFakeClock();
  const live = createFakeLiveState();
  const workload = { kind: "Deployment", name: "checkout" };
  live.see(
    aPod({ uid: "a", name: "checkout-a", workload }),
    aPod({ uid: "b", name: "checkout-b", workload, containers: [crashLooping("app", { restartCount: 2 })] }),
    aPod({ uid: "c", name: "elsewhere" }),
  );
  const stored = new Map<string, EvidenceSnapshot>();
  const requested: string[] = [];
  const evidence: Evidence = {
    events: async (_namespace, pod) => {
      requested.push(`events ${pod?.uid}`);
      return [{ reason: "BackOff" }];
    },
    pods: async () => [{ metadata: { name: "checkout-a", uid: "a" } }],
    log: async (_namespace, _pod, _container, { previous }): Promise<LogExcerpt> => {
      requested.push(previous ? "previous log" : "present log");
      return { available: true, lines: ["FATAL: cannot reach database"] };
    },
    ...changes,
  };
  const added: [string, KeyEvidence][] = [];
  const collector = collectEvidence({
    live,
    evidence,
    addEvidence: async ({ fingerprint, episode }, found) => void added.push([`${fingerprint}.${episode}`, found]),
    store: {
      put: async ({ fingerprint, episode }, found) => void stored.set(`${fingerprint}.${episode}`, found),
      get: async ({ fingerprint, episode }) => stored.get(`${fingerprint}.${episode}`),
    },
    clock,
    logger: createLogger("silent"),
  });
  return { clock, live, stored, requested, collector, added };
}

it("collects events, the previous log, the pod and its siblings once, when an alert fires", async () => {
  const { clock, live, stored, requested } = collecting();
  live.commit(anAlert());
  await clock.settle();
  live.commit(anAlert({ annotations: { summary: "once more", description: "d" } }));
  await clock.settle();
  expect(stored.get("f1.1")).toMatchObject({
    events: [{ reason: "BackOff" }],
    log: { available: true, lines: ["FATAL: cannot reach database"] },
    pod: { metadata: { uid: "a" } },
    siblings: [{ pod: "checkout-b", restarts: 2 }],
    notes: [],
  });
  expect(requested).toEqual(["events a", "previous log"]);
});

it("stores a note for what cannot be read, and the rest", async () => {
  const { clock, live, stored } = collecting({
    events: async () => {
      throw new Error("may not list events in shop (403)");
    },
    pods: async () => [{ metadata: { name: "checkout-a", uid: "another" } }],
    log: async () => ({ available: false, reason: "may not be read (403)" }),
  });
  live.commit(anAlert());
  await clock.settle();
  expect(stored.get("f1.1")).toMatchObject({
    events: [],
    pod: undefined,
    notes: ["No events: may not list events in shop (403)", "No log: may not be read (403)"],
  });
});

it("reads the current log where there is no previous one, and none where no container has run", async () => {
  const { clock, live, requested } = collecting({
    events: async () => [],
    log: async (_namespace, _pod, _container, { previous }) => {
      requested.push(previous ? "previous log" : "present log");
      return previous ? { available: false, reason: "not kept" } : { available: true, lines: [] };
    },
  });
  live.commit(anAlert());
  await clock.settle();
  expect(requested).toEqual(["previous log", "present log"]);
  const { labels } = anAlert();
  live.commit(anAlert({ fingerprint: "f2", labels: { ...labels, alertname: "PodImagePullFailing" } }));
  await clock.settle();
  expect(requested).toEqual(["previous log", "present log"]);
});

it("collects evidence for a new episode, not for pending and resolved alerts, and nothing after disposal", async () => {
  const { clock, live, stored, collector } = collecting();
  live.commit(anAlert({ state: { name: "pending", activeAt: 0, lastSeenAt: 0 } }));
  live.commit(anAlert({ state: { name: "resolved", activeAt: 0, firedAt: 0, resolvedAt: 1 } }));
  await clock.settle();
  expect([...stored.keys()]).toEqual([]);
  live.commit(anAlert({ episode: 2 }));
  await clock.settle();
  expect([...stored.keys()]).toEqual(["f1.2"]);
  collector[Symbol.dispose]();
  live.commit(anAlert({ episode: 3 }));
  await clock.settle();
  expect([...stored.keys()]).toEqual(["f1.2"]);
});

it("collects the evidence of a Job from the pod that failed", async () => {
  const { clock, live, stored, requested } = collecting();
  const { subject, labels } = anAlert();
  const { pod: _pod, container: _container, ...ofTheJob } = labels;
  live.commit(anAlert({ labels: { ...ofTheJob, alertname: "PodFailed" }, subject: { ...subject, pod: "checkout-a" } }));
  await clock.settle();
  expect(stored.get("f1.1")).toMatchObject({ events: [{ reason: "BackOff" }], pod: { metadata: { uid: "a" } } });
  expect(requested).toEqual(["events a", "previous log"]);
});

it("continues after a failed request", async () => {
  const { clock, live, requested } = collecting({ events: () => Promise.reject("no cluster") });
  live.commit(anAlert(), anAlert({ fingerprint: "f2" }), anAlert({ fingerprint: "f3" }));
  await clock.settle();
  await clock.settle();
  expect(requested.filter((what) => what === "previous log")).toHaveLength(3);
});

const FAILED_AT = Date.UTC(2026, 10, 22, 12);
const ended = { exitCode: 1, finishedAt: "2026-11-22T12:00:00Z" };
const podWith = (status: object, finalizers?: readonly string[]) => ({
  metadata: { uid: "a", ...(finalizers && { finalizers }) },
  status: { containerStatuses: [{ name: "app", ...status }] },
});

describe("the key evidence, which is added to the alert", () => {
  it("has the events of the pod, its finalizers, and the log of the run that ended", async () => {
    const { clock, live, added } = collecting({
      events: async () => [
        { reason: "Unhealthy", message: "Liveness probe failed: ", involvedObject: { uid: "a" }, count: 3 },
        { reason: "Unhealthy", message: "Readiness probe failed: ", involvedObject: { uid: "an earlier pod" } },
      ],
      pods: async () => [podWith({ state: { waiting: {} }, lastState: { terminated: ended } }, ["example.com/hold"])],
    });
    live.commit(anAlert());
    await clock.settle();
    expect(added).toEqual([
      [
        "f1.1",
        {
          podUid: "a",
          events: [{ reason: "Unhealthy", message: "Liveness probe failed: ", count: 3, at: 0 }],
          finalizers: ["example.com/hold"],
          run: { exitCode: 1, finishedAt: FAILED_AT },
          log: ["FATAL: cannot reach database"],
        },
      ],
    ]);
  });

  it.each([
    ["that has ended is the current one", { state: { terminated: ended }, lastState: {} }, "present log"],
    [
      "that waits to be restarted is the previous one",
      { state: { waiting: {} }, lastState: { terminated: ended } },
      "previous log",
    ],
    [
      "that runs again is the previous one",
      { state: { running: {} }, lastState: { terminated: ended } },
      "previous log",
    ],
  ])("the log of a container %s", async (_, status, log) => {
    const { clock, live, requested, added } = collecting({ pods: async () => [podWith(status)] });
    live.commit(anAlert());
    await clock.settle();
    expect(requested).toEqual(["events a", log]);
    expect(added[0]?.[1].run).toEqual({ exitCode: 1, finishedAt: FAILED_AT });
  });

  it("has no log of a run that has not ended, or whose log the node no longer has", async () => {
    const running = collecting({ pods: async () => [podWith({ state: { running: {} } })] });
    running.live.commit(anAlert());
    await running.clock.settle();
    expect(running.added[0]?.[1]).not.toHaveProperty("log");
    const gone = collecting({
      log: async (_namespace, _pod, _container, { previous }) =>
        previous ? { available: false, reason: "not kept" } : { available: true, lines: ["of the next run"] },
    });
    gone.live.commit(anAlert());
    await gone.clock.settle();
    expect(gone.added[0]?.[1]).not.toHaveProperty("log");
  });

  it("has a bounded part of a long log", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(200)}`);
    const { clock, live, added } = collecting({ log: async () => ({ available: true, lines }) });
    live.commit(anAlert());
    await clock.settle();
    expect(added[0]?.[1].log?.at(0)).toMatch(/^81 /);
    expect(added[0]?.[1].log?.at(-1)).toMatch(/^99 /);
    const single = collecting({ log: async () => ({ available: true, lines: ["y".repeat(5_000)] }) });
    single.live.commit(anAlert());
    await single.clock.settle();
    expect(single.added[0]?.[1].log).toEqual(["y".repeat(4_000)]);
  });

  it("is added from the store when the program stopped before, and only once", async () => {
    const { clock, live, added, stored, requested } = collecting();
    stored.set("f1.1", { takenAt: 0, events: [], log: undefined, pod: undefined, siblings: [], notes: [] });
    live.commit(anAlert());
    await clock.settle();
    expect(added).toEqual([["f1.1", { podUid: "a", events: [], finalizers: [] }]]);
    expect(requested).toEqual([]);
    live.commit(anAlert({ fingerprint: "f2", evidence: { podUid: "a", events: [], finalizers: [] } }));
    await clock.settle();
    expect(added).toHaveLength(1);
  });

  it("is known to be collected only when it was added, or could not be", async () => {
    const answer = Promise.withResolvers<[]>();
    const { clock, live, added, collector } = collecting({ events: () => answer.promise });
    live.commit(anAlert());
    await clock.settle();
    let isCollected = false;
    const collected = collector.collected([anAlert()]).then(() => {
      isCollected = true;
    });
    await clock.settle();
    expect(isCollected).toBe(false);
    answer.reject(new Error("403"));
    await collected;
    expect(added).toHaveLength(1);
    await collector.collected([anAlert({ fingerprint: "another" })]);
  });
});
