import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createFakeTransport, type FakeAnswer } from "../../../test/support/fake-transport.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { createRegistry } from "../../telemetry/metrics.ts";
import { createWatchEvents } from "../../telemetry/watch-events.ts";
import { TransportError } from "../transport/error.ts";
import type { Transport } from "../transport/types.ts";
import { createPodSource } from "./pod-source.ts";

function pod(name: string, resourceVersion: number, uid = name) {
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { namespace: "shop", name, uid, resourceVersion: `${resourceVersion}` },
  };
}

const added = (name: string, resourceVersion: number, uid = name) => ({
  type: "ADDED",
  object: pod(name, resourceVersion, uid),
});
const modified = (name: string, resourceVersion: number) => ({ type: "MODIFIED", object: pod(name, resourceVersion) });
const deleted = (name: string, resourceVersion: number) => ({ type: "DELETED", object: pod(name, resourceVersion) });
const bookmark = (resourceVersion: number) => ({
  type: "BOOKMARK",
  object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: `${resourceVersion}` } },
});
const initialEnd = (resourceVersion: number) => ({
  type: "BOOKMARK",
  object: {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { resourceVersion: `${resourceVersion}`, annotations: { "k8s.io/initial-events-end": "true" } },
  },
});
const failure = (code: number, reason: string, message = "", details = {}) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  ...{ code, reason, message, details },
});
const error = (...status: Parameters<typeof failure>) => ({ type: "ERROR", object: failure(...status) });
const list = (resourceVersion: number, items: object[], next?: string) => ({
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: `${resourceVersion}`, ...(next === undefined ? {} : { continue: next }) },
  items,
});

/** Watches `shop` on a fake server with a fake clock, and records what is reported. */
function createStory(options: { readonly namespaces?: readonly string[]; readonly random?: number } = {}) {
  const clock = createFakeClock({ random: options.random ?? 0 });
  const transport = createFakeTransport();
  const reported: string[] = [];
  const log: Record<string, unknown>[] = [];
  const registry = createRegistry();
  const source = createPodSource({
    transport,
    clock,
    events: createWatchEvents(createLogger("info", { write: (line) => void log.push(JSON.parse(line)) }), registry),
    namespaces: options.namespaces ?? ["shop"],
    identity: { serviceAccount: undefined, access: "a test", cli: "oc" as const },
  });
  const health = (): NamespaceHealth => source.health()[0]!;
  const begin = () =>
    source.start({
      changed: (change) => {
        const how = change.type === "removed" ? ` ${change.reason}` : "";
        reported.push(`${change.type} ${change.pod.uid}@${change.pod.resourceVersion}${how}`);
      },
      synced: (namespace) => reported.push(`synced ${namespace}`),
      healthChanged: ({ state }) => reported.push(state),
      unwatched: (namespace) => reported.push(`unwatched ${namespace}`),
    });
  /** Whether the namespace exists is checked before the first sync and while there are no pods. */
  const skipNamespaceCheck = async () => {
    const request = await transport.next();
    expect(request.path).toBe("/api/v1/namespaces/shop");
    request.answer(403, failure(403, "Forbidden"));
  };
  /** Synced by WatchList with pods a@3 and b@2, at position 10. */
  const live = async (): Promise<FakeAnswer> => {
    begin();
    await skipNamespaceCheck();
    const watch = (await transport.next()).start();
    watch.send(added("a", 3), added("b", 2), initialEnd(10));
    await clock.advance(1_000);
    reported.length = 0;
    return watch;
  };
  return {
    clock,
    transport,
    source,
    registry,
    log,
    begin,
    skipNamespaceCheck,
    live,
    health,
    reported: () => reported.splice(0),
  };
}

describe("the first sync", () => {
  it("asks for a watch that begins with all pods, and is complete at its end marker", async () => {
    const { clock, transport, begin, skipNamespaceCheck, health, reported } = createStory();
    begin();
    await skipNamespaceCheck();
    const request = await transport.next();
    expect(request.path).toBe("/api/v1/namespaces/shop/pods");
    expect(Object.fromEntries(request.query)).toEqual({
      watch: "1",
      allowWatchBookmarks: "true",
      timeoutSeconds: "300",
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      resourceVersion: "",
    });
    expect(request.headers.accept).toMatch(/^application\/vnd\.kubernetes\.protobuf;stream=watch, application\/json/);
    const watch = request.start();
    watch.send(added("a", 7), added("b", 5));
    await clock.settle();
    expect(health()).toMatchObject({ state: "syncing", resourceVersion: undefined, syncedSince: undefined, pods: 2 });
    watch.send(initialEnd(10));
    await clock.settle();
    expect(reported()).toEqual(["starting", "syncing", "updated a@7", "updated b@5", "live", "synced shop"]);
    expect(health()).toMatchObject({
      state: "live",
      resourceVersion: "10",
      syncedSince: clock.now(),
      syncs: { start: 1 },
    });
    watch.send(modified("a", 12), deleted("b", 13));
    await clock.settle();
    expect(reported()).toEqual(["updated a@12", "removed b@13 deleted"]);
    expect(health()).toMatchObject({ resourceVersion: "13", pods: 1, lastEventAt: clock.now() });
  });

  it("lists where the server knows no WatchList, page by page, and remembers that", async () => {
    const { clock, transport, begin, skipNamespaceCheck, health, reported } = createStory();
    begin();
    await skipNamespaceCheck();
    (await transport.next()).answer(422, failure(422, "Invalid", "sendInitialEvents is forbidden for watch"));
    const first = await transport.next();
    expect(Object.fromEntries(first.query)).toEqual({ limit: "500" });
    expect(first.headers.accept).toBe("application/vnd.kubernetes.protobuf, application/json");
    first.answer(200, list(20, [pod("a", 3)], "token-2"));
    const second = await transport.next();
    expect(Object.fromEntries(second.query)).toEqual({ limit: "500", continue: "token-2" });
    second.answer(200, list(20, [pod("b", 4)]));
    const watch = await transport.next();
    expect(watch.query.get("resourceVersion")).toBe("20");
    expect(watch.query.has("sendInitialEvents")).toBe(false);
    expect(reported()).toEqual(["starting", "syncing", "updated a@3", "updated b@4", "live", "synced shop"]);
    expect(health().syncs).toEqual({ start: 1 });

    watch.start().send(error(410, "Expired", "too old"));
    await clock.settle();
    expect((await transport.next()).query.has("sendInitialEvents")).toBe(false);
  });

  it("reports that a namespace does not exist, and checks again later", async () => {
    const { clock, transport, begin, health, reported } = createStory();
    begin();
    (await transport.next()).answer(404, failure(404, "NotFound", 'namespaces "shop" not found'));
    await clock.settle();
    expect(reported()).toEqual(["starting", "syncing", "missing"]);
    expect(health().problem?.remedy).toContain("oc new-project shop");
    await clock.advance(29_999);
    expect(transport.waiting).toBe(0);
    await clock.advance(1);
    expect(transport.waiting).toBe(1);
  });

  it("gives the whole remedy where permission is missing, and polls nobody before half a minute", async () => {
    const { log, clock, transport, begin, skipNamespaceCheck, health, reported } = createStory();
    begin();
    await skipNamespaceCheck();
    const message = (verb: string) => `User "system:serviceaccount:mon:pw" cannot ${verb} resource "pods"`;
    (await transport.next()).answer(403, failure(403, "Forbidden", message("watch")));
    (await transport.next()).answer(403, failure(403, "Forbidden", message("list")));
    await clock.settle();
    expect(log.map(({ event }) => event)).toEqual(["watch_ended"]);
    expect(reported()).toEqual(["starting", "syncing", "forbidden"]);
    expect(health()).toMatchObject({ refusals: { 403: 2 }, syncedSince: undefined });
    expect(health().problem).toMatchObject({ missing: ["list pods", "watch pods"] });
    expect(health().problem?.remedy).toContain("oc policy add-role-to-user view system:serviceaccount:mon:pw -n shop");
    await clock.advance(29_999);
    expect(transport.waiting).toBe(0);
  });
});

describe("a watch that ends", () => {
  it("is resumed from the last version within a second, without anybody noticing", async () => {
    const { clock, transport, live, health, reported } = createStory({ random: 0.5 });
    const watch = await live();
    watch.send(modified("a", 11), bookmark(15));
    watch.end();
    await clock.advance(500);
    const next = await transport.next();
    expect(next.query.get("resourceVersion")).toBe("15");
    next.start().send(modified("a", 16));
    await clock.advance(10_000);
    expect(reported()).toEqual(["updated a@11", "updated a@16"]);
    expect(health()).toMatchObject({ state: "live", reconnects: { timeout: 1 }, syncs: { start: 1 }, gaps: [] });
  });

  it("is a gap when it cannot be resumed for five seconds, from the last confirmation on", async () => {
    const { clock, transport, live, health, reported } = createStory();
    const watch = await live();
    await clock.advance(30_000);
    watch.send(bookmark(15));
    const lastSyncedAt = clock.now();
    await clock.advance(20_000);
    watch.cut();
    for (let attempt = 0; attempt < 4; attempt++) {
      await clock.advance(attempt === 0 ? 0 : 3_200);
      if (transport.waiting > 0)
        (await transport.next()).fail(new TransportError("ECONNREFUSED", "nothing listens there"));
    }
    await clock.advance(3_000);
    expect(reported()).toEqual(["stale"]);
    expect(health()).toMatchObject({
      state: "stale",
      syncedSince: undefined,
      lastSyncedAt,
      resourceVersion: "15",
      gaps: [{ from: lastSyncedAt, to: undefined }],
    });
    expect(health().problem?.message).toContain("nothing listens there");
    await clock.advance(30_000);
    const next = await transport.next();
    expect(next.query.get("resourceVersion")).toBe("15");
    next.start().send(modified("a", 16));
    await clock.advance(1_000);
    expect(reported()).toEqual(["updated a@16", "live", "synced shop"]);
    expect(health()).toMatchObject({ problem: undefined, gaps: [{ from: lastSyncedAt, to: clock.now() }] });
  });

  it("resyncs after 410 and removes the pods that are no longer there", async () => {
    const { clock, transport, live, health, reported } = createStory();
    const watch = await live();
    watch.send(error(410, "Expired", "too old resource version"));
    await clock.settle();
    expect(watch.closed).toBe(true);
    const next = (await transport.next()).start();
    next.send(added("a", 30));
    await clock.settle();
    expect(reported()).toEqual(["stale", "updated a@30"]);
    next.send(initialEnd(31));
    await clock.settle();
    expect(reported()).toEqual(["removed b@2 missing", "live", "synced shop"]);
    expect(health()).toMatchObject({
      syncs: { start: 1, expired: 1 },
      refusals: { 410: 1 },
      gaps: [{ cause: "expired" }],
    });
  });
});

describe("the consistency check", () => {
  it("counts and corrects what the watch has missed, while the watch continues", async () => {
    const { clock, transport, live, health, reported } = createStory();
    let watch = await live();
    watch.send(added("lost", 11));
    for (let minute = 1; minute < 30; minute++) {
      await clock.advance(60_000);
      watch.send(bookmark(20 + minute));
      if (minute % 4 > 0) continue;
      watch.end();
      await clock.settle();
      watch = (await transport.next()).start();
    }
    await clock.advance(60_000);
    reported();
    const request = await transport.next();
    expect(Object.fromEntries(request.query)).toEqual({ limit: "500" });
    watch.send(modified("a", 61));
    request.answer(200, list(62, [pod("a", 60), pod("b", 28), pod("c", 29), pod("d", 62)]));
    await clock.settle();
    watch.send(added("d", 62));
    expect(health().differences).toBe(0);
    await clock.settle();
    await clock.settle();
    // The watch delivered a and d in time, but not b, c and the deletion of "lost".
    expect(reported()).toEqual([
      "updated a@61",
      "updated d@62",
      "updated b@28",
      "updated c@29",
      "removed lost@11 missing",
      "live",
    ]);
    expect(health()).toMatchObject({ state: "live", differences: 3, syncs: { start: 1, consistency_check: 1 } });
  });
});

it("skips the consistency check when the watch was down, and retries later", async () => {
  const { clock, transport, live, health, reported } = createStory();
  let watch = await live();
  for (let minute = 1; minute <= 30; minute++) {
    await clock.advance(60_000);
    if (minute < 30) watch.send(bookmark(20 + minute));
    if (minute % 4 > 0) continue;
    watch.end();
    await clock.settle();
    watch = (await transport.next()).start();
  }
  const request = await transport.next();
  expect(request.query.get("limit")).toBe("500");
  watch.cut();
  request.answer(200, list(62, [pod("a", 60)]));
  await clock.settle();
  const resumed = await transport.next();
  reported();
  await clock.advance(151_000);
  expect(reported().filter((line) => line.startsWith("updated") || line.startsWith("removed"))).toEqual([]);
  expect(health()).toMatchObject({ state: "stale", differences: 0, syncs: { start: 1 } });
  expect(resumed.aborted).toBe(false);
});

it("ends a watch that the server does not close at its deadline, although events still arrive", async () => {
  const { clock, transport, live, health } = createStory();
  const watch = await live();
  for (let minute = 1; minute <= 5; minute++) {
    await clock.advance(60_000);
    watch.send(bookmark(20 + minute));
  }
  // 330 s after it was begun, a second of which has passed before.
  await clock.advance(28_999);
  expect(watch.closed).toBe(false);
  await clock.advance(1);
  expect(watch.closed).toBe(true);
  expect(health()).toMatchObject({ state: "live", reconnects: { overdue: 1 } });
  expect((await transport.next()).query.get("resourceVersion")).toBe("25");
});

describe("a namespace that can be listed but not watched", () => {
  it("is polled, reports it, and is watched again when that is allowed", async () => {
    const { clock, transport, begin, skipNamespaceCheck, health, reported } = createStory();
    begin();
    await skipNamespaceCheck();
    const refusal = failure(403, "Forbidden", 'User "pw" cannot watch resource "pods"');
    (await transport.next()).answer(403, refusal);
    (await transport.next()).answer(200, list(5, [pod("a", 3)]));
    (await transport.next()).answer(403, refusal);
    await clock.settle();
    expect(reported()).toEqual(["starting", "syncing", "updated a@3", "live", "synced shop", "polling"]);
    expect(health().problem).toMatchObject({ missing: ["watch pods"] });
    expect(health().syncedSince).toBeDefined();

    await clock.advance(29_999);
    expect(transport.waiting).toBe(0);
    await clock.advance(1);
    const poll = await transport.next();
    expect(Object.fromEntries(poll.query)).toEqual({ resourceVersion: "5", resourceVersionMatch: "NotOlderThan" });
    poll.answer(200, list(8, [pod("b", 7)]));
    await clock.settle();
    expect(reported()).toEqual(["updated b@7", "removed a@3 missing"]);
    for (let polls = 0; polls < 8; polls++) {
      await clock.advance(30_000);
      (await transport.next()).answer(200, list(8, [pod("b", 7)]));
      await clock.settle();
    }
    await clock.advance(30_000);
    const watch = await transport.next();
    expect(watch.query.get("watch")).toBe("1");
    watch.start();
    await clock.advance(1_000);
    expect(reported()).toEqual(["live"]);
    expect(health().problem).toBeUndefined();
  });
});

it.each([403, 404, 405])("polls where a list is answered and a watch with %i, without a loop", async (status) => {
  const { clock, transport, begin, skipNamespaceCheck, health } = createStory();
  begin();
  await skipNamespaceCheck();
  (await transport.next()).answer(status, failure(status, "Refused"));
  (await transport.next()).answer(200, list(5, [pod("a", 3)]));
  (await transport.next()).answer(status, failure(status, "Refused"));
  await clock.advance(29_000);
  expect(health().state).toBe("polling");
  expect(transport.waiting).toBe(0);
});

describe("the set of namespaces", () => {
  it("changes while it runs: new ones are synced, of lost ones all pods are gone", async () => {
    const { clock, transport, source, live, reported } = createStory();
    const watch = await live();
    source.watch(["shop", "till"]);
    expect((await transport.next()).path).toBe("/api/v1/namespaces/till");
    reported();
    source.watch(["till"]);
    expect(reported()).toEqual(["removed a@3 unwatched", "removed b@2 unwatched", "unwatched shop"]);
    await clock.settle();
    expect(watch.closed).toBe(true);
    expect(source.health().map(({ namespace }) => namespace)).toEqual(["till"]);
  });

  it("reports nothing more about a lost one, even if its list arrives at the same moment", async () => {
    const clock = createFakeClock();
    const body = Promise.withResolvers<void>();
    const answers = (path: string): readonly [number, object, Promise<void>] => {
      if (!path.includes("/pods?")) return [403, failure(403, "Forbidden"), Promise.resolve()];
      if (path.includes("watch=1")) return [422, failure(422, "Invalid"), Promise.resolve()];
      return [200, list(5, [pod("a", 3)]), body.promise];
    };
    const transport: Transport = {
      request: async ({ path }) => {
        const [status, said, end] = answers(path);
        const read = (onChunk: (chunk: Uint8Array) => void) => {
          onChunk(Buffer.from(JSON.stringify(said)));
          return end;
        };
        const counts = { bytesRead: 0, connectionBytesRead: 0, connectionActiveAt: undefined };
        const head = { status, headers: {}, contentType: "application/json", protocol: "h2", delimited: true } as const;
        return { ...head, ...counts, read, cancel: () => {} };
      },
      [Symbol.asyncDispose]: async () => {},
    };
    const reported: string[] = [];
    const source = createPodSource({
      ...{
        transport,
        clock,
        namespaces: ["shop"],
        identity: { serviceAccount: undefined, access: "a test", cli: "oc" as const },
      },
      events: createWatchEvents(createLogger("silent"), createRegistry()),
    });
    source.start({
      changed: ({ type, pod: { name } }) => reported.push(`${type} ${name}`),
      synced: (namespace) => reported.push(`synced ${namespace}`),
      healthChanged: ({ state }) => reported.push(state),
      unwatched: (namespace) => reported.push(`unwatched ${namespace}`),
    });
    for (let turn = 0; turn < 10; turn++) await clock.settle();
    expect(reported.splice(0)).toEqual(["starting", "syncing", "updated a"]);
    body.resolve();
    source.watch([]);
    for (let turn = 0; turn < 10; turn++) await clock.settle();
    expect(reported).toEqual(["removed a", "unwatched shop"]);
  });

  it("returns the names in order, the same array until they change, and the health of one namespace", async () => {
    const { clock, source, begin } = createStory({ namespaces: ["b", "a"] });
    begin();
    await clock.settle();
    const names = source.namespaces();
    expect(names).toEqual(["a", "b"]);
    expect(source.namespaces()).toBe(names);
    expect(source.healthOf("a")).toEqual(source.health()[0]);
    source.watch(["c", "b"]);
    expect(source.namespaces()).toEqual(["b", "c"]);
    expect(source.healthOf("a")).toBeUndefined();
  });

  it("syncs four at once, the others wait", async () => {
    const namespaces = ["a", "b", "c", "d", "e", "f"];
    const { clock, transport, begin } = createStory({ namespaces });
    begin();
    await clock.advance(20);
    expect(transport.waiting).toBe(4);
    const first = await transport.next();
    first.answer(404, failure(404, "NotFound", `namespaces "${first.path.at(-1)}" not found`));
    await clock.settle();
    expect(transport.waiting).toBe(4);
  });
});

it("sends no requests once it is stopped", async () => {
  const { clock, transport, source, live } = createStory();
  const watch = await live();
  watch.cut();
  await clock.settle();
  await source[Symbol.asyncDispose]();
  const asked = transport.paths.length;
  await clock.advance(3_600_000);
  expect(transport.paths).toHaveLength(asked);
  expect(clock.timers).toBe(0);
});

it("continues when the sink throws", async () => {
  const clock = createFakeClock({ random: 0 });
  const transport = createFakeTransport();
  const registry = createRegistry();
  const events = createWatchEvents(createLogger("silent"), registry);
  const identity = { serviceAccount: undefined, access: "a test", cli: "oc" as const };
  const source = createPodSource({ transport, clock, events, namespaces: ["shop"], identity });
  const fail = () => {
    throw new Error("a bug in the evaluation");
  };
  source.start({ changed: fail, synced: fail, healthChanged: fail, unwatched: fail });
  (await transport.next()).answer(403, failure(403, "Forbidden"));
  const watch = (await transport.next()).start();
  watch.send(added("a", 3), initialEnd(10), modified("a", 11));
  await clock.settle();
  expect(source.pod("shop", "a")?.resourceVersion).toBe("11");
  expect(await registry.metrics()).toContain("pod_watcher_watch_sink_failures_total 6");
});
