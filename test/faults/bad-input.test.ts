import { gzipSync } from "node:zlib";
import type { Fault } from "@pod-watcher/simulator/faults/faults";
import { failure } from "@pod-watcher/simulator/model/status";
import { describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createFaultWorld, forEachProtocol, podObject, put } from "./fault-world.ts";

const ALWAYS = Number.POSITIVE_INFINITY;
const PODS = { resource: "pods" } as const;
const RESUMED = { verb: "watch", query: { sendInitialEvents: false } } as const;

const HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
const html = { "content-type": "text/html; charset=utf-8" };
const json = { "content-type": "application/json" };
const status = (code: number, message: string) => JSON.stringify(failure(code, "Whatever", message));
const nested = `{"metadata":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`;
const list = (metadata: object, ...items: object[]) =>
  JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata, items });

/** Faulty responses, and the expected problem. */
const ANOMALIES: readonly (readonly [string, Fault, RegExp])[] = [
  [
    "an HTML error page of a proxy",
    { kind: "response", status: 502, headers: html, body: HTML },
    /answered 502 as text\/html.*502 Bad Gateway/,
  ],
  [
    "an HTML page with status 200",
    { kind: "response", status: 200, headers: html, body: HTML },
    /answered 200 as text\/html.*<html>.*proxy/,
  ],
  [
    "a redirect to a login page",
    { kind: "response", status: 302, headers: { location: "https://login/" } },
    /answered 302/,
  ],
  [
    "200 with a Status",
    { kind: "response", status: 200, headers: json, body: status(500, "not well") },
    /"kind\\?":\\?"Status|not well/,
  ],
  [
    "JSON that calls itself text",
    { kind: "response", status: 200, headers: { "content-type": "text/plain" }, body: list({ resourceVersion: "5" }) },
    /text\/plain/,
  ],
  [
    "an answer without a Content-Type",
    { kind: "response", status: 200, body: list({ resourceVersion: "5" }) },
    /without a Content-Type/,
  ],
  ["an empty answer", { kind: "response", status: 200, headers: json, body: "" }, /./],
  ["half a document", { kind: "response", status: 200, headers: json, body: '{"kind":"PodList","apiV' }, /./],
  ["a document nested without end", { kind: "response", status: 200, headers: json, body: nested }, /./],
  [
    "bytes that mean nothing",
    {
      kind: "response",
      status: 200,
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      body: Buffer.alloc(5_000, 0xfe),
    },
    /protobuf/,
  ],
  ["a list that does not say its version", { kind: "response", status: 200, headers: json, body: list({}) }, /./],
  [
    "pods of another namespace",
    { kind: "response", status: 200, headers: json, body: list({ resourceVersion: "5" }, withVersion("elsewhere")) },
    /./,
  ],
  ["a packed answer though nobody asked", { kind: "gzip" }, /Content-Encoding gzip although identity/],
  [
    "a packed bomb",
    {
      kind: "response",
      status: 200,
      headers: { ...json, "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(100_000_000)),
    },
    /Content-Encoding gzip/,
  ],
  ["a header of a megabyte", { kind: "headers", headers: { "x-endless": "y".repeat(1_000_000) } }, /./],
  ["an unknown status", { kind: "response", status: 299, headers: json, body: "{}" }, /answered 299/],
  [
    "an error with a message of a megabyte",
    { kind: "response", status: 500, headers: json, body: status(500, "z".repeat(1_000_000)) },
    /answered 500/,
  ],
  [
    "an error with a body of 20 MB",
    { kind: "response", status: 500, headers: html, body: Buffer.alloc(20_000_000, 0x78) },
    // A server whose own buffers overflow with it refuses what follows.
    /answered 500 as text\/html|ENHANCE_YOUR_CALM/,
  ],
];

function withVersion(namespace: string) {
  const pod = podObject("stranger", { namespace });
  return { ...pod, metadata: { ...pod.metadata, resourceVersion: "4" } };
}

forEachProtocol("bad input", (protocol) => {
  describe.each(ANOMALIES)("%s", (_name, fault, said) => {
    it("at the first sync → counted, logged, reported, retried in bounded time; then recovers", async () => {
      await using world = await createFaultWorld({ protocol });
      const [a] = put(world, "a");
      using rule = world.simulator.faults.add({ match: PODS, times: ALWAYS, fault });
      world.start();
      await world.pass(MINUTE);
      const { problem, reconnects, state } = world.health();
      expect(state).toBe("syncing");
      expect(problem?.message).toMatch(said);
      expect(problem!.message.length).toBeLessThan(1_000);
      expect(Object.values(reconnects).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
      expect(world.requests(PODS).length).toBeLessThan(30);
      expect(world.log.map(({ event }) => event)).toContain("watch_ended");
      expect(world.pods()).toEqual([]);
      rule[Symbol.dispose]();
      await world.passUntil(() => world.health().state === "live", 2 * MINUTE);
      expect(world.pods()).toEqual([a]);
    });

    it("when a watch resumes → nothing known is lost", async () => {
      await using world = await createFaultWorld({ protocol });
      const [a] = put(world, "a");
      await world.live();
      world.simulator.faults.add({ match: RESUMED, times: 1, fault });
      world.simulator.dropConnections("reset");
      const [b] = put(world, "b");
      await world.passUntil(() => world.pods().length === 2, MINUTE);
      await world.pass(2 * SECOND);
      expect(world.take("updated", "removed")).toEqual([`updated ${b}`]);
      expect(world.pods()).toEqual([a, b]);
      expect(world.health().state).toBe("live");
    });
  });

  it("a server that never answers → given up after a minute, tried again", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    using rule = world.simulator.faults.add({ match: PODS, times: ALWAYS, fault: { kind: "hang" } });
    world.start();
    await world.pass(61 * SECOND);
    expect(world.health().problem?.message).toContain("did not answer within 60 s");
    rule[Symbol.dispose]();
    await world.passUntil(() => world.health().state === "live", 2 * MINUTE);
  });

  it("a server that asks for a year of patience → five minutes, with jitter, are enough", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    world.simulator.faults.add({
      match: PODS,
      fault: { kind: "status", status: failure(429, "TooManyRequests", "later", { retryAfterSeconds: 31_536_000 }) },
    });
    world.start();
    const took = await world.passUntil(() => world.health().state === "live", 11 * MINUTE);
    expect(took).toBeGreaterThan(5 * MINUTE);
  });

  it("a list whose pages have no end → not followed for ever", async () => {
    await using world = await createFaultWorld({ protocol, watchList: false });
    world.simulator.faults.add({
      match: { verb: "list" },
      times: ALWAYS,
      fault: { kind: "response", status: 200, headers: json, body: list({ resourceVersion: "5", continue: "again" }) },
    });
    world.start();
    await world.pass(MINUTE);
    expect(world.requests({ verb: "list" }).length).toBeLessThan(30);
    expect(world.health().problem?.message).toContain("a page of the list has its own token");
  });

  it("a bookmark without a version → not taken for a position", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    const empty = podObject("");
    world.simulator.faults.add({
      match: RESUMED,
      fault: { kind: "insert", afterEvents: 0, frames: [{ type: "BOOKMARK", object: empty }] },
    });
    world.simulator.dropConnections("reset");
    await world.pass(5 * SECOND);
    expect(world.health()).toMatchObject({ state: "live", resourceVersion: "2", decodeErrors: 1 });
  });
});
