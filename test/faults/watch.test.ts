import type { WatchFault } from "@pod-watcher/simulator/faults/faults";
import {
  failure,
  internalError,
  tooLargeResourceVersion,
  tooManyRequests,
  tooOld,
} from "@pod-watcher/simulator/model/status";
import { expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { cpuTime } from "../support/cpu-time.ts";
import { createFaultWorld, forEachProtocol, podObject, put, remove } from "./fault-world.ts";

const ALWAYS = Number.POSITIVE_INFINITY;
const RESUMED = { verb: "watch", query: { sendInitialEvents: false } } as const;
const SYNCS = [{ verb: "list" }, { verb: "watch", query: { sendInitialEvents: true } }] as const;

forEachProtocol("watch", (protocol) => {
  it("18. BOOKMARK → the version advances, no change, the silence is over", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    for (let minute = 0; minute < 5; minute++) {
      world.simulator.cluster.storage.advance(10);
      await world.pass(MINUTE);
      expect(world.health().resourceVersion).toBe(String(world.simulator.cluster.storage.revision()));
    }
    expect(world.events).toEqual([]);
    expect(world.health()).toMatchObject({ reconnects: {}, lastBookmarkAt: expect.any(Number) });
  });

  it("19. quiet for 30 min with bookmarks every 60 s → no relist, no changes", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    for (let minute = 0; minute < 30; minute++) {
      // Elsewhere in the cluster there is much to do: the history reaches back for 75 s.
      put(world, ...Array.from({ length: 120 }, () => podObject("busy", { namespace: "elsewhere" })));
      await world.pass(MINUTE);
    }
    expect(world.events).toEqual([]);
    expect(world.health().syncs).toEqual({ start: 1 });
    expect(SYNCS.flatMap((match) => world.requests(match))).toHaveLength(1);
  });

  it("19b. bookmarks stop → one reconnect, and then they are no longer expected", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    await world.pass(65 * SECOND);
    for (const match of [RESUMED, SYNCS[1]]) {
      world.simulator.faults.add({ match, times: ALWAYS, fault: { kind: "bookmarks", interval: "never" } });
    }
    world.simulator.dropConnections("close");
    await world.pass(60 * MINUTE);
    const { syncs, gaps, reconnects } = world.health();
    expect(syncs).toMatchObject({ start: 1, silent: 1 });
    expect(gaps.length).toBeLessThanOrEqual(1);
    expect(reconnects.silent).toBeGreaterThan(5);
    expect(world.take("updated", "removed")).toEqual([]);
  });

  it("20. the server closes at timeoutSeconds → reconnect, same version, within a second, no LIST", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const [first] = world.requests({ verb: "watch" });
    const timeout = Number(first?.query.timeoutSeconds) * SECOND;
    expect(timeout).toBeGreaterThanOrEqual(300 * SECOND);
    expect(timeout).toBeLessThanOrEqual(600 * SECOND);
    await world.passUntil(() => world.requests({ verb: "watch" }).length === 2, timeout + 5 * SECOND);
    const [, second] = world.requests({ verb: "watch" });
    expect(second!.at - first!.at - timeout).toBeLessThanOrEqual(SECOND);
    expect(second!.query).toMatchObject({ resourceVersion: "2" });
    await world.pass(5 * SECOND);
    expect(world.events).toEqual([]);
    expect(world.health()).toMatchObject({ reconnects: { timeout: 1 }, syncs: { start: 1 }, gaps: [] });
  });

  it("21. closed after less than a second, with no event, again and again → back-off, no hot loop", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    world.simulator.faults.add({
      match: RESUMED,
      times: ALWAYS,
      fault: { kind: "stop", afterEvents: 0, break: { how: "end" } },
    });
    world.simulator.dropConnections("reset");
    await world.pass(2 * MINUTE);
    const before = world.requests().length;
    await world.pass(5 * MINUTE);
    expect(world.requests().length - before).toBeLessThanOrEqual(50);
    expect(world.health()).toMatchObject({ state: "stale", syncs: { start: 1 } });
  });

  it("22. 410 as HTTP status at the start of a watch → resync; deletes only after it is complete", async () => {
    await using world = await createFaultWorld({ protocol });
    const [, b] = put(world, "a", "b");
    await world.live();
    world.simulator.faults.add({ match: RESUMED, fault: { kind: "status", status: tooOld("3", "90") } });
    const held = Promise.withResolvers<void>();
    world.simulator.faults.add({ match: SYNCS[1], fault: { kind: "hold", until: held.promise } });
    world.simulator.dropConnections("reset");
    remove(world, "b");
    await world.pass(5 * SECOND);
    expect(world.take()).toEqual(["shop stale"]);
    held.resolve();
    await world.arrive();
    expect(world.take()).toEqual([`removed ${b} missing`, "shop live", "synced shop"]);
    expect(world.health()).toMatchObject({ refusals: { 410: 1 }, syncs: { start: 1, expired: 1 } });
  });

  it("23. 410 as ERROR event in a 200 answer, the stream kept open → closed by the client, resync", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ error: tooOld("3", "90") }] });
    await world.pass(3 * SECOND);
    expect(world.health()).toMatchObject({ state: "live", syncs: { start: 1, expired: 1 } });
    expect(world.simulator.running({ verb: "watch" })).toBe(1);
  });

  it("24. 410 again right after the resync, twice → LIST without a version, an alarm, no tight loop", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    put(world, "a");
    await world.live();
    using rule = world.simulator.faults.add({
      match: RESUMED,
      times: ALWAYS,
      fault: { kind: "insert", afterEvents: 0, frames: [{ error: tooOld("3", "90") }] },
    });
    world.simulator.dropConnections("reset");
    const before = world.requests({ verb: "list" }).length;
    await world.pass(5 * MINUTE);
    const lists = world.requests({ verb: "list" }).slice(before);
    expect(lists.length).toBeLessThan(25);
    expect(lists.slice(0, 3).map(({ query }) => query)).toEqual([{ limit: "500" }, {}, {}]);
    expect(await world.metric("pod_watcher_watch_anomalies_total", "expired_repeatedly")).toBeGreaterThan(3);
    expect(world.log.map(({ event }) => event)).toContain("watch_expired_repeatedly");
    rule[Symbol.dispose]();
    await world.pass(MINUTE);
    expect(world.health().state).toBe("live");
  });

  it.each([true, false])(
    "24b. 410 again and again, 1.5 s after each resync → back-off, and asked otherwise (WatchList: %s)",
    async (watchList) => {
      await using world = await createFaultWorld({ protocol, watchList, bookmarkInterval: 1.5 * SECOND });
      put(world, "a");
      await world.live();
      const frames = [{ error: tooOld("3", "90") }];
      // After a bookmark that says nothing new.
      for (const [match, afterEvents] of [
        [RESUMED, 1],
        [SYNCS[1], 3],
      ] as const) {
        world.simulator.faults.add({ match, times: ALWAYS, fault: { kind: "insert", afterEvents, frames } });
      }
      world.simulator.dropConnections("reset");
      const before = SYNCS.flatMap((match) => world.requests(match)).length;
      await world.pass(5 * MINUTE);
      expect(SYNCS.flatMap((match) => world.requests(match)).length - before).toBeLessThan(25);
      expect(await world.metric("pod_watcher_watch_anomalies_total", "expired_repeatedly")).toBeGreaterThan(3);
      expect(world.requests({ verb: "list" }).at(-1)?.query).toEqual({});
      world.simulator.faults.clear();
      await world.pass(MINUTE);
      expect(world.health().state).toBe("live");
    },
  );

  it.each(["reset", "end"] as const)(
    "21b. every watch is cut (%s) after 1.5 s in a quiet namespace → back-off, no hot loop",
    async (how) => {
      await using world = await createFaultWorld({ protocol });
      put(world, "a");
      await world.live();
      let requests = 0;
      for (let time = 0; time < 600; time += 1.5) {
        world.simulator.breakRequests(RESUMED, { how });
        world.simulator.breakRequests(SYNCS[1], { how });
        await world.pass(1.5 * SECOND);
        if (time === 120) requests = world.requests().length;
      }
      expect(world.requests().length - requests).toBeLessThanOrEqual(40);
      expect(world.health().syncs).toEqual({ start: 1 });
    },
  );

  it("25. ERROR 429 event with retryAfterSeconds=7 → waits at least 7 s, same version", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ error: tooManyRequests("slow down", 7) }] });
    await world.passUntil(() => world.requests(RESUMED).length === 2);
    const [refused, next] = world.requests(RESUMED);
    expect(next!.at - refused!.at).toBeGreaterThanOrEqual(7 * SECOND);
    expect(next!.query.resourceVersion).toBe("2");
    expect(world.health()).toMatchObject({ refusals: { 429: 1 }, syncs: { start: 1 } });
  });

  it("26. ERROR 500 event (etcd leader changed) → same version with back-off; resync only after about a minute", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const leader = internalError("etcdserver: leader changed");
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ error: leader }] }, ALWAYS);
    const synced = () => SYNCS.flatMap((match) => world.requests(match)).length;
    await world.pass(58 * SECOND);
    expect(synced()).toBe(1);
    const attempts = world.requests(RESUMED);
    expect(attempts.length).toBeGreaterThan(4);
    expect(attempts.every(({ query }) => query.resourceVersion === "2")).toBe(true);
    await world.pass(60 * SECOND);
    expect(synced()).toBeGreaterThan(1);
    world.simulator.faults.clear();
    await world.pass(40 * SECOND);
    expect(world.health().state).toBe("live");
  });

  it.each(["event", "answer"])(
    "27. 504 too large resource version as %s → again 1 s later, then without a version",
    async (how) => {
      await using world = await createFaultWorld({ protocol });
      put(world, "a");
      await world.live();
      const status = tooLargeResourceVersion("2", "1");
      world.simulator.faults.add({
        match: RESUMED,
        times: 2,
        fault:
          how === "event"
            ? { kind: "insert", afterEvents: 0, frames: [{ error: status }] }
            : { kind: "status", status },
      });
      world.simulator.dropConnections("reset");
      await world.passUntil(() => world.health().syncs.ahead === 1);
      const [first, second] = world.requests(RESUMED);
      expect([first, second].map((request) => request?.query.resourceVersion)).toEqual(["2", "2"]);
      expect(second!.at - first!.at).toBeGreaterThanOrEqual(SECOND);
      expect(second!.at - first!.at).toBeLessThan(5 * SECOND);
      expect(world.requests(SYNCS[1]).at(-1)?.query.resourceVersion).toBe("");
    },
  );

  it("28. an event of unknown type → connection dropped, resumed from the last good version, counted", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    insert(world, { kind: "insert", afterEvents: 1, frames: [{ type: "FOO", object: podObject("a") }] });
    const [b] = put(world, "b");
    await world.passUntil(() => world.requests(RESUMED).length === 2);
    expect(world.take("updated")).toEqual([`updated ${b}`]);
    expect(world.requests(RESUMED).at(-1)?.query.resourceVersion).toBe("3");
    expect(world.health().decodeErrors).toBe(1);
    await world.pass(2 * SECOND);
    expect(world.health().state).toBe("live");
  });

  it("29. a broken frame in the middle → as 28; the good event after it is not applied on top of the hole", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    let isBroken = false;
    world.simulator.faults.add({
      match: RESUMED,
      fault: {
        kind: "rewrite",
        event: ({ object }) => {
          if (object?.metadata.name !== "hole" || isBroken) return "as it is";
          isBroken = true;
          return [{ frame: "\u0001broken{" }];
        },
      },
    });
    world.simulator.dropConnections("reset");
    await world.pass(2 * SECOND);
    const [, hole, after] = put(world, "before", "hole", "after");
    await world.arrive();
    expect(world.take("updated")).toEqual(["updated before@3"]);
    await world.pass(3 * SECOND);
    expect(world.take("updated")).toEqual([`updated ${hole}`, `updated ${after}`]);
    expect(world.health()).toMatchObject({ decodeErrors: 1, syncs: { start: 1 } });
  });

  it("29b. broken again at the same version → everything is listed again", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ frame: "\u0001broken{" }] }, 2);
    await world.passUntil(() => world.health().syncs.undecodable === 1);
    expect(world.health()).toMatchObject({ decodeErrors: 2, state: "live" });
  });

  it.each([true, false])("30. events split at every byte → the same result (protobuf: %s)", async (protobuf) => {
    await using world = await createFaultWorld({ protocol, protobuf });
    put(world, "a");
    world.simulator.faults.add({
      match: { verb: "watch" },
      times: ALWAYS,
      fault: { kind: "dribble", size: 1, every: 0 },
    });
    world.start();
    const message = "naïve — 工作 🚀 ".repeat(3);
    const state = { terminated: { exitCode: 1, reason: "Error", message, startedAt: null, finishedAt: null } };
    const pods = put(world, podObject("ü-1", { state }), "b", "c");
    while (world.pods().length < 4) await world.arrive();
    expect(world.pods()).toEqual(["a@2", ...pods.toSorted()]);
    expect(world.source.pod("shop", "ü-1")?.containers[0]?.state).toMatchObject({ name: "terminated", message });
    await world.passUntil(() => world.health().state === "live", MINUTE);
    expect(world.health().decodeErrors).toBe(0);
  });

  it("31. one event of 8 MiB → accepted; a frame of more than 64 MiB → dropped and counted, not allocated", async () => {
    await using world = await createFaultWorld({ protocol, protobuf: true });
    put(world, "a");
    await world.live();
    const big = podObject("big");
    big.metadata.annotations = { "example.com/blob": "x".repeat(8 * 1024 * 1024) };
    const [seen] = put(world, big);
    await world.passUntil(() => world.pods().length === 2, 30 * SECOND);
    expect(world.take("updated")).toEqual([`updated ${seen}`]);

    const length = Buffer.from([0x04, 0x00, 0x00, 0x01]);
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ raw: length }] });
    const before = process.memoryUsage().arrayBuffers;
    await world.passUntil(() => world.health().decodeErrors === 1, 30 * SECOND);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    await world.pass(5 * SECOND);
    expect(world.health().state).toBe("live");
  });

  it("32. duplicate events (same UID and version) after a resume → reported once", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    world.simulator.faults.add({ match: RESUMED, fault: { kind: "duplicate" } });
    world.simulator.dropConnections("reset");
    await world.pass(2 * SECOND);
    const pods = put(world, "b", podObject("b", { restartCount: 1 }));
    await world.arrive();
    expect(world.take("updated")).toEqual(pods.map((pod) => `updated ${pod}`));
  });

  it("33. an older version than stored for the same UID → ignored and counted", async () => {
    await using world = await createFaultWorld({ protocol });
    const old = podObject("a", { restartCount: 1 });
    old.metadata.resourceVersion = "1";
    put(world, "a", podObject("a", { restartCount: 5 }));
    await world.live();
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ type: "MODIFIED", object: old }] });
    await world.pass(2 * SECOND);
    expect(world.take("updated", "removed")).toEqual([]);
    expect(world.source.pod("shop", "a")?.containers[0]?.restartCount).toBe(5);
    expect(await world.metric("pod_watcher_watch_anomalies_total", "older_state")).toBe(1);
  });

  it("34. DELETED with a final state not seen before → that state is reported, then the pod is removed", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const finishedAt = "2026-01-01T00:00:01Z";
    const state = { terminated: { exitCode: 137, reason: "OOMKilled", startedAt: null, finishedAt } };
    world.simulator.cluster.storage.pods.remove("shop", "a", podObject("a", { state }));
    await world.arrive();
    expect(world.changes).toHaveLength(1);
    expect(world.changes[0]).toMatchObject({ type: "removed", reason: "deleted" });
    expect(world.changes[0]?.pod.containers[0]?.state).toMatchObject({ name: "terminated", reason: "OOMKilled" });
    expect(world.pods()).toEqual([]);
  });

  it("35. DELETED for an unknown pod → ignored", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const stranger = podObject("stranger");
    stranger.metadata.resourceVersion = "3";
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ type: "DELETED", object: stranger }] });
    await world.pass(2 * SECOND);
    expect(world.take("updated", "removed")).toEqual([]);
    expect(world.health().state).toBe("live");
  });

  it("36. MODIFIED for an unknown pod → taken as new, counted", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const stranger = podObject("stranger");
    stranger.metadata.resourceVersion = "3";
    insert(world, { kind: "insert", afterEvents: 0, frames: [{ type: "MODIFIED", object: stranger }] });
    await world.pass(2 * SECOND);
    expect(world.take("updated", "removed")).toEqual(["updated stranger@3"]);
    expect(await world.metric("pod_watcher_watch_anomalies_total", "unknown_modified")).toBe(1);
  });

  it("38. a burst of 5,000 events → reported in order, each within a second of work", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const written = new Map<string, number>();
    const lags: number[] = [];
    world.source.pods(); // Reading while it is written does no harm.
    const order: string[] = [];
    const record = (name: string) => {
      order.push(name);
      lags.push(cpuTime() - written.get(name)!);
    };
    const before = world.changes.length;
    for (let batch = 0; batch < 50; batch++) {
      const objects = Array.from({ length: 100 }, (_, number) => podObject(`burst-${batch * 100 + number}`));
      const now = cpuTime();
      for (const { metadata } of objects) written.set(metadata.name, now);
      put(world, ...objects);
      await new Promise((resolve) => setImmediate(resolve));
      for (const { pod } of world.changes.slice(before + order.length)) record(pod.name);
    }
    await world.passUntil(() => world.changes.length - before === 5_000, 30 * SECOND);
    for (const { pod } of world.changes.slice(before + order.length)) record(pod.name);
    expect(order).toEqual([...written.keys()]);
    expect(lags.toSorted((a, b) => a - b)[Math.floor(lags.length * 0.99)]).toBeLessThan(1_000);
    expect(world.health().reconnects).toEqual({});
  });

  it("39. the sink throws → logged and counted; the stream and other namespaces continue", async () => {
    await using world = await createFaultWorld({ protocol, namespaces: ["shop", "till"] });
    world.start({
      changed: ({ pod }) => {
        if (pod.namespace === "shop") throw new Error("a bug in the evaluation");
      },
    });
    await world.passUntil(() => world.source.health().every(({ state }) => state === "live"));
    put(world, "a", "b", podObject("t", { namespace: "till" }));
    await world.arrive();
    expect(world.take("updated").toSorted()).toEqual(["updated a@2", "updated b@3", "updated t@4"]);
    expect(await world.metric("pod_watcher_watch_sink_failures_total")).toBe(2);
    expect(world.log).toMatchObject([{ event: "pod_change_failed" }, { event: "pod_change_failed" }]);
    expect(world.health().reconnects).toEqual({});
  });
});

it("says with which status the server ended a watch", async () => {
  await using world = await createFaultWorld({ protocol: "h2" });
  await world.live();
  insert(world, { kind: "insert", afterEvents: 0, frames: [{ error: failure(418, "Teapot", "short and stout") }] });
  await world.pass(2 * SECOND);
  expect(world.log.at(-1)?.reason).toContain("418 Teapot: short and stout");
});

/** Puts something into the next watch that resumes, and makes it resume now. */
function insert(world: Awaited<ReturnType<typeof createFaultWorld>>, fault: WatchFault, times = 1): void {
  world.simulator.faults.add({ match: RESUMED, times, fault });
  world.simulator.dropConnections("reset");
}
