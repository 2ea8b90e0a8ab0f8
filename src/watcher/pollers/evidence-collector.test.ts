import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createFakeLiveState } from "../../../test/support/fake-live-state.ts";
import { aPod, aTermination, crashLooping } from "../../../test/support/pods.ts";
import type { Alert } from "../../core/model/alert.ts";
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
  const collector = collectEvidence({
    live,
    evidence,
    store: {
      put: async ({ fingerprint, episode }, found) => void stored.set(`${fingerprint}.${episode}`, found),
      get: async ({ fingerprint, episode }) => stored.get(`${fingerprint}.${episode}`),
    },
    clock,
    logger: createLogger("silent"),
  });
  return { clock, live, stored, requested, collector };
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
