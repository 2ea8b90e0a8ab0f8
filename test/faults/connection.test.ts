import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Network, startNetwork } from "@pod-watcher/simulator/faults/network";
import { failure } from "@pod-watcher/simulator/model/status";
import { expect, it } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import {
  createFaultWorld,
  type FaultWorld,
  type FaultWorldOptions,
  forEachProtocol,
  podObject,
  put,
} from "./fault-world.ts";
import { type FrozenPeer, startFreezablePeer } from "./frozen-peer.ts";
import { watching } from "./watching.ts";

const ALWAYS = Number.POSITIVE_INFINITY;
const RESUMED = { verb: "watch", query: { sendInitialEvents: false } } as const;

forEachProtocol("connection", (protocol) => {
  it("40. TCP RST in the middle of the stream → resumes the same version immediately, then backs off", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    world.simulator.dropConnections("reset");
    await world.pass(2 * SECOND);
    expect(world.requests(RESUMED).map(({ query }) => query.resourceVersion)).toEqual(["2"]);
    expect(world.events).toEqual([]);

    await world.pass(30 * SECOND);
    world.simulator.faults.add({ match: RESUMED, times: 4, fault: { kind: "break", break: { how: "reset" } } });
    const droppedAt = world.clock.now();
    world.simulator.dropConnections("reset");
    await world.passUntil(() => world.requests(RESUMED).length === 6);
    const attempts = world
      .requests(RESUMED)
      .slice(1)
      .map(({ at }) => at - droppedAt);
    expect(attempts[0]).toBeLessThanOrEqual(SECOND);
    const pauses = attempts.slice(1).map((at, index) => at - attempts[index]!);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThan(SECOND);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it("41. the peer is frozen (SIGSTOP): no FIN → noticed within 45 s by PING, 100 s by silence; nothing is lost", async () => {
    await using between = await behind((simulator) => startFreezablePeer(simulator.port));
    await using world = await createFaultWorld({ protocol, ...between.options });
    put(world, "a");
    await inRealTime(world, () => world.health().state === "live");
    await world.pass(2 * SECOND);
    // Silence is a fault only after the server has sent bookmarks; PING needs none.
    const bookmarksAt = world.health().lastBookmarkAt;
    if (protocol === "http/1.1") await world.pass(60 * SECOND);
    if (protocol === "http/1.1") await inRealTime(world, () => world.health().lastBookmarkAt !== bookmarksAt);
    world.take();
    const noticed = () => Object.keys(world.health().reconnects).length > 0;
    between.place.freeze();
    const [b] = put(world, "b");
    const took = await world.passUntil(noticed, 400 * SECOND);
    expect(took).toBeLessThanOrEqual((protocol === "h2" ? 45 : 101) * SECOND);
    expect(world.health().reconnects).toEqual(protocol === "h2" ? { ping: 1 } : { silent: 1 });
    await world.pass(6 * SECOND);
    expect(world.health().state).toBe("stale");
    between.place.thaw();
    await inRealTime(world, () => world.health().state === "live");
    expect(world.take("updated", "removed")).toEqual([`updated ${b}`]);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it("41b. the network is cut (half-open TCP, both kernels acknowledge) → noticed as soon, nothing is lost", async () => {
    await using between = await behind((simulator, clock) => startNetwork(clock, simulator.port));
    await using world = await createFaultWorld({ protocol, ...between.options });
    put(world, "a");
    await world.live();
    await world.pass(65 * SECOND);
    between.place.partition();
    const [b] = put(world, "b");
    const took = await world.passUntil(() => Object.keys(world.health().reconnects).length > 0, 400 * SECOND);
    expect(took).toBeLessThanOrEqual((protocol === "h2" ? 45 : 101) * SECOND);
    between.place.heal("stay-dead");
    await world.passUntil(() => world.pods().length === 2, MINUTE);
    await world.pass(2 * SECOND);
    expect(world.take("updated", "removed")).toEqual([`updated ${b}`]);
    expect(world.health()).toMatchObject({ state: "live", syncs: { start: 1 } });
  });

  it.each([
    [60, "close"],
    [350, "close"],
    [60, "forget"],
  ] as const)(
    "42. a load balancer ends idle connections after %i s (%s) → nothing missed, no alert",
    async (idle, how) => {
      await using between = await behind((simulator, clock) => startNetwork(clock, simulator.port));
      // No bookmarks, so that a connection can be idle at all.
      await using world = await createFaultWorld({ protocol, bookmarkInterval: 10 * HOUR, ...between.options });
      between.place.closeIdleAfter(idle * SECOND, how);
      put(world, "a");
      await using alerts = await watching(world);
      await live(world);
      const expected: string[] = [];
      for (let period = 0; period < 4; period++) {
        await world.pass(5 * MINUTE);
        expected.push(...put(world, podObject("a", { restartCount: period + 1 })).map((pod) => `updated ${pod}`));
      }
      await world.pass(7 * MINUTE);
      expect(world.take("updated", "removed")).toEqual(expected);
      expect(world.health()).toMatchObject({ state: "live", syncs: { start: 1 } });
      const reconnects = Object.values(world.health().reconnects).reduce((sum, count) => sum + count, 0);
      expect(reconnects).toBeLessThanOrEqual((27 * 60) / idle + 6);
      expect(alerts.fired).toEqual([]);
    },
  );

  it("43. GOAWAY → running streams continue, new ones use a new session, no gap", async () => {
    await using world = await createFaultWorld({ protocol, namespaces: ["shop", "till"] });
    put(world, "a", podObject("t", { namespace: "till" }));
    await world.live();
    const before = world.requests().length;
    world.simulator.goaway();
    const [b] = put(world, "b");
    await world.arrive();
    expect(world.take()).toEqual([`updated ${b}`]);
    expect(world.requests()).toHaveLength(before);
    world.simulator.breakRequests({ verb: "watch", namespace: "till" }, { how: "stream" });
    await world.pass(2 * SECOND);
    const [t] = put(world, podObject("t", { namespace: "till", restartCount: 1 }));
    await world.arrive();
    expect(world.take()).toEqual([`updated ${t}`]);
    const connections = new Set(world.requests().map(({ connection }) => connection));
    expect(connections.size).toBeGreaterThan(1);
    expect(world.health("shop").reconnects).toEqual({});
  });

  it("43b. GOAWAY by chance: a quiet watch on the old session continues, and no PING ends it", async () => {
    await using world = await createFaultWorld({ protocol, namespaces: ["shop", "till"], bookmarkInterval: 10 * HOUR });
    put(world, "a", podObject("t", { namespace: "till" }));
    await world.live();
    world.simulator.goaway();
    await world.pass(4 * MINUTE);
    const pods = put(world, "b", podObject("u", { namespace: "till" }));
    await world.arrive();
    expect(world.take()).toEqual(pods.map((pod) => `updated ${pod}`));
    expect(world.log).toEqual([]);
    for (const namespace of ["shop", "till"]) expect(world.health(namespace).reconnects).toEqual({});
  });

  it.each([
    [0, "NO_ERROR"],
    [11, "ENHANCE_YOUR_CALM"],
  ])(
    "43c. GOAWAY(%i, %s) and the connection ends → the metric and the log say so, nothing is lost",
    async (code, name) => {
      if (protocol === "http/1.1") return;
      await using world = await createFaultWorld({ protocol });
      put(world, "a");
      await world.live();
      world.simulator.goaway(code);
      await world.arrive();
      if (code === 0) world.simulator.dropConnections("close");
      await world.pass(2 * SECOND);
      const [b] = put(world, "b");
      await world.arrive();
      expect(world.take()).toEqual([`updated ${b}`]);
      expect(world.health()).toMatchObject({ state: "live", syncs: { start: 1 }, reconnects: { goaway: 1 } });
      expect(world.log).toMatchObject([{ event: "watch_ended", cause: "goaway" }]);
      expect(world.log[0]?.reason).toContain(`GOAWAY (${name})`);
    },
  );

  it.each([
    [7, "REFUSED_STREAM"],
    [11, "ENHANCE_YOUR_CALM"],
  ])("44. RST_STREAM(%i, %s) → back-off for that namespace only", async (code, name) => {
    await using world = await createFaultWorld({ protocol, namespaces: ["shop", "till"] });
    put(world, "a", podObject("t", { namespace: "till" }));
    await world.live();
    const refused = { ...RESUMED, namespace: "shop" };
    world.simulator.faults.add({ match: refused, times: 5, fault: { kind: "break", break: { how: "stream", code } } });
    world.simulator.breakRequests({ verb: "watch", namespace: "shop" }, { how: "stream", code });
    await world.pass(10 * SECOND);
    expect(world.health("shop").state).toBe("stale");
    expect(world.requests(refused).length).toBeLessThan(7);
    if (protocol === "h2") expect(world.health("shop").problem?.message).toContain(name);
    expect(world.health("till")).toMatchObject({ state: "live", reconnects: {} });
    await world.passUntil(() => world.health("shop").state === "live");
    expect(world.health("shop").syncs).toEqual({ start: 1 });
  });

  it("45. more namespaces than streams on a session (100 allowed, 150 needed) → a second session, none starves", async () => {
    const namespaces = Array.from({ length: 150 }, (_, number) => `ns-${number}`);
    await using world = await createFaultWorld({ protocol, namespaces, maxConcurrentStreams: 100, goawayChance: 0 });
    await world.live();
    const written = put(world, ...namespaces.map((namespace) => podObject(`pod-in-${namespace}`, { namespace })));
    await world.arrive();
    expect(world.take("updated")).toHaveLength(written.length);
    const perConnection = Map.groupBy(world.requests({ verb: "watch" }), ({ connection }) => connection);
    expect(perConnection.size).toBe(protocol === "h2" ? 2 : 150);
    expect(Math.max(...perConnection.values().map((requests) => requests.length))).toBeLessThanOrEqual(100);
  });

  it("46. HTTP/2 is spoken where ALPN offers it, HTTP/1.1 where it does not", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    expect(new Set(world.requests().map((request) => request.protocol))).toEqual(new Set([protocol]));
  });

  it("47. a stream that nobody reads → the others do not stall", async () => {
    await using world = await createFaultWorld({ protocol });
    const large = { "example.com/blob": "x".repeat(60_000) };
    const pods = Array.from({ length: 200 }, (_, number) => podObject(`large-${number}`));
    for (const { metadata } of pods) metadata.annotations = large;
    put(world, ...pods);
    await world.live();
    const stop = new AbortController();
    const path = "/api/v1/namespaces/shop/pods";
    const unread = await world.transport.request({ method: "GET", path, signal: stop.signal });
    expect(unread.status).toBe(200);
    for (let turn = 0; turn < 20; turn++) await world.arrive();
    const [b] = put(world, "b");
    await world.passUntil(() => world.events.includes(`updated ${b}`), 5 * SECOND);
    stop.abort();
  });

  it("48. rolling restart of 3 API servers behind a load balancer → a few reconnects, no relist, no changes", async () => {
    await using between = await behind((simulator, clock) => startNetwork(clock, simulator.port));
    await using world = await createFaultWorld({ protocol, ...between.options });
    put(world, "a");
    await using alerts = await watching(world);
    await live(world);
    const ports = [
      (await world.simulator.addServer()).port,
      (await world.simulator.addServer()).port,
      world.simulator.port,
    ];
    const expected: string[] = [];
    for (const port of ports) {
      // Shutting down takes 70 s on OpenShift; meanwhile new requests are sent elsewhere.
      const unavailable = failure(503, "ServiceUnavailable", "shutting down", { retryAfterSeconds: 1 });
      world.simulator.faults.add({ match: RESUMED, fault: { kind: "status", status: unavailable } });
      world.simulator.goaway();
      between.place.route(port);
      await world.pass(60 * SECOND);
      between.place.drop("close");
      expected.push(
        ...put(world, podObject("a", { restartCount: expected.length + 1 })).map((pod) => `updated ${pod}`),
      );
      await world.pass(20 * SECOND);
    }
    expect(world.take("updated", "removed")).toEqual(expected);
    expect(world.health().syncs).toEqual({ start: 1 });
    for (const { from, to } of world.health().gaps) expect(to! - from).toBeLessThan(80 * SECOND);
    const reconnects = Object.values(world.health().reconnects).reduce((sum, count) => sum + count, 0);
    expect(reconnects).toBeLessThanOrEqual(9);
    expect(alerts.fired).toEqual([]);
  });

  it("48b. the API server is away for 80 s, in a namespace that was quiet for minutes → no alert; for 3 min → one", async () => {
    await using world = await createFaultWorld({ protocol, bookmarkInterval: 10 * HOUR });
    put(world, "a");
    await using alerts = await watching(world);
    await live(world);
    await world.pass(4 * MINUTE);
    const wentAt = world.clock.now();
    await world.simulator.stop();
    await world.pass(10 * SECOND);
    const { staleSince, gaps } = world.health();
    expect(staleSince).toBe(wentAt);
    // HTTP/2 PINGs have verified the connection; without them the time of the last message is unknown.
    if (protocol === "h2") expect(wentAt - gaps[0]!.from).toBeLessThanOrEqual(31 * SECOND);
    else expect(wentAt - gaps[0]!.from).toBeGreaterThan(3 * MINUTE);
    await world.pass(70 * SECOND);
    expect(alerts.fired).toEqual([]);
    await world.simulator.start();
    await world.passUntil(() => world.health().state === "live", MINUTE);
    await world.pass(4 * MINUTE);
    expect(alerts.fired).toEqual([]);
    await world.simulator.stop();
    await world.pass(3 * MINUTE);
    expect(alerts.fired).toEqual(["ClusterUnreachable", "WatchStale"]);
  });

  it("48c. a quiet watch that the server closes cleanly was synced until then", async () => {
    await using world = await createFaultWorld({ protocol, bookmarkInterval: 10 * HOUR });
    put(world, "a");
    await world.live();
    await world.pass(4 * MINUTE);
    const hang = { kind: "hang" } as const;
    world.simulator.faults.add({ match: RESUMED, fault: hang });
    const closedAt = world.clock.now();
    world.simulator.breakRequests({ verb: "watch" }, { how: "end" });
    await world.pass(10 * SECOND);
    expect(world.health()).toMatchObject({ state: "stale", gaps: [{ from: closedAt }] });
  });

  it("49. API server down for 10 min → back-off of at most 30 s, stale, one resync at the end", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const lastSyncedAt = world.health().lastSyncedAt!;
    await world.simulator.stop();
    await world.pass(10 * MINUTE);
    expect(world.take()).toEqual(["shop stale"]);
    const { reconnects, gaps, problem } = world.health();
    expect(reconnects.unreachable).toBeGreaterThanOrEqual(20);
    expect(reconnects.unreachable).toBeLessThan(60);
    expect(gaps).toMatchObject([{ from: lastSyncedAt, to: undefined }]);
    expect(problem?.message).toContain("nothing listens at this address");
    const [missed] = put(world, podObject("a", { restartCount: 4 }));
    world.simulator.cluster.storage.compact();
    put(world, podObject("b", { namespace: "elsewhere" }));
    world.simulator.cluster.storage.compact();
    await world.simulator.start();
    const took = await world.passUntil(() => world.health().state === "live", MINUTE);
    expect(took).toBeLessThanOrEqual(31 * SECOND);
    expect(world.take("updated", "removed", "synced")).toEqual([`updated ${missed}`, "synced shop"]);
    expect(world.health()).toMatchObject({ syncs: { start: 1, expired: 1 }, gaps: [{ to: world.clock.now() }] });
  });

  it("50. connection refused → back-off, the version is kept", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    await world.simulator.stop();
    await world.pass(30 * SECOND);
    expect(world.health()).toMatchObject({ state: "stale", resourceVersion: "2" });
    await world.simulator.start();
    const [b] = put(world, "b");
    await world.passUntil(() => world.health().state === "live");
    expect(world.take("updated")).toEqual([`updated ${b}`]);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it.each([
    ["no-such-host.invalid", /the host does not exist|cannot be resolved/],
    ["[100::1]", /cannot connect to the API server/],
  ])("50a. %s instead → backs off, keeps the version, lists nothing", async (hostname, said) => {
    const server = new URL("https://127.0.0.1");
    await using world = await createFaultWorld({
      protocol,
      access: { server },
      through: async (simulator) => {
        server.port = String(simulator.port);
        return { url: server.href, [Symbol.asyncDispose]: async () => {} };
      },
    });
    put(world, "a");
    await world.live();
    server.hostname = hostname;
    world.simulator.dropConnections("reset");
    await inRealTime(world, () => said.test(world.health().problem?.message ?? ""), 20_000);
    expect(world.health()).toMatchObject({ state: "stale", resourceVersion: "2" });
    server.hostname = "127.0.0.1";
    const [b] = put(world, "b");
    await inRealTime(world, () => world.health().state === "live", 20_000);
    expect(world.take("updated", "removed")).toEqual([`updated ${b}`]);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it.each([
    ["https://no-such-host.invalid:6443", /the host does not exist|cannot be resolved/],
    ["https://[100::1]:6443", /cannot connect to the API server/],
  ])("50b. %s cannot be reached → said so, with back-off", async (server, said) => {
    await using world = await createFaultWorld({ protocol, access: { server: new URL(server) } });
    world.start();
    await inRealTime(world, () => world.health().problem !== undefined, 20_000);
    expect(world.health()).toMatchObject({ state: "syncing", resourceVersion: undefined });
    expect(world.health().problem?.message).toMatch(said);
  });

  it("51. our own event loop was blocked for 5 s → the silence timer does not end a healthy connection", async () => {
    // The second bookmark is sent shortly before the silence since the first one is over.
    await using world = await createFaultWorld({ protocol, bookmarkInterval: 98 * SECOND });
    put(world, "a");
    await world.live();
    const first = world.health().lastBookmarkAt!;
    await world.passUntil(() => world.health().lastBookmarkAt! > first, 2 * MINUTE);
    await world.pass(97 * SECOND);
    const before = world.health().lastBookmarkAt!;
    world.clock.block(5 * SECOND);
    await world.arrive();
    expect(world.health().lastBookmarkAt).toBeGreaterThan(before);
    expect(world.health()).toMatchObject({ state: "live", reconnects: {} });
    expect(world.events).toEqual([]);
  });

  it.each(["back-off", "sync", "TLS handshake"])(
    "52. stopped during %s → no request afterwards, within 2 s",
    async (during) => {
      const silent = createServer((socket) => void sockets.push(socket));
      const sockets: Socket[] = [];
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const server = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
      const world = await createFaultWorld({ protocol, ...(during === "TLS handshake" ? { access: { server } } : {}) });
      put(world, "a");
      if (during === "sync") world.simulator.faults.add({ match: { verb: "watch" }, fault: { kind: "hang" } });
      world.start();
      await world.pass(SECOND);
      if (during === "back-off") {
        world.simulator.faults.add({
          match: RESUMED,
          times: ALWAYS,
          fault: { kind: "break", break: { how: "reset" } },
        });
        world.simulator.dropConnections("reset");
        await world.pass(3 * SECOND);
      }
      const begun = performance.now();
      await world.source[Symbol.asyncDispose]();
      await world.transport[Symbol.asyncDispose]();
      expect(performance.now() - begun).toBeLessThan(20_000);
      await world.arrive();
      const asked = world.requests().length;
      world.simulator.faults.clear();
      await world.pass(10 * MINUTE);
      expect(world.requests()).toHaveLength(asked);
      expect(world.simulator.running()).toBe(0);
      await world[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      silent.close();
    },
  );

  it("53. the wall clock jumps by an hour, forth and back → no reconnect", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    for (const jump of [HOUR, -2 * HOUR, HOUR]) {
      world.clock.jump(jump);
      await world.pass(65 * SECOND);
    }
    expect(world.events).toEqual([]);
    expect(world.health()).toMatchObject({ reconnects: {}, syncs: { start: 1 } });
  });

  it.each([HOUR, -HOUR])(
    "53b. the clock was set by %i ms → a dead peer is noticed as early as before",
    async (jump) => {
      await using between = await behind((simulator, clock) => startNetwork(clock, simulator.port));
      await using world = await createFaultWorld({ protocol, ...between.options });
      put(world, "a");
      await using alerts = await watching(world);
      await live(world);
      await world.pass(65 * SECOND);
      world.clock.jump(jump);
      await world.pass(SECOND);
      expect(alerts.fired).toEqual([]);
      between.place.partition();
      const took = await world.passUntil(() => Object.keys(world.health().reconnects).length > 0, 400 * SECOND);
      expect(took).toBeLessThanOrEqual((protocol === "h2" ? 45 : 101) * SECOND);
    },
  );
});

async function live(world: FaultWorld): Promise<void> {
  await world.passUntil(() => world.source.health().every(({ state }) => state === "live"), 60 * SECOND);
  await world.pass(2 * SECOND);
  world.take();
}

/** Something that stands between client and server, reachable for the test. */
async function behind<Place extends (Network | FrozenPeer) & AsyncDisposable>(
  open: (...args: Parameters<NonNullable<FaultWorldOptions["through"]>>) => Promise<Place>,
) {
  let place: Place | undefined;
  const options: Pick<FaultWorldOptions, "through"> = {
    through: async (simulator, clock) => {
      place = await open(simulator, clock);
      return place;
    },
  };
  return {
    options,
    get place(): Place {
      if (place === undefined) throw new Error("nothing stands between yet");
      return place;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Waits in real time for another process or the resolver, and advances the clock a little. */
async function inRealTime(world: FaultWorld, isSo: () => boolean, atMost = 10_000): Promise<void> {
  const begun = performance.now();
  if (world.events.length === 0 && world.source.health().length === 0) world.start();
  while (!isSo()) {
    if (performance.now() - begun > atMost) throw new Error(`not so after ${atMost} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await world.clock.advance(Math.min(world.clock.nextTimer() ?? 100, 100));
  }
}
