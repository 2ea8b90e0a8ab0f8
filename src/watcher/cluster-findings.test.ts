import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createMemoryStore, type MemoryStore } from "../../test/support/memory-store.ts";
import { createScriptedPodSource, healthOf } from "../../test/support/scripted-pod-source.ts";
import { inspectNamespace } from "../core/detect/namespace-health.ts";
import { defaultPolicy } from "../core/model/policy.ts";
import { MINUTE, SECOND } from "../core/model/time.ts";
import type { NamespaceHealth } from "../ports/pods.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { createWatcher } from "./watcher.ts";

async function watching(
  options: { store?: MemoryStore; clock?: ReturnType<typeof createFakeClock>; own?: string } = {},
) {
  const { clock = createFakeClock() } = options;
  const source = createScriptedPodSource();
  const logger = createLogger("silent");
  const store = options.store ?? (await createMemoryStore(clock));
  const watcher = createWatcher({
    clock,
    source,
    store,
    logger,
    events: createWatcherEvents(logger, createRegistry()),
    policyFor: () => defaultPolicy,
    inspectNamespace,
    ownNamespace: options.own,
  });
  await watcher.start();
  const commits: string[][] = [];
  watcher.subscribe(({ alerts }) => {
    const fired = alerts.filter(({ state }) => state.name === "firing").map(({ labels }) => labels.alertname);
    if (fired.length > 0) commits.push(fired.toSorted());
  });
  const live = (...names: string[]) => {
    for (const name of names) source.sync(name, clock.now());
  };
  const away = (name: string, changes: Partial<NamespaceHealth> = {}) => {
    const problem = { since: clock.now(), message: "connection refused", remedy: undefined, missing: [] };
    const lost = { syncedSince: undefined, staleSince: clock.now(), lastSyncedAt: clock.now() };
    const health = { state: "stale" as const, ...lost, problem: { ...problem, clusterCause: "Unreachable" as const } };
    source.setHealth(healthOf(name, { ...health, ...changes }));
  };
  const open = () =>
    [...watcher.alerts()]
      .filter(({ state }) => state.name === "firing")
      .map(({ labels }) => `${labels.alertname} ${labels.namespace}`)
      .toSorted();
  return { source, watcher, store, clock, commits, live, away, open };
}

it("fires once for the cluster, in the same commit as the first alert of a namespace", async () => {
  const { clock, live, away, open, commits } = await watching();
  live("bank", "shop");
  away("shop");
  await clock.advance(20 * SECOND);
  away("bank");
  await clock.advance(100 * SECOND);
  expect(commits).toEqual([["ClusterUnreachable", "WatchStale"]]);
  await clock.advance(MINUTE);
  expect(open()).toEqual(["ClusterUnreachable bank", "WatchStale bank", "WatchStale shop"]);
});

it("is not raised while one namespace is read, or while the API server refuses one for itself", async () => {
  const { clock, live, away, open, source } = await watching();
  live("bank", "shop");
  away("shop");
  await clock.advance(10 * MINUTE);
  expect(open()).toEqual(["WatchStale shop"]);
  source.setHealth(healthOf("bank", { state: "forbidden", staleSince: clock.now() }));
  await clock.advance(10 * MINUTE);
  expect(open()).toEqual(["NamespaceNotWatched bank", "WatchStale shop"]);
});

it("fires at once for a token that never worked, for our own namespace if it is watched", async () => {
  const { clock, away, open } = await watching({ own: "shop" });
  const { problem } = healthOf("x", {
    problem: { since: clock.now(), message: "401", remedy: undefined, missing: [] },
  });
  const rejected = {
    state: "unauthenticated" as const,
    lastSyncedAt: undefined,
    problem: { ...problem!, clusterCause: "Unauthorized" as const },
  };
  away("bank", rejected);
  await clock.advance(SECOND);
  away("shop", rejected);
  await clock.advance(SECOND);
  expect(open()).toContain("ClusterUnreachable shop");
});

it("keeps firing while the other namespaces become synced, and resolves then", async () => {
  const { clock, live, away, open } = await watching();
  live("bank", "shop");
  away("bank");
  away("shop");
  await clock.advance(3 * MINUTE);
  live("shop");
  await clock.advance(MINUTE);
  expect(open()).toEqual(["ClusterUnreachable bank", "WatchStale bank"]);
  await clock.advance(MINUTE + SECOND);
  expect(open()).toEqual(["WatchStale bank"]);
});

it("continues after a restart during the outage, and ends if the cluster answers", async () => {
  const first = await watching();
  first.live("shop");
  first.away("shop");
  await first.clock.advance(3 * MINUTE);
  await first.watcher[Symbol.asyncDispose]();
  const { clock, store } = first;
  const { live, away, open, commits, source } = await watching({ clock, store });
  source.setHealth(healthOf("shop", { state: "syncing", staleSince: clock.now() }));
  away("shop");
  await clock.advance(MINUTE);
  expect(open()).toContain("ClusterUnreachable shop");
  expect(commits.flat()).not.toContain("ClusterUnreachable");
  live("shop");
  await clock.advance(3 * MINUTE);
  expect(open()).toEqual([]);
});

it("is reported for another namespace when its own is no longer watched", async () => {
  const { clock, live, away, open, source } = await watching();
  live("bank", "shop");
  away("bank");
  away("shop");
  await clock.advance(3 * MINUTE);
  source.unwatch("bank");
  await clock.advance(3 * MINUTE);
  expect(open()).toEqual(["ClusterUnreachable shop", "WatchStale shop"]);
});
