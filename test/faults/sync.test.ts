import type { Fault } from "@pod-watcher/simulator/faults/faults";
import { seededRandom } from "@pod-watcher/simulator/model/clocks";
import { continueTooOld, failure } from "@pod-watcher/simulator/model/status";
import { expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createFaultWorld, forEachProtocol, podObject, put, remove } from "./fault-world.ts";
import { watching } from "./watching.ts";

const ALWAYS = Number.POSITIVE_INFINITY;
const WATCH_LIST = { verb: "watch", query: { sendInitialEvents: true } } as const;
const FURTHER_PAGE = { verb: "list", query: { continue: true } } as const;

forEachProtocol("sync", (protocol) => {
  it("1. WatchList supported, 3 pods, end bookmark → synced after the bookmark, its version is the position", async () => {
    await using world = await createFaultWorld({ protocol });
    const pods = put(world, "a", "b", podObject("c", { restartCount: 7 }));
    world.start();
    await world.pass(2 * SECOND);
    expect(world.take()).toEqual([
      "shop starting",
      "shop syncing",
      ...pods.map((pod) => `updated ${pod}`),
      "shop live",
      "synced shop",
    ]);
    expect(world.changes.every((change) => change.type === "updated" && change.previous === undefined)).toBe(true);
    const { storage } = world.simulator.cluster;
    expect(world.health()).toMatchObject({ pods: 3, resourceVersion: storage.resourceVersion(storage.revision()) });
    expect(world.requests({ verb: "list" })).toHaveLength(0);
    expect(world.requests({ verb: "watch" }).map((request) => request.protocol)).toEqual([protocol]);
  });

  it("2. 422 to sendInitialEvents → paged LIST and watch; the choice is remembered; no error alert", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    put(world, "a");
    await world.live();
    expect(world.requests({ verb: "list" }).map(({ query }) => query)).toEqual([{ limit: "500" }]);
    const watches = world.requests({ verb: "watch", query: { sendInitialEvents: false } });
    expect(watches.map(({ query }) => query.resourceVersion)).toEqual(["2"]);
    expect(world.log).toEqual([]);
    expect(world.requests(WATCH_LIST)).toHaveLength(1);
    world.expire();
    await world.passUntil(() => world.health().syncs.expired === 1);
    expect(world.requests(WATCH_LIST)).toHaveLength(1);
  });

  it.each([400, 406, 500])("3. %i to sendInitialEvents → falls back to LIST in the same way", async (code) => {
    await using world = await createFaultWorld({ protocol });
    const refusal = failure(code, "Whatever", "a server or proxy that does not like it");
    world.simulator.faults.add({ match: WATCH_LIST, times: ALWAYS, fault: { kind: "status", status: refusal } });
    const pods = put(world, "a", "b");
    await world.live();
    expect(world.pods()).toEqual(pods);
    expect(world.requests({ verb: "list" })).toHaveLength(1);
  });

  it("4. connection dies before initial-events-end → no deletes, no version change, retry; what came stays", async () => {
    await using world = await createFaultWorld({ protocol });
    const [a, b] = put(world, "a", "b");
    await world.live();
    const position = world.health().resourceVersion;
    remove(world, "b");
    const [aa] = put(world, "aa");
    world.simulator.faults.add({ match: WATCH_LIST, fault: { kind: "withholdEnd" } });
    world.expire();
    await world.passUntil(() => world.pods().length === 3);
    world.simulator.breakRequests(WATCH_LIST, { how: "reset" });
    await world.arrive();
    expect(world.pods()).toEqual([a, aa, b]);
    expect(world.health()).toMatchObject({ state: "stale", resourceVersion: position });
    await world.passUntil(() => world.health().state === "live");
    expect(world.pods()).toEqual([a, aa]);
    expect(world.take("updated", "removed")).toEqual([`updated ${aa}`, `removed ${b} missing`]);
  });

  it("5. the stream stays open but the end bookmark never comes (60 s) → abort, fall back to LIST, warn", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    world.simulator.faults.add({ match: WATCH_LIST, times: ALWAYS, fault: { kind: "withholdEnd" } });
    world.start();
    await world.pass(59 * SECOND);
    expect(world.health().state).toBe("syncing");
    await world.pass(2 * SECOND);
    expect(world.health().state).toBe("live");
    expect(world.simulator.running(WATCH_LIST)).toBe(0);
    expect(world.log).toMatchObject([{ event: "initial_events_unavailable", level: "warn" }]);
  });

  it("5b. no end bookmark, and a new pod every 50 s → given up anyway, after two minutes", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, ...Array.from({ length: 100 }, (_, number) => `web-${number}`));
    for (const fault of [{ kind: "withholdEnd" }, { kind: "dribble", size: 4_000, every: 50 * SECOND }] as const) {
      world.simulator.faults.add({ match: WATCH_LIST, times: ALWAYS, fault });
    }
    world.start();
    await world.pass(119 * SECOND);
    expect(world.health().state).toBe("syncing");
    await world.pass(3 * SECOND);
    expect(world.health().state).toBe("live");
    expect(world.log).toMatchObject([{ event: "initial_events_unavailable", level: "warn" }]);
  });

  it("5c. the server closes cleanly during the initial events → LIST immediately", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    world.simulator.faults.add({ match: WATCH_LIST, times: ALWAYS, fault: { kind: "withholdEnd" } });
    world.start();
    await world.pass(2 * SECOND);
    world.simulator.breakRequests(WATCH_LIST, { how: "end" });
    await world.pass(2 * SECOND);
    expect(world.health()).toMatchObject({ state: "live", syncs: { start: 1 } });
    expect(world.requests(WATCH_LIST)).toHaveLength(1);
  });

  it("6. initial events in descending order, then a drop before the bookmark → none of these versions is used", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a", "b", "c", "d");
    world.simulator.faults.add({ match: WATCH_LIST, times: ALWAYS, fault: { kind: "descending" } });
    world.simulator.faults.add({ match: WATCH_LIST, fault: { kind: "withholdEnd" } });
    world.start();
    await world.passUntil(() => world.pods().length === 4);
    world.simulator.breakRequests(WATCH_LIST, { how: "reset" });
    await world.passUntil(() => world.health().state === "live");
    const versions = world.requests({ verb: "watch" }).map(({ query }) => query.resourceVersion);
    expect(versions).toEqual(["", ""]);
    // Descending: the last event has the lowest version of all.
    expect(world.take("updated").at(-1)).toBe("updated a@2");
    expect(world.health().resourceVersion).toBe("5");
  });

  it("7. LIST of 3 pages → all pods; continue requests carry no resourceVersion; the watch uses the list's", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    put(world, ...Array.from({ length: 1_200 }, (_, number) => `web-${number}`));
    await world.live();
    const lists = world.requests({ verb: "list" });
    expect(lists.map(({ query }) => Object.keys(query))).toEqual([
      ["limit"],
      ["limit", "continue"],
      ["limit", "continue"],
    ]);
    expect(world.pods()).toHaveLength(1_200);
    expect(world.requests({ verb: "watch" }).at(-1)?.query.resourceVersion).toBe("1201");
  });

  it("8. LIST page 2 → 410 Expired → partial result discarded, full list; pods only in the old page 1 are not kept", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    const pods = put(world, ...Array.from({ length: 600 }, (_, number) => `web-${1_000 + number}`));
    const release = Promise.withResolvers<void>();
    const { faults } = world.simulator;
    faults.add({ match: FURTHER_PAGE, fault: { kind: "hold", until: release.promise } });
    faults.add({ match: FURTHER_PAGE, fault: { kind: "status", status: continueTooOld() } });
    world.start();
    await world.passUntil(() => world.pods().length === 500);
    remove(world, "web-1000");
    release.resolve();
    await world.passUntil(() => world.health().state === "live");
    expect(world.take("removed")).toEqual([`removed ${pods[0]} missing`]);
    expect(world.pods()).toEqual(pods.slice(1));
    expect(world.requests({ verb: "list" }).at(-1)?.query).toEqual({});
  });

  it("9. LIST page 2 → connection reset → this page again with back-off; after the token's end the list starts again", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    const pods = put(world, ...Array.from({ length: 600 }, (_, number) => `web-${1_000 + number}`));
    const cut: Fault = { kind: "cut", afterBytes: 3_000, break: { how: "reset" } };
    world.simulator.faults.add({ match: FURTHER_PAGE, times: 2, fault: cut });
    await world.live();
    expect(world.pods()).toEqual(pods);
    const tokens = world.requests({ verb: "list" }).map(({ query }) => query.continue);
    expect(tokens).toEqual([undefined, tokens[1], tokens[1], tokens[1]]);

    world.simulator.faults.add({ match: FURTHER_PAGE, fault: cut });
    world.simulator.faults.add({ match: FURTHER_PAGE, nth: 2, fault: { kind: "status", status: continueTooOld() } });
    world.expire();
    await world.passUntil(() => world.health().syncs.expired === 1);
    expect(world.requests({ verb: "list" }).at(-1)?.query).toEqual({});
    expect(world.pods()).toEqual(pods);
  });

  it.each([
    ["FIN", { how: "close" }],
    ["RST", { how: "reset" }],
    ["an early end", { how: "end" }],
    ["RST_STREAM", { how: "stream" }],
    ["RST_STREAM(NO_ERROR)", { how: "stream", code: 0 }],
  ] as const)("10. LIST body truncated by %s → not accepted as a short list; no deletes", async (_name, broken) => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    const pods = put(world, "a", "b", "c", "d");
    await world.live();
    world.expire();
    for (const afterBytes of [40, 700, 1_500]) {
      const cut: Fault = { kind: "cut", afterBytes, break: broken };
      world.simulator.faults.add({ match: { verb: "list" }, nth: 1, fault: cut });
    }
    const attempts = world.requests({ verb: "list" }).length;
    await world.passUntil(() => world.requests({ verb: "list" }).length > attempts + 1);
    await world.passUntil(() => world.health().state === "live");
    expect(world.take("removed", "updated")).toEqual([]);
    expect(world.pods()).toEqual(pods);
  });

  it.each([true, false])(
    "11. empty namespace → synced with 0 pods, the watch runs (WatchList: %s)",
    async (watchList) => {
      await using world = await createFaultWorld({ protocol, watchList });
      world.simulator.cluster.storage.advance(41);
      world.start();
      await world.pass(2 * SECOND);
      expect(world.take()).toEqual(["shop starting", "shop syncing", "shop live", "synced shop"]);
      expect(world.health()).toMatchObject({ pods: 0, resourceVersion: "42" });
      const [first] = put(world, "first");
      await world.arrive();
      expect(world.take()).toEqual([`updated ${first}`]);
    },
  );

  it("13. 200 namespaces at start → at most 4 syncs at once, spread; no storm", async () => {
    const namespaces = Array.from({ length: 200 }, (_, number) => `ns-${number}`);
    await using world = await createFaultWorld({ protocol, namespaces, watchList: false });
    put(world, ...namespaces.map((namespace) => podObject("web-0", { namespace })));
    world.simulator.faults.add({ match: { verb: "list" }, times: ALWAYS, fault: { kind: "delay", for: 50 } });
    world.start();
    let most = 0;
    const took = await world.passUntil(() => {
      most = Math.max(most, world.simulator.running({ verb: "list" }));
      return world.source.health().every(({ state }) => state === "live");
    }, 30 * SECOND);
    expect(most).toBe(4);
    expect(took).toBeLessThan(10 * SECOND);
    expect(world.requests({ verb: "list" })).toHaveLength(200);
  });

  it("13b. many namespaces at start → their first requests are spread", async () => {
    const namespaces = Array.from({ length: 50 }, (_, number) => `ns-${number}`);
    await using world = await createFaultWorld({ protocol, namespaces, random: seededRandom(13) });
    world.start();
    await world.pass(3 * SECOND);
    const order = world.requests({ verb: "watch" }).map(({ namespace }) => namespaces.indexOf(namespace));
    expect(order).toHaveLength(50);
    // Otherwise they would come in the order in which they are configured, four at a time.
    expect(Math.max(...order.slice(0, 10))).toBeGreaterThan(25);
    expect(Math.min(...order.slice(-10))).toBeLessThan(25);
  });

  it("13c. lists of four namespaces that dribble → the fifth is synced within minutes, the four are reported", async () => {
    const namespaces = ["a", "b", "c", "d", "shop"];
    await using world = await createFaultWorld({ protocol, namespaces, watchList: false });
    put(world, ...namespaces.map((namespace) => podObject("web-0", { namespace })));
    for (const namespace of namespaces.slice(0, 4)) {
      const fault: Fault = { kind: "dribble", size: 1, every: 50 * SECOND };
      world.simulator.faults.add({ match: { verb: "list", namespace }, times: ALWAYS, fault });
    }
    await using alerts = await watching(world);
    await world.passUntil(() => world.health("shop").state === "live", 5 * MINUTE);
    await world.pass(5 * MINUTE);
    expect(world.health("a").problem?.message).toContain("bytes for 60 s");
    expect(alerts.fired).toEqual(Array.from({ length: 4 }, () => "NamespaceNotWatched"));
  });

  it("14. a relist finds a pod missing → removed as missing, cause unknown", async () => {
    await using world = await createFaultWorld({ protocol });
    const [, b] = put(world, "a", "b");
    await world.live();
    remove(world, "b");
    world.expire();
    await world.passUntil(() => world.health().syncs.expired === 1);
    expect(world.take("updated", "removed")).toEqual([`removed ${b} missing`]);
  });

  it("15. a relist finds the same name with a new UID → the old one gone first, then a new baseline", async () => {
    await using world = await createFaultWorld({ protocol });
    const [old] = put(world, podObject("web-0", { restartCount: 9 }));
    await world.live();
    world.simulator.dropConnections("reset");
    remove(world, "web-0");
    const [fresh] = put(world, podObject("web-0", { uid: "another", restartCount: 0 }));
    world.expire();
    await world.passUntil(() => world.health().syncs.expired === 1);
    expect(world.take("updated", "removed")).toEqual([`removed ${old} missing`, `updated ${fresh}`]);
    expect(world.changes.at(-1)).toMatchObject({ type: "updated", previous: undefined });
  });
});
