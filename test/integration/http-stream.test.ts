import { beforeEach, describe, expect, it } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { anAlert } from "../support/alerts.ts";
import { type EventStream, openStream } from "../support/event-stream.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

let http: HttpApp;
let base: string;
const opened: EventStream[] = [];
beforeEach(async () => {
  http = await startHttpApp();
  http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
  base = (await http.server.listen()).url;
  return async () => {
    for (const stream of opened.splice(0)) stream.close();
    await http[Symbol.asyncDispose]();
  };
});

async function follow(query = "", headers: Record<string, string> = {}): Promise<EventStream> {
  const stream = await openStream(`${base}api/v1/stream${query}`, headers);
  opened.push(stream);
  return stream;
}

const is = (event: string) => (one: { event: string }) => one.event === event;
const state = async () => (await http.app.inject("/api/v1/state")).json();
/** Patches are coalesced for a quarter of a second. */
/** Until changes are sent; a thousand rows take several event-loop iterations. */
const tick = async () => {
  await http.clock.advance(250);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("GET /stream", () => {
  it("starts with hello, then sends changes as whole rows with increasing numbers", async () => {
    const { seq } = await state();
    const stream = await follow();
    const hello = await stream.next(is("hello"));
    expect(hello).toMatchObject({ id: String(seq), data: { type: "hello", seq, version: "1.2.3", resync: false } });
    expect(stream.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });

    const pod = aPod();
    http.live.see(pod);
    http.raise(anAlert({ sources: [pod.uid] }));
    await tick();
    const patch = await stream.next(is("patch"));
    expect(patch.data).toMatchObject({
      seq: seq + 1,
      rows: [{ id: "shop/checkout-0/app", state: "Failure" }],
      removed: [],
    });

    http.live.remove(pod.uid);
    http.raise(anAlert({ state: { name: "resolved", activeAt: 1, firedAt: 1, resolvedAt: 2 } }));
    await tick();
    const removal = await stream.next(({ data }) => data.seq === seq + 2);
    expect(removal.data).toMatchObject({ rows: [], removed: ["shop/checkout-0/app"] });
  });

  it("sends incidents that changed, with counts, and leaves rows out on request", async () => {
    await http.app.inject("/api/v1/incidents");
    const stream = await follow("?rows=false");
    await stream.next(is("hello"));
    http.raise(anAlert());
    await tick();
    const { data } = await stream.next(is("incidents"));
    expect(data).toMatchObject({
      changed: [{ key: "shop/Deployment/checkout", severity: "critical" }],
      removed: [],
      counts: { views: { attention: 1 }, attention: { critical: 1 } },
    });
    expect(stream.events.map(({ event }) => event)).not.toContain("patch");
  });

  it("sends at most four patches a second, however much happens", async () => {
    await state();
    const stream = await follow();
    for (let step = 0; step < 40; step++) {
      http.live.see(aPod({ node: `node-${step}` }));
      await http.clock.advance(25);
    }
    await tick();
    await stream.next(({ data }) => data.rows?.[0]?.node === "node-39");
    const patches = stream.events.filter(is("patch"));
    expect(patches.length).toBeLessThanOrEqual(5);
  });

  it("sends nothing for a change that affects no row", async () => {
    http.live.see(aPod());
    const { seq } = await state();
    await follow();
    http.live.see(aPod({ resourceVersion: "2" }));
    await tick();
    expect((await state()).seq).toBe(seq);
  });

  it("reports namespaces that become stale", async () => {
    await state();
    const stream = await follow();
    http.live.watch(healthOf("shop", { state: "stale", lastSyncedAt: 5 }));
    await tick();
    const { data } = await stream.next(is("health"));
    expect(data.health.namespaces).toEqual([
      expect.objectContaining({ namespace: "shop", state: "stale", staleSince: 5 }),
    ]);
  });

  it("shows Sent after the alert was delivered", async () => {
    const pod = aPod();
    http.live.see(pod);
    http.raise(anAlert({ sources: [pod.uid] }));
    await state();
    const stream = await follow();
    await http.app.inject("/pod-restart-alerts");
    await tick();
    await stream.next(({ data }) => data.rows?.[0]?.state === "Sent");
  });

  it.each(["Last-Event-ID", "since"])(
    "resumes at the position of the page, by %s, with all missed changes as one patch",
    async (how) => {
      http.live.see(aPod({ name: "gone-0" }));
      const { seq } = await state();
      for (const node of ["a", "b", "c"]) {
        http.live.see(aPod({ node }));
        await tick();
      }
      http.live.remove("uid-of-gone-0");
      await tick();
      const stream = await (how === "since" ? follow(`?since=${seq}`) : follow("", { "last-event-id": String(seq) }));
      const hello = await stream.next(is("hello"));
      expect(hello.data).toMatchObject({ seq, resync: false });
      const patch = await stream.next(is("patch"));
      expect(patch.data).toMatchObject({ seq: seq + 4, rows: [{ node: "c" }], removed: ["shop/gone-0/app"] });
    },
  );

  it.each`
    number                     | whose
    ${1}                       | ${"long ago"}
    ${Number.MAX_SAFE_INTEGER} | ${"another server"}
    ${"x"}                     | ${"nobody"}
  `("asks a page with a number of $whose to reload, or sends only new changes", async ({ number }) => {
    await state();
    const stream = await follow("", { "last-event-id": String(number) });
    const hello = await stream.next(is("hello"));
    expect(hello.data.resync).toBe(number !== "x");
  });

  it("sends a heartbeat every 15 s", async () => {
    const stream = await follow();
    await stream.next(is("hello"));
    await http.clock.advance(45 * SECOND);
    while (stream.comments < 3) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it("ends when the server closes, at once", async () => {
    const stream = await follow();
    await stream.next(is("hello"));
    await http[Symbol.asyncDispose]();
    await stream.ended;
  });

  it("drops disconnected pages", async () => {
    const stream = await follow();
    await stream.next(is("hello"));
    const timers = http.clock.timers;
    stream.close();
    while (http.clock.timers >= timers) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it("accepts at most the configured number of pages", async () => {
    await using small = await startHttpApp({ maxStreams: 1 });
    const { url } = await small.server.listen();
    const first = await openStream(`${url}api/v1/stream`);
    expect((await fetch(`${url}api/v1/stream`)).status).toBe(503);
    first.close();
    await first.ended;
    for (;;) {
      const second = await openStream(`${url}api/v1/stream`);
      second.close();
      if (second.response.statusCode === 200) break;
    }
  });
});

describe("a reader that is too slow", () => {
  /** Rows of some kilobytes each, so that the connection fills up. */
  const big = (index: number, round: number) => aPod({ name: `web-${index}`, node: `${round}-${"n".repeat(3_000)}` });

  it("is never sent more than the connection takes, and the newest of each row once it reads again", async () => {
    await state();
    const stream = await follow();
    await stream.next(is("hello"));
    stream.response.pause();
    for (let round = 1; round <= 60; round++) {
      http.live.see(...Array.from({ length: 100 }, (_, index) => big(index, round)));
      await tick();
    }
    stream.response.resume();
    const last = await stream.next(({ data }) =>
      data.rows?.some(({ node }: { node: string }) => node.startsWith("60-")),
    );
    const patches = stream.events.filter(is("patch"));
    expect(patches.length).toBeLessThan(60);
    expect(last.data.rows).toHaveLength(100);
  });

  it("is asked to reload if it missed more changes than are kept", async () => {
    await state();
    const stream = await follow();
    await stream.next(is("hello"));
    stream.response.pause();
    for (let round = 1; round <= 45; round++) {
      http.live.see(...Array.from({ length: 1_000 }, (_, index) => big(index, round)));
      await tick();
    }
    stream.response.resume();
    await stream.next(({ event, data }) => event === "hello" && data.resync);
  });

  it("is cut off when it does not read for a minute", async () => {
    await state();
    const stream = await follow();
    await stream.next(is("hello"));
    stream.response.pause();
    for (let round = 1; round <= 60; round++) {
      http.live.see(...Array.from({ length: 100 }, (_, index) => big(index, round)));
      await tick();
    }
    await http.clock.advance(80 * SECOND);
    stream.response.resume();
    await stream.ended;
  });
});

describe("who follows", () => {
  it("sees their own namespaces, loses what they lose, and the stream when their sign-in ends", async () => {
    const access = createFakeAccess();
    access.grant("t", "vera", "get shop");
    await using guarded = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
    guarded.live.watch(healthOf("shop", { syncedSince: 1 }), healthOf("pay", { syncedSince: 1 }));
    const { url } = await guarded.server.listen();
    expect((await fetch(`${url}api/v1/stream`)).status).toBe(401);
    const stream = await openStream(`${url}api/v1/stream`, { authorization: "Bearer t" });
    await stream.next(is("hello"));

    guarded.live.see(aPod({ namespace: "pay", name: "secret-0" }), aPod());
    guarded.live.watch(healthOf("pay", { state: "stale" }));
    await guarded.clock.advance(250);
    await stream.next(is("patch"));
    await stream.next(is("health"));
    expect(JSON.stringify(stream.events)).not.toMatch(/secret-0|"pay"/);

    access.grant("t", "vera", "get pay");
    await guarded.clock.advance(MINUTE + SECOND);
    await stream.next(({ event, data }) => event === "hello" && data.resync);
    access.revoke("t");
    await guarded.clock.advance(MINUTE + 5 * SECOND);
    await stream.ended;
  });

  it("may look on for some minutes while Kubernetes cannot be asked, and no longer", async () => {
    const access = createFakeAccess();
    access.grant("t", "vera", "get shop");
    await using guarded = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
    guarded.live.watch(healthOf("shop", { syncedSince: 1 }));
    const { url } = await guarded.server.listen();
    const stream = await openStream(`${url}api/v1/stream`, { authorization: "Bearer t" });
    await stream.next(is("hello"));
    access.broken = "connection refused";
    await guarded.clock.advance(5 * MINUTE);
    guarded.live.see(aPod());
    await guarded.clock.advance(250);
    await stream.next(is("patch"));
    await guarded.clock.advance(MINUTE + 10 * SECOND);
    await stream.ended;
  });

  it("has a share of the places, and leaves some to others", async () => {
    const access = createFakeAccess();
    access.grant("v", "vera", "get shop");
    access.grant("e", "ed", "get shop");
    await using guarded = await startHttpApp({ auth: KUBERNETES_AUTH, maxStreamsPerCaller: 1 }, { access });
    guarded.live.watch(healthOf("shop", { syncedSince: 1 }));
    const { url } = await guarded.server.listen();
    const ask = (path: string, token: string) =>
      fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const first = await openStream(`${url}api/v1/stream`, { authorization: "Bearer v" });
    opened.push(first);
    expect((await ask("api/v1/stream", "v")).status).toBe(503);
    const other = await openStream(`${url}api/v1/stream`, { authorization: "Bearer e" });
    opened.push(other);
    expect(other.response.statusCode).toBe(200);

    const listening = guarded.live.listeners;
    const waiting = ask("pod-restart-alerts?wait=60s", "v");
    while (guarded.live.listeners === listening) await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await ask("pod-restart-alerts?wait=60s", "v")).status).toBe(503);
    expect((await ask("pod-restart-alerts", "v")).status).toBe(200);
    guarded.raise(anAlert());
    expect((await waiting).status).toBe(200);
  });
});

it("drops the rows after a while without pages, and builds them again", async () => {
  http.live.see(aPod());
  const { seq } = await state();
  const listening = http.live.listeners;
  await http.clock.advance(HOUR);
  expect(http.live.listeners).toBe(listening - 1);
  http.live.see(aPod({ name: "new-0" }));
  const later = await state();
  expect(later.seq).toBeGreaterThan(seq);
  expect(later.rows).toHaveLength(2);
});
