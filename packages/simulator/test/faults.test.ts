import { createConnection } from "node:net";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { FaultRule } from "../src/faults/faults.ts";
import { status } from "../src/faults/faults.ts";
import { startNetwork } from "../src/faults/network.ts";
import { buildPod } from "../src/model/pod-template.ts";
import { failure, internalError, storageInitializing, tooManyRequests, tooOld } from "../src/model/status.ts";
import { type SimulatorOptions, startSimulator } from "../src/simulator.ts";
import { type Response, rawClient, take, type WatchEvent } from "./raw-client.ts";

const PODS = "/api/v1/namespaces/shop/pods";
const WATCH = `${PODS}?watch=1&resourceVersion=1&allowWatchBookmarks=true`;
const WATCH_LIST = `${PODS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
const watches = { verb: "watch" } as const;

async function start(http: 1 | 2, rules: readonly FaultRule[] = [], options: Partial<SimulatorOptions> = {}) {
  const clock = createFakeClock();
  const simulator = await startSimulator({ clock, namespaces: ["shop"], ...options });
  for (const rule of rules) simulator.faults.add(rule);
  const client = (url = simulator.url) =>
    rawClient({ url, ca: simulator.caPem, token: simulator.token(["shop"]), http });
  const put = (name: string) =>
    simulator.cluster.put(buildPod({ namespace: "shop", name }, {}, clock.now(), clock.random));
  return { clock, simulator, client, put, [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose]() };
}

/** The data before the end of the stream, and how it ended. */
async function readAll(response: Response): Promise<{ readonly text: string; readonly end: string }> {
  let text = "";
  try {
    for await (const chunk of response.body) text += chunk.toString();
    return { text, end: "complete" };
  } catch (error) {
    return { text, end: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

const toSentence = ({ type, object }: WatchEvent) => `${type} ${object.metadata?.name ?? object.code ?? ""}`.trim();

describe.each([1, 2] as const)("over HTTP/%i", (http) => {
  it("replaces the second response, with any status, headers and body", async () => {
    const html = "<html><body>503 Service Unavailable</body></html>";
    await using world = await start(http, [
      {
        match: { verb: "list" },
        nth: 2,
        fault: {
          kind: "response",
          status: 503,
          headers: { "content-type": "text/html", "retry-after": "3" },
          body: html,
        },
      },
    ]);
    using client = world.client();
    expect((await client.get(PODS)).status).toBe(200);
    const second = await client.get(PODS);
    expect([second.status, second.headers["retry-after"], await second.text()]).toEqual([503, "3", html]);
    expect((await client.get(PODS)).status).toBe(200);
  });

  it("responds with a Status and its Retry-After", async () => {
    await using world = await start(http, [
      { match: { verb: "watch" }, times: 2, fault: status(storageInitializing()) },
    ]);
    using client = world.client();
    const response = await client.get(WATCH);
    expect([response.status, response.headers["retry-after"], (await response.json()).message]).toEqual([
      429,
      "1",
      "storage is (re)initializing",
    ]);
  });

  it("breaks a response with RST after some bytes", async () => {
    await using world = await start(http, [
      { match: { verb: "list" }, fault: { kind: "cut", afterBytes: 30, break: { how: "reset" } } },
    ]);
    world.put("a");
    using client = world.client();
    const { text, end } = await readAll(await client.get(PODS));
    expect(text.length).toBeLessThanOrEqual(30);
    expect(end).toBe("ECONNRESET");
  });

  it("ends a response too early as if it were complete", async () => {
    await using world = await start(http, [
      { match: { verb: "list" }, fault: { kind: "cut", afterBytes: 30, break: { how: "end" } } },
    ]);
    world.put("a");
    using client = world.client();
    expect(await readAll(await client.get(PODS))).toEqual({ text: '{"kind":"PodList","apiVersion"', end: "complete" });
  });

  it("sends a response byte by byte, unchanged", async () => {
    await using world = await start(http, [
      { match: { verb: "list" }, times: 2, fault: { kind: "dribble", size: 7, every: 0 } },
    ]);
    world.put("a");
    using client = world.client();
    const { items } = (await (await client.get(PODS)).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  it("compresses without being requested", async () => {
    await using world = await start(http, [{ match: { verb: "list" }, fault: { kind: "gzip" } }]);
    using client = world.client();
    const response = await client.get(PODS);
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    expect(response.headers["content-encoding"]).toBe("gzip");
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())).toMatchObject({ kind: "PodList" });
  });

  it("delays a response by the clock, or until the test releases it", async () => {
    const gate = Promise.withResolvers<void>();
    await using world = await start(http, [
      { match: { verb: "list" }, fault: { kind: "delay", for: 5_000 } },
      { match: { verb: "watch" }, fault: { kind: "hold", until: gate.promise } },
    ]);
    using client = world.client();
    let responded = 0;
    const list = client.get(PODS).then(() => responded++);
    const watch = client.get(WATCH).then(() => responded++);
    await world.simulator.requests.next({ verb: "list" });
    await world.simulator.requests.next({ verb: "watch" });
    await world.clock.advance(4_999);
    expect(responded).toBe(0);
    await world.clock.advance(1);
    gate.resolve();
    world.put("a");
    await Promise.all([list, watch]);
  });

  it.each<[string, FaultRule["fault"], readonly string[]]>([
    [
      "an ERROR event first, and the stream stays open",
      { kind: "insert", afterEvents: 0, frames: [{ error: tooOld("1", "9") }] },
      ["ERROR 410", "ADDED a", "ADDED b", "ADDED c"],
    ],
    [
      "an event of no known type in the middle",
      {
        kind: "insert",
        afterEvents: 1,
        frames: [
          {
            type: "FOO",
            object: {
              metadata: { name: "x", namespace: "shop", uid: "u", resourceVersion: "5", creationTimestamp: null },
            },
          },
        ],
      },
      ["ADDED a", "FOO x", "ADDED b"],
    ],
    ["every event twice", { kind: "duplicate" }, ["ADDED a", "ADDED a", "ADDED b", "ADDED b"]],
    ["every second event lost", { kind: "lose", every: 2 }, ["ADDED a", "ADDED c"]],
    ["two events swapped", { kind: "swap" }, ["ADDED b", "ADDED a"]],
    [
      "events rewritten",
      { kind: "rewrite", event: ({ object }) => (object?.metadata.name === "b" ? [] : "as it is") },
      ["ADDED a", "ADDED c"],
    ],
  ])("a watch with %s", async (_, fault, expected) => {
    await using world = await start(http, [{ match: watches, fault }]);
    using client = world.client();
    const events = (await client.get(WATCH)).events();
    for (const name of ["a", "b", "c"]) world.put(name);
    expect((await take(events, expected.length)).map(toSentence)).toEqual(expected);
  });

  it("inserts bytes into a watch that are not an event", async () => {
    await using world = await start(http, [
      { match: watches, fault: { kind: "insert", afterEvents: 1, frames: [{ frame: '{"type":"MODIF' }] } },
    ]);
    using client = world.client();
    const response = await client.get(WATCH);
    world.put("a");
    world.put("b");
    world.simulator.breakRequests({ verb: "watch" }, { how: "end" });
    const { text } = await readAll(response);
    expect(text.split("\n")[1]).toBe('{"type":"MODIF');
    expect(JSON.parse(text.split("\n")[2] ?? "")).toMatchObject({ type: "ADDED" });
  });

  it("stops a watch after a number of events", async () => {
    await using world = await start(http, [
      { match: watches, fault: { kind: "stop", afterEvents: 2, break: { how: "end" } } },
    ]);
    for (const name of ["a", "b", "c"]) world.put(name);
    using client = world.client();
    const { text, end } = await readAll(await client.get(WATCH));
    expect([text.match(/ADDED/g)?.length, end]).toEqual([2, "complete"]);
  });

  it("withholds the end of the initial events, or sends the newest first", async () => {
    await using world = await start(http, [
      { match: watches, fault: { kind: "withholdEnd" } },
      { match: watches, times: 2, fault: { kind: "descending" } },
      { match: watches, nth: 2, fault: { kind: "stop", afterEvents: 4, break: { how: "end" } } },
    ]);
    for (const name of ["a", "b", "c"]) world.put(name);
    using client = world.client();
    const first = await client.get(WATCH_LIST);
    const seen = await take(first.events(), 3);
    expect(seen.map(toSentence)).toEqual(["ADDED c", "ADDED b", "ADDED a"]);
    const second = await readAll(await client.get(WATCH_LIST));
    expect(second.text).toContain("k8s.io/initial-events-end");
  });

  it("sends no bookmarks", async () => {
    await using world = await start(http, [{ match: watches, fault: { kind: "bookmarks", interval: "never" } }]);
    using client = world.client();
    const response = await client.get(`${WATCH}&timeoutSeconds=600`);
    await world.clock.advance(600_000);
    expect(await readAll(response)).toEqual({ text: "", end: "complete" });
  });

  it("stops and starts on the same port, and resets all connections", async () => {
    await using world = await start(http);
    using client = world.client();
    const watch = readAll(await client.get(WATCH));
    await world.simulator.stop();
    expect((await watch).end).toBe("ECONNRESET");
    using refused = world.client();
    if (http === 1) await expect(refused.get(PODS)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await world.simulator.start();
    using again = world.client();
    expect((await again.get(PODS)).status).toBe(200);
  });
});

describe("over HTTP/2 only", () => {
  it("breaks one stream with a code and leaves the others intact", async () => {
    await using world = await start(2, [
      { match: watches, fault: { kind: "stop", afterEvents: 1, break: { how: "stream", code: 7 } } },
    ]);
    using client = world.client();
    const broken = await client.get(WATCH);
    const fine = (await client.get(WATCH)).events();
    world.put("a");
    expect((await readAll(broken)).end).toBe("ERR_HTTP2_STREAM_ERROR");
    expect((await take(fine, 1)).map(toSentence)).toEqual(["ADDED a"]);
  });

  it("sends GOAWAY while existing streams continue", async () => {
    await using world = await start(2);
    using client = world.client();
    const events = (await client.get(WATCH)).events();
    world.simulator.goaway();
    world.put("a");
    expect((await take(events, 1)).map(toSentence)).toEqual(["ADDED a"]);
    await expect(client.get(PODS)).rejects.toThrow();
  });

  it("limits the streams of one session", async () => {
    await using world = await start(2, [], { maxConcurrentStreams: 2 });
    using client = world.client();
    await client.get(WATCH);
    await client.get(WATCH);
    let third = false;
    void client.get(PODS).then(
      () => {
        third = true;
      },
      () => {},
    );
    await world.clock.settle();
    expect([third, world.simulator.running(watches)]).toEqual([false, 2]);
  });
});

it("restores a backup: resourceVersions and objects are rolled back", async () => {
  await using world = await start(2);
  world.put("a");
  const backup = world.simulator.cluster.storage.backup();
  world.put("b");
  world.simulator.restore(backup);
  using client = world.client();
  expect(await (await client.get(PODS)).json()).toMatchObject({
    metadata: { resourceVersion: "2" },
    items: [{ metadata: { name: "a" } }],
  });
});

it("accepts a client certificate instead of a token, and rotates its authority", async () => {
  await using world = await start(1);
  const { keyPem, certPem } = world.simulator.clientCertificate("alice", ["shop"]);
  const { request } = await import("node:https");
  const statusWith = (ca: string) =>
    new Promise<number | string>((resolve) => {
      const sent = request(`${world.simulator.url}${PODS}`, { ca, key: keyPem, cert: certPem, agent: false });
      sent.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      sent.end();
    });
  const old = world.simulator.caPem;
  expect(await statusWith(old)).toBe(200);
  const renewed = world.simulator.rotateAuthority();
  expect(await statusWith(old)).not.toBe(200);
  expect(renewed).not.toBe(old);
});

it("keeps a log of requests and responses", async () => {
  await using world = await start(2, [{ match: { verb: "list" }, fault: status(internalError("no leader")) }]);
  using client = world.client();
  await (await client.get(`${PODS}?limit=500`)).text();
  const asked = await world.simulator.requests.next({ verb: "list" });
  expect(asked).toMatchObject({
    namespace: "shop",
    resource: "pods",
    query: { limit: "500" },
    status: 500,
    protocol: "h2",
  });
  expect(world.simulator.requests.matching({ verb: "watch" })).toEqual([]);
});

describe("the network", () => {
  it("is cut silently, and continues where it stopped", async () => {
    await using world = await start(2);
    await using network = await startNetwork(world.clock, world.simulator.port);
    using client = world.client(network.url);
    const events = (await client.get(WATCH)).events();
    network.partition();
    world.put("a");
    let received = false;
    const next = take(events, 1).then((taken) => {
      received = true;
      return taken;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toBe(false);
    network.heal("resume");
    expect((await next).map(toSentence)).toEqual(["ADDED a"]);
  });

  it("accepts connections without a response while it is cut", async () => {
    await using world = await start(2);
    await using network = await startNetwork(world.clock, world.simulator.port);
    network.partition();
    const socket = createConnection(network.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.destroy();
    expect(network.connected).toBe(1);
  });

  it("ends idle connections like a load balancer", async () => {
    await using world = await start(1);
    await using network = await startNetwork(world.clock, world.simulator.port);
    network.closeIdleAfter(60_000);
    using client = world.client(network.url);
    const watch = readAll(await client.get(`${PODS}?watch=1&resourceVersion=1`));
    await world.clock.advance(60_000);
    expect((await watch).end).toBe("ECONNRESET");
  });
});

it("has a Status for every error of the rules", () => {
  expect(tooManyRequests("too many", 7).details).toEqual({ retryAfterSeconds: 7 });
  expect(failure(500, "InternalError", "etcdserver: leader changed")).toMatchObject({ status: "Failure", code: 500 });
});

it.each([1, 2] as const)("sends endless headers over HTTP/%i", async (http) => {
  await using world = await start(http, [{ match: { verb: "list" }, fault: { kind: "endlessHeader" } }]);
  using client = world.client();
  if (http === 1) {
    await expect(client.get(PODS)).rejects.toMatchObject({ code: "HPE_HEADER_OVERFLOW" });
  } else {
    let responded = false;
    void client.get(PODS).then(
      () => {
        responded = true;
      },
      () => {},
    );
    await world.simulator.requests.next({ verb: "list" });
    await world.clock.settle();
    expect(responded).toBe(false);
  }
});
