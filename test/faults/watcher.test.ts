import { timestamp } from "@pod-watcher/simulator/model/objects";
import { expect, it } from "vitest";
import { inspectNamespace } from "../../src/core/detect/namespace-health.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createWatcherEvents } from "../../src/telemetry/watcher-events.ts";
import { createWatcher, type Watcher } from "../../src/watcher/watcher.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { createFaultWorld, type FaultWorld, forEachProtocol, podObject, put } from "./fault-world.ts";
import { watching as watchingFor } from "./watching.ts";

forEachProtocol("the watcher", (protocol) => {
  it("16. a relist finds restartCount +3 → 3 restarts, marked late, only the last cause known", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await using watcher = await watching(world);
    await live(world);
    await world.simulator.stop();
    await world.pass(5 * MINUTE);
    put(world, crashed("a", 3, world.clock.now() - MINUTE));
    world.simulator.cluster.storage.advance(200);
    world.simulator.cluster.storage.compact();
    await world.simulator.start();
    await live(world);
    const restarts = watcher.history("uid-a")?.containers.app?.restarts ?? [];
    expect(restarts.map(({ inferred, reason }) => [inferred, reason])).toEqual([
      [true, undefined],
      [true, undefined],
      [true, "OOMKilled"],
    ]);
    expect(restarts.at(-1)?.at).toBe(Math.floor((world.clock.now() - MINUTE) / 60_000) * 60_000);
  });

  it("17. the watcher was restarted: restartCount 2 → 5 in between → 3 restarts, once; without a memory none", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, podObject("a", { restartCount: 2 }));
    const store = await createMemoryStore();
    const first = await watching(world, store);
    await live(world);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await world.pass(5 * MINUTE);
    put(world, crashed("a", 5, world.clock.now() - 2 * MINUTE));

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    expect(second.history("uid-a")?.containers.app?.restarts.map(({ inferred }) => inferred)).toEqual([
      true,
      true,
      true,
    ]);
    await using third = await world.another();
    await using fourth = await watching(third, store);
    await live(third);
    expect(fourth.history("uid-a")?.containers.app?.restarts).toHaveLength(3);

    await using stranger = await world.another();
    await using forgetful = await watching(stranger, await createMemoryStore());
    await live(stranger);
    expect(forgetful.history("uid-a")?.containers.app?.restarts ?? []).toEqual([]);
  });

  it("34b. DELETED with a final OOMKilled not seen before → the crash is counted, then the pod is gone", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await using watcher = await watching(world);
    await live(world);
    const { status } = crashed("a", 0, world.clock.now());
    const state = status.containerStatuses?.[0]?.lastState ?? {};
    world.simulator.cluster.storage.pods.remove("shop", "a", podObject("a", { state }));
    await world.pass(SECOND);
    expect(watcher.terminations()).toMatchObject([{ container: "app", reason: "OOMKilled", count: 1 }]);
    expect(world.pods()).toEqual([]);
  });

  it("37. writes are blocked for 60 s → reading continues, pending changes are merged, no restart is lost", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    const store = await createMemoryStore();
    const blocked = Promise.withResolvers<void>();
    let isBlocked = false;
    const slow: MemoryStore = {
      ...store,
      commit: async (batch) => {
        if (isBlocked) await blocked.promise;
        return store.commit(batch);
      },
    };
    await using watcher = await watching(world, slow);
    await live(world);
    await watcher.settled();
    const before = store.batches.length;
    isBlocked = true;
    for (let restart = 1; restart <= 60; restart++) {
      put(world, crashed("a", restart, world.clock.now()));
      await world.pass(SECOND);
    }
    expect(world.source.pod("shop", "a")?.containers[0]?.restartCount).toBe(60);
    expect(watcher.history("uid-a")?.containers.app?.restarts).toHaveLength(60);
    expect(store.batches).toHaveLength(before);
    isBlocked = false;
    blocked.resolve();
    await watcher.settled();
    expect(store.batches.length - before).toBeLessThanOrEqual(3);
    expect(store.batches.at(-1)?.pods.get("uid-a")?.containers.app?.restarts).toHaveLength(60);
  });

  it("49b. the API server is away for 10 min → nothing resolves and nothing fires for pods that cannot be seen", async () => {
    await using world = await createFaultWorld({ protocol });
    const waiting = { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" } };
    put(world, podObject("a", { restartCount: 9, state: waiting }), "b");
    await using watcher = await watching(world);
    await live(world);
    const firing = () =>
      [...watcher.alerts()].filter(({ state }) => state.name === "firing").map(({ labels }) => labels.alertname);
    await world.pass(MINUTE);
    expect(firing()).toContain("PodCrashLooping");
    await world.simulator.stop();
    await world.pass(10 * MINUTE);
    expect(firing()).toEqual(expect.arrayContaining(["PodCrashLooping", "WatchStale"]));
    await world.simulator.start();
    await live(world);
    await world.pass(2 * MINUTE);
    expect(firing()).toContain("PodCrashLooping");
    expect(firing()).not.toContain("WatchStale");
  });

  it("49c. restarted while the API server is away → what was wrong with the namespace is not over for that", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    const store = await createMemoryStore();
    const first = await watching(world, store);
    await live(world);
    await world.simulator.stop();
    await world.pass(5 * MINUTE);
    const states = (watcher: Watcher) =>
      [...watcher.alerts()].map(({ labels, state }) => `${labels.alertname} ${state.name}`).toSorted();
    expect(states(first)).toEqual(["ClusterUnreachable firing", "WatchStale firing"]);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using again = await world.another();
    await using second = await watching(again, store);
    await world.pass(MINUTE);
    expect(states(second)).toEqual(["ClusterUnreachable firing", "WatchStale firing"]);
    await world.simulator.start();
    await live(again);
    expect(states(second)).toEqual(["ClusterUnreachable firing", "WatchStale resolved"]);
    await again.pass(2 * MINUTE);
    expect(states(second)).toEqual(["ClusterUnreachable resolved", "WatchStale resolved"]);
  });

  it("64c. etcd restored → no restart is counted on the way back nor when the kubelet writes again, and nothing fires", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, crashed("a", 2, world.clock.now() - HOUR));
    const backup = world.simulator.cluster.storage.backup();
    put(world, crashed("a", 5, world.clock.now() - HOUR), "made-after-the-backup");
    world.simulator.cluster.storage.advance(50);
    await using watched = await watchingFor(world);
    await live(world);
    await world.pass(65 * SECOND);
    world.simulator.restore(backup);
    await world.passUntil(() => world.health().syncs.silent === 1, 5 * MINUTE);
    await world.pass(2 * SECOND);
    expect(world.source.pod("shop", "a")?.containers[0]?.restartCount).toBe(2);
    const restarts = () => watched.watcher.history("uid-a")?.containers.app?.restarts ?? [];
    expect(restarts()).toEqual([]);
    put(world, crashed("a", 5, world.clock.now() - HOUR));
    await world.pass(2 * SECOND);
    expect(restarts()).toEqual([]);
    put(world, crashed("a", 6, world.clock.now()));
    await world.pass(2 * SECOND);
    expect(restarts()).toHaveLength(1);
    expect(watched.fired).toEqual(["ContainerOOMKilled"]);
  });
});

/** A container that was killed for want of memory and runs again. */
function crashed(name: string, restartCount: number, at: number) {
  const minute = Math.floor(at / 60_000) * 60_000;
  const finishedAt = timestamp(minute);
  const containerID = `containerd://uid-${name}-run-${restartCount - 1}`;
  return podObject(name, {
    restartCount,
    state: { running: { startedAt: timestamp(at) } },
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled", startedAt: null, finishedAt, containerID } },
  });
}

async function watching(world: FaultWorld, store?: MemoryStore): Promise<Watcher> {
  const logger = createLogger("silent");
  const watcher = createWatcher({
    clock: world.clock,
    source: world.source,
    store: store ?? (await createMemoryStore()),
    logger,
    events: createWatcherEvents(logger, createRegistry()),
    policyFor: () => defaultPolicy,
    inspectNamespace,
  });
  await watcher.start();
  return watcher;
}

async function live(world: FaultWorld): Promise<void> {
  await world.passUntil(() => world.health().state === "live", 5 * MINUTE);
  await world.pass(2 * SECOND);
}
