import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createMemoryStore, type MemoryStore } from "../../test/support/memory-store.ts";
import { aPod, aTermination, crashLooping, running } from "../../test/support/pods.ts";
import { createScriptedPodSource, healthOf } from "../../test/support/scripted-pod-source.ts";
import type { Alert, Alertname, Finding, KeyEvidence } from "../core/model/alert.ts";
import { defaultPolicy } from "../core/model/policy.ts";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { createWatcher, type Watcher, type WatcherOptions } from "./watcher.ts";

async function watching({
  store: given,
  clock = createFakeClock(),
  source = createScriptedPodSource(),
  policyFor = () => defaultPolicy,
}: {
  store?: MemoryStore;
  clock?: ReturnType<typeof createFakeClock>;
  source?: ReturnType<typeof createScriptedPodSource>;
  policyFor?: WatcherOptions["policyFor"];
} = {}) {
  const logger = createLogger("silent");
  const store = given ?? (await createMemoryStore(clock));
  const watcher = createWatcher({
    clock,
    source,
    store,
    logger,
    events: createWatcherEvents(logger, createRegistry()),
    policyFor,
    inspectNamespace: () => ({ findings: [], reevaluateAt: undefined }),
  });
  await watcher.start();
  const published: Alert[][] = [];
  watcher.subscribe((changes) => void (changes.alerts.length > 0 && published.push([...changes.alerts])));
  return { source, watcher, store, clock, published };
}

const names = (alerts: Iterable<Alert>) => [...alerts].map((alert) => `${alert.labels.alertname} ${alert.state.name}`);

describe("the watcher", () => {
  it("counts the namespaces that were synced or are refused, and looks only at the one that changed", async () => {
    const source = createScriptedPodSource();
    let overviews = 0;
    const counted = {
      ...source,
      health: () => {
        overviews++;
        return source.health();
      },
    };
    const { watcher, clock } = await watching({ source: counted });
    for (const namespace of ["a", "b", "c"]) source.setHealth(healthOf(namespace, { state: "syncing" }));
    expect(watcher.syncProgress()).toEqual({ watched: 3, settled: 0 });
    source.sync("a", clock.now());
    source.setHealth(healthOf("b", { state: "forbidden" }));
    expect(watcher.syncProgress()).toEqual({ watched: 3, settled: 2 });
    source.goStale("a", clock.now());
    source.setHealth(healthOf("b", { state: "syncing" }));
    expect(watcher.syncProgress()).toEqual({ watched: 3, settled: 1 });
    source.unwatch("a");
    expect(watcher.syncProgress()).toEqual({ watched: 2, settled: 0 });
    expect(overviews).toBe(0);
  });

  it("publishes an alert once, after it was committed", async () => {
    const { source, watcher, store, clock, published } = await watching();
    source.see(aPod({ containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    expect(names(watcher.alerts())).toEqual([]);
    await clock.advance(100);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
    expect(names(store.batches.flatMap((batch) => batch.alerts))).toEqual(["PodCrashLooping firing"]);
    expect(published).toHaveLength(1);
  });

  it("adds evidence to an open alert, describes the failure with it, and keeps both over a restart", async () => {
    const { source, watcher, store, clock } = await watching();
    const last = aTermination({ exitCode: 1, message: undefined });
    const pod = aPod({ containers: [crashLooping("app", { lastTerminated: last })] });
    source.see(pod);
    source.sync("shop", clock.now());
    await clock.advance(100);
    const [alert] = [...watcher.alerts()];
    const evidence: KeyEvidence = {
      podUid: pod.uid,
      events: [],
      finalizers: [],
      run: { exitCode: 1 },
      log: ["FATAL: no space left on device"],
    };
    await watcher.addEvidence(alert!, evidence);
    expect(watcher.alert(alert!.fingerprint)?.annotations.summary).toContain("a disk is full");
    expect(watcher.alert(alert!.fingerprint)?.annotations.description).toContain("no space left on device");
    await watcher.addEvidence({ ...alert!, episode: 2 }, { ...evidence, log: ["another episode"] });
    expect(watcher.alert(alert!.fingerprint)?.evidence).toEqual(evidence);
    await watcher[Symbol.asyncDispose]();
    const again = await watching({ store, clock });
    again.source.see(pod);
    again.source.sync("shop", clock.now());
    await clock.advance(100);
    expect(again.watcher.alert(alert!.fingerprint)?.annotations.summary).toContain("a disk is full");
    expect(again.published).toEqual([]);
  });

  it("does not lose an alert when its evidence cannot be written", async () => {
    const { source, watcher, store, clock } = await watching();
    const pod = aPod({ containers: [crashLooping("app")] });
    source.see(pod);
    source.sync("shop", clock.now());
    await clock.advance(100);
    const [alert] = [...watcher.alerts()];
    store.unwritable = "disk is full";
    await watcher.addEvidence(alert!, { podUid: pod.uid, events: [], finalizers: [] });
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
  });

  it("keeps a batch that cannot be written, reports the reason, and writes it later", async () => {
    const { source, watcher, store, clock } = await watching();
    store.unwritable = "disk is full";
    source.see(aPod({ containers: [crashLooping("app")] }));
    await clock.advance(5 * SECOND);
    expect(watcher.commitProblem()).toBe("disk is full");
    expect(names(watcher.alerts())).toEqual([]);
    store.unwritable = undefined;
    await clock.advance(2 * SECOND);
    expect(watcher.commitProblem()).toBeUndefined();
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
  });

  it("resolves an alert at its deadline when a container has run long enough", async () => {
    const { source, watcher, clock } = await watching();
    source.see(aPod({ containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    source.see(aPod({ containers: [running("app", { startedAt: clock.now(), restartCount: 4 })] }));
    await clock.advance(9 * MINUTE);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
    await clock.advance(2 * MINUTE);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping resolved"]);
  });

  it("does not resolve an alert while its namespace is not synced", async () => {
    const { source, watcher, clock } = await watching();
    source.see(aPod({ containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    source.see(aPod({ containers: [running("app", { startedAt: clock.now(), restartCount: 4 })] }));
    source.goStale("shop", clock.now());
    await clock.advance(30 * MINUTE);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping resolved"]);
  });

  it("continues open alerts after a restart, and resolves those whose pods were removed", async () => {
    const first = await watching();
    first.source.see(aPod({ uid: "stays", name: "stays", containers: [crashLooping("app")] }));
    first.source.see(aPod({ uid: "goes", name: "goes", containers: [crashLooping("app")] }));
    first.source.sync("shop", first.clock.now());
    await first.clock.advance(SECOND);
    await first.watcher[Symbol.asyncDispose]();

    const second = await watching({ store: first.store, clock: first.clock });
    expect(names(second.watcher.alerts())).toEqual(["PodCrashLooping firing", "PodCrashLooping firing"]);
    second.source.see(aPod({ uid: "stays", name: "stays", containers: [crashLooping("app")] }));
    second.source.sync("shop", second.clock.now());
    await second.clock.advance(SECOND);
    const states = [...second.watcher.alerts()].map((alert) => `${alert.labels.pod} ${alert.state.name}`);
    expect(states.toSorted()).toEqual(["goes resolved", "stays firing"]);
    expect(second.published.flat().map((alert) => alert.labels.pod)).toEqual(["goes"]);
  });

  it("writes nothing for healthy pods", async () => {
    const { source, store, clock } = await watching();
    for (let n = 0; n < 50; n++) source.see(aPod({ uid: `${n}`, name: `web-${n}`, containers: [running("web")] }));
    await clock.advance(10 * SECOND);
    expect(store.batches).toEqual([]);
  });

  it("stores an acknowledgement", async () => {
    const { source, watcher, store, clock } = await watching();
    source.see(aPod({ containers: [crashLooping("app")] }));
    await clock.advance(SECOND);
    const [alert] = watcher.alerts();
    const acknowledgement = { by: "jdoe", at: clock.now(), note: "known", notifyOnWorsening: true };
    await watcher.acknowledge(alert!.fingerprint, acknowledgement);
    expect(watcher.alert(alert!.fingerprint)?.acknowledgement).toEqual(acknowledgement);
    expect(store.batches.at(-1)?.alerts[0]?.acknowledgement).toEqual(acknowledgement);
    expect(await watcher.acknowledge("no-such-alert", acknowledgement)).toBeUndefined();
  });

  it("acknowledges later pods with the incident, even after a restart, until the acknowledgement is removed", async () => {
    const { source, watcher, clock, store } = await watching();
    const workload = { kind: "Deployment", name: "checkout" };
    const pod = (name: string) => aPod({ uid: name, name, workload, containers: [crashLooping("app")] });
    source.see(pod("checkout-0"));
    await clock.advance(SECOND);
    const [alert] = watcher.alerts();
    const acknowledgement = {
      by: "jdoe",
      at: clock.now(),
      note: "",
      notifyOnWorsening: true,
      coversIncident: true,
    } as const;
    await watcher.acknowledge(alert!.fingerprint, acknowledgement);
    source.remove("checkout-0");
    source.see(pod("checkout-1"));
    await clock.advance(SECOND);
    const acks = ({ watcher: one }: { watcher: Watcher }) =>
      [...one.alerts()].map(({ labels, acknowledgement: ack }) => `${labels.pod} ${ack?.by}`).sort();
    expect(acks({ watcher })).toEqual(["checkout-0 jdoe", "checkout-1 jdoe"]);

    const restarted = await watching({ store, clock });
    restarted.source.see(pod("checkout-2"));
    await clock.advance(SECOND);
    expect(acks(restarted)).toContain("checkout-2 jdoe");

    for (const { fingerprint } of restarted.watcher.alerts())
      await restarted.watcher.acknowledge(fingerprint, undefined);
    restarted.source.see(pod("checkout-3"));
    await clock.advance(SECOND);
    expect(acks(restarted)).toContain("checkout-3 undefined");
  });

  it("resolves the alerts of a namespace that is no longer watched", async () => {
    const { source, watcher, clock } = await watching();
    source.see(aPod({ containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    source.unwatch("shop");
    await clock.advance(SECOND);
    expect(names(watcher.alerts())).toEqual(["PodCrashLooping resolved"]);
  });

  describe("with keep_firing_for", () => {
    const kept = (name: Alertname) => {
      const detectors = { ...defaultPolicy.detectors };
      return () => ({
        ...defaultPolicy,
        detectors: { ...detectors, [name]: { ...detectors[name], for: 2 * MINUTE, keepFiringFor: 5 * MINUTE } },
      });
    };
    const notWatched: Finding = {
      labels: { alertname: "NamespaceNotWatched", namespace: "shop" },
      severity: "critical",
      annotations: { summary: "s", description: "d" },
      subject: {},
    };

    it("resolves the alert of a removed pod when its namespace is no longer watched, even if its deadline was deferred", async () => {
      const { source, watcher, clock } = await watching({ policyFor: kept("PodCrashLooping") });
      source.see(aPod({ containers: [crashLooping("app")] }));
      source.sync("shop", clock.now());
      await clock.advance(3 * MINUTE);
      source.remove(aPod().uid);
      source.goStale("shop", clock.now());
      await clock.advance(10 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
      source.unwatch("shop");
      await clock.advance(SECOND);
      expect(names(watcher.alerts())).toEqual(["PodCrashLooping resolved"]);
    });

    it("resolves the alert of a deleted pod after keep_firing_for, which does not start again with each evaluation", async () => {
      const { source, watcher, store, clock } = await watching({ policyFor: kept("PodCrashLooping") });
      source.see(aPod({ containers: [crashLooping("app")] }));
      source.sync("shop", clock.now());
      await clock.advance(3 * MINUTE);
      source.remove(aPod().uid);
      await clock.advance(4 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["PodCrashLooping firing"]);
      await clock.advance(2 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["PodCrashLooping resolved"]);
      const [end] = store.batches.flatMap(({ transitions }) => transitions).filter(({ to }) => to === "resolved");
      expect(end?.reason).toBe("The pod was deleted.");
    });

    it("resolves the alert of an unwatched namespace after keep_firing_for", async () => {
      const { source, watcher, clock } = await watching({ policyFor: kept("NamespaceNotWatched") });
      watcher.report("elsewhere:shop", "shop", [notWatched]);
      await clock.advance(3 * MINUTE);
      source.unwatch("shop");
      await clock.advance(4 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched firing"]);
      await clock.advance(2 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched resolved"]);
    });

    it("fires and resolves a reported finding at its deadlines, but not while its namespace is not synced", async () => {
      const { source, watcher, clock } = await watching({ policyFor: kept("NamespaceNotWatched") });
      source.sync("shop", clock.now());
      watcher.report("elsewhere:shop", "shop", [notWatched]);
      await clock.advance(MINUTE);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched pending"]);
      source.goStale("shop", clock.now());
      await clock.advance(5 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched pending"]);
      source.sync("shop", clock.now());
      await clock.advance(SECOND);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched firing"]);
      watcher.report("elsewhere:shop", "shop", []);
      await clock.advance(6 * MINUTE);
      expect(names(watcher.alerts())).toEqual(["NamespaceNotWatched resolved"]);
    });
  });

  it("resolves stored alerts of a namespace that is no longer watched after a restart", async () => {
    const first = await watching();
    first.source.see(aPod({ containers: [crashLooping("app")] }));
    first.source.see(aPod({ namespace: "batch", uid: "b", name: "import", containers: [crashLooping("app")] }));
    first.watcher.report("namespace:payroll", "payroll", [
      {
        labels: { alertname: "NamespaceNotWatched", namespace: "payroll" },
        severity: "critical",
        annotations: { summary: "s", description: "d" },
        subject: {},
      },
    ]);
    await first.clock.advance(SECOND);
    await first.watcher[Symbol.asyncDispose]();

    const { watcher, clock } = await watching({ store: first.store, clock: first.clock });
    watcher.namespacesChanged(["shop"]);
    await clock.advance(SECOND);
    const states = [...watcher.alerts()].map(({ labels, state }) => `${labels.namespace} ${state.name}`);
    expect(states.toSorted()).toEqual(["batch resolved", "payroll resolved", "shop firing"]);
    expect(watcher.history("b")).toBeUndefined();
    const why = first.store.batches.flatMap(({ transitions }) => transitions).filter(({ to }) => to === "resolved");
    expect(why.find(({ labels }) => labels.namespace === "batch")?.reason).toContain("no longer watched");
  });

  it("evicts resolved alerts that were pruned from the store, and no others", async () => {
    const { source, watcher, clock } = await watching();
    for (const name of ["old", "kept", "open"]) source.see(aPod({ name, containers: [crashLooping("app")] }));
    await clock.advance(SECOND);
    for (const name of ["old", "kept"]) source.remove(`uid-of-${name}`);
    await clock.advance(SECOND);
    await watcher.evictResolved(clock.now() - MINUTE, async () => true);
    expect([...watcher.alerts()]).toHaveLength(3);
    await watcher.evictResolved(clock.now() + 1, async ({ labels }) => labels.pod !== "kept");
    expect([...watcher.alerts()].map(({ labels }) => labels.pod).toSorted()).toEqual(["kept", "open"]);
  });

  it("does not search namespaces for the pods that may have replaced a failed one", async () => {
    const source = createScriptedPodSource();
    let steps = 0;
    const counted = {
      ...source,
      *pods(namespace?: string) {
        for (const pod of source.pods(namespace)) {
          steps++;
          yield pod;
        }
      },
    };
    const { watcher, clock } = await watching({ source: counted });
    for (let n = 0; n < 20; n++) {
      const workload = { kind: "ReplicaSet", name: `web-${n}` };
      const owner = { ...workload, uid: `rs-${n}` };
      const failed = { workload, owner, phase: "Failed" as const, reason: "Evicted", containers: [] };
      source.see(aPod({ ...failed, name: `web-${n}-old`, createdAt: 0 }));
      source.see(aPod({ ...failed, name: `web-${n}-other`, createdAt: 0 }));
    }
    source.sync("shop", clock.now());
    await clock.advance(5 * MINUTE);
    expect(names(watcher.alerts())).toHaveLength(20);
    const workload = { kind: "ReplicaSet", name: "web-7" };
    const ready = { status: "True", since: clock.now(), reason: undefined, message: undefined } as const;
    const conditions = { ...aPod().conditions, ready };
    source.see(aPod({ name: "web-7-new", workload, conditions, containers: [running("web")] }));
    await clock.advance(MINUTE + SECOND);
    const over = [...watcher.alerts()].filter(({ state }) => state.name === "resolved");
    expect(over.map(({ labels }) => labels.workload)).toEqual(["ReplicaSet/web-7"]);
    expect(steps).toBe(0);
  });

  it("judges a failed pod when the list is complete, at the first start, at a restart and after a gap", async () => {
    const workload = { kind: "Deployment", name: "api" };
    const replica = { workload, owner: { kind: "ReplicaSet", name: "api-7b" } };
    const ready = { status: "True", since: 0, reason: undefined, message: undefined } as const;
    const evicted = aPod({
      ...replica,
      name: "api-a",
      createdAt: 0,
      phase: "Failed",
      reason: "Evicted",
      containers: [],
    });
    const replacement = aPod({ ...replica, name: "api-b", conditions: { ...aPod().conditions, ready } });
    const first = await watching();
    const list = async ({ source, clock }: Pick<typeof first, "source" | "clock">) => {
      source.see(evicted);
      await clock.advance(SECOND);
      source.see(replacement);
      source.sync("shop", clock.now());
      await clock.advance(2 * MINUTE);
    };
    await list(first);
    first.source.goStale("shop", first.clock.now());
    await list(first);
    expect(names(first.watcher.alerts())).toEqual([]);
    await first.watcher[Symbol.asyncDispose]();

    const second = await watching({ store: first.store, clock: first.clock });
    await list(second);
    expect(names(second.watcher.alerts())).toEqual([]);
    // It stays over when the replacement is gone, also for the next start.
    second.source.remove(replacement.uid);
    await second.clock.advance(2 * MINUTE);
    await second.watcher[Symbol.asyncDispose]();
    const third = await watching({ store: second.store, clock: second.clock });
    third.source.see(evicted);
    third.source.sync("shop", third.clock.now());
    await third.clock.advance(2 * MINUTE);
    expect(names(third.watcher.alerts())).toEqual([]);
  });

  it("resolves the failure of a Job at once when a later pod succeeds, although that pod is deleted at once", async () => {
    const workload = { kind: "Job", name: "import" };
    const job = { workload, owner: workload, restartPolicy: "Never" as const, containers: [] };
    const { source, watcher, clock } = await watching();
    source.see(aPod({ ...job, name: "import-a", createdAt: 0, startedAt: 0, phase: "Failed" }));
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    expect(names(watcher.alerts())).toEqual(["PodFailed firing"]);
    const retry = aPod({ ...job, name: "import-b", createdAt: clock.now(), phase: "Succeeded" });
    source.see(retry);
    source.remove(retry.uid);
    await watcher.settled();
    expect(names(watcher.alerts())).toEqual(["PodFailed resolved"]);
  });

  it("evaluates the other pods when the evaluation of one throws", async () => {
    let isBroken = false;
    const { source, watcher, clock } = await watching({
      policyFor: (_namespace, annotations) => {
        if (isBroken && annotations?.["pod-watcher.io/poison"] === "yes") throw new Error("a bug");
        return defaultPolicy;
      },
    });
    const poison = { annotations: { "pod-watcher.io/poison": "yes" } };
    source.see(aPod({ name: "poison", ...poison, containers: [crashLooping("app")] }));
    source.see(aPod({ name: "fine", containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    const again = { containers: [running("app", { startedAt: clock.now(), restartCount: 4 })] };
    source.see(aPod({ name: "poison", ...poison, ...again }));
    source.see(aPod({ name: "fine", ...again }));
    isBroken = true;
    await clock.advance(15 * MINUTE);
    const states = [...watcher.alerts()].map(({ labels, state }) => `${labels.pod} ${state.name}`);
    expect(states.toSorted()).toEqual(["fine resolved", "poison firing"]);
  });

  it("evaluates every pod again after a policy change, those of an unsynced namespace after its next sync", async () => {
    let isOff = false;
    const off = { ...defaultPolicy.detectors.PodCrashLooping, enabled: false };
    const { source, watcher, clock } = await watching({
      policyFor: () =>
        isOff ? { ...defaultPolicy, detectors: { ...defaultPolicy.detectors, PodCrashLooping: off } } : defaultPolicy,
    });
    source.see(aPod({ containers: [crashLooping("app")] }));
    source.see(aPod({ namespace: "batch", uid: "b", name: "import", containers: [crashLooping("app")] }));
    source.sync("shop", clock.now());
    source.sync("batch", clock.now());
    await clock.advance(SECOND);
    source.goStale("batch", clock.now());
    isOff = true;
    watcher.reevaluate();
    await clock.advance(SECOND);
    const states = () =>
      [...watcher.alerts()].map(({ labels, state }) => `${labels.namespace} ${state.name}`).toSorted();
    expect(states()).toEqual(["batch firing", "shop resolved"]);
    source.sync("batch", clock.now());
    await clock.advance(SECOND);
    expect(states()).toEqual(["batch resolved", "shop resolved"]);
  });

  it("does not resolve the alert of a pod that appears after the sync, or of a workload whose pod still exists", async () => {
    const first = await watching();
    const job = { kind: "Job", name: "import" };
    const failed = { workload: job, owner: { ...job, uid: "job" }, phase: "Failed" as const, containers: [] };
    first.source.see(aPod({ uid: "a", name: "import-a", ...failed }));
    first.source.see(aPod({ uid: "b", name: "import-b", ...failed }));
    first.source.see(aPod({ uid: "late", name: "late", containers: [crashLooping("app")] }));
    first.source.sync("shop", first.clock.now());
    await first.clock.advance(SECOND);
    await first.watcher[Symbol.asyncDispose]();

    const { source, watcher, clock } = await watching({ store: first.store, clock: first.clock });
    source.see(aPod({ uid: "a", name: "import-a", ...failed }));
    source.sync("shop", clock.now());
    source.see(aPod({ uid: "late", name: "late", containers: [crashLooping("app")] }));
    await clock.advance(MINUTE);
    expect(names(watcher.alerts()).toSorted()).toEqual(["PodCrashLooping firing", "PodFailed firing"]);
    expect([...watcher.alerts()].find(({ labels }) => labels.workload === "Job/import")?.sources).toEqual(["a"]);
    source.remove("a");
    await clock.advance(SECOND);
    expect(names(watcher.alerts()).toSorted()).toEqual(["PodCrashLooping firing", "PodFailed resolved"]);
  });

  it("shows its downtime as a gap of every namespace, which ends at the next sync", async () => {
    const first = await watching();
    first.source.sync("shop", first.clock.now());
    const last = first.clock.now();
    await first.watcher[Symbol.asyncDispose]();
    await first.clock.advance(5 * MINUTE);

    const { source, watcher, clock } = await watching({ store: first.store, clock: first.clock });
    source.goStale("shop", last, "starting");
    source.goStale("new", last, "starting");
    const gaps = () => watcher.source.health().map(({ gaps }) => gaps);
    expect(gaps()).toEqual([[{ from: last, to: undefined, cause: "restart" }], []]);
    await clock.advance(SECOND);
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    source.sync("shop", clock.now());
    expect(gaps()).toEqual([[{ from: last, to: last + 5 * MINUTE + SECOND, cause: "restart" }], []]);
    source.unwatch("shop");
    source.sync("shop", clock.now());
    expect(gaps()).toEqual([[], []]);
  });

  it.each(["while it runs", "while it does not run"])(
    "treats a namespace that was removed %s and is watched again as new: old restarts are its baseline",
    async (when) => {
      const first = await watching();
      first.source.sync("shop", first.clock.now());
      await first.clock.advance(SECOND);
      if (when === "while it runs") first.source.unwatch("shop");
      await first.watcher[Symbol.asyncDispose]();
      const without = await watching({ store: first.store, clock: first.clock });
      without.watcher.namespacesChanged(["blog"]);
      await without.clock.advance(SECOND);
      await without.watcher[Symbol.asyncDispose]();

      const { source, watcher, clock } = await watching({ store: first.store, clock: first.clock });
      watcher.namespacesChanged(["blog", "shop"]);
      const lastTerminated = aTermination({ finishedAt: clock.now() - 30 * MINUTE });
      source.see(
        aPod({
          containers: [running("app", { startedAt: clock.now() - 30 * MINUTE, restartCount: 9, lastTerminated })],
        }),
      );
      source.sync("shop", clock.now());
      await clock.advance(SECOND);
      expect(names(watcher.alerts())).toEqual([]);
    },
  );

  it("deletes the checkpoint of a namespace that is no longer watched", async () => {
    const { source, clock, store } = await watching();
    source.sync("shop", clock.now());
    await clock.advance(SECOND);
    expect((await store.load()).checkpoints.has("shop")).toBe(true);
    source.unwatch("shop");
    await clock.advance(SECOND);
    expect((await store.load()).checkpoints.has("shop")).toBe(false);
  });

  it("returns the namespaces that were watched before a restart, and those with open alerts", async () => {
    const first = await watching();
    expect(first.watcher.previousNamespaces()).toEqual([]);
    first.source.see(aPod({ namespace: "batch", containers: [crashLooping("app")] }));
    for (const name of ["batch", "shop", "former"]) first.source.sync(name, first.clock.now());
    await first.clock.advance(SECOND);
    first.source.unwatch("former");
    await first.clock.advance(48 * 60 * MINUTE);
    first.source.sync("shop", first.clock.now());
    await first.clock.advance(SECOND);
    await first.watcher[Symbol.asyncDispose]();

    const { watcher } = await watching({ store: first.store, clock: first.clock });
    expect(watcher.previousNamespaces()).toEqual(["batch", "shop"]);
  });
});
