import { connect, type Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { SECOND } from "../../src/core/model/time.ts";
import { STATE_UNAVAILABLE } from "../../src/ports/store.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

let http: HttpApp;
let port: number;
beforeEach(async () => {
  http = await startHttpApp({ includeEvents: false });
  ({ port } = await http.server.listen());
  return () => http[Symbol.asyncDispose]();
});

/** A caller that writes its own request, and can break off at any byte. */
function call(path: string, headers = ""): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  return socket.on("error", () => {});
}

const arrived = (socket: Socket) =>
  new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));
const OPTIONS = { lease: SECOND, restartPolicy: () => ({ threshold: 1, timeframe: 1 }) };
const due = async () => (await http.store.deliveries.peek("default", { ...OPTIONS, now: http.clock.now() })).length;
const url = (path: string) => `http://127.0.0.1:${port}${path}`;

/** Real sockets take real time: waits until it is so, which the test's own time limit ends. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("marking as sent", () => {
  it("happens when the caller has read everything and closes", async () => {
    http.raise(anAlert());
    const caller = call("/pod-restart-alerts");
    expect(await arrived(caller)).toContain('"podLongName":"checkout-0"');
    caller.end();
    await closed(caller);
    await until(async () => (await http.store.deliveries.confirmedDeliveries("default")).length === 1);
    expect(await due()).toBe(0);
  });

  it("happens a moment later when the caller keeps the connection, and counts as sent until then", async () => {
    http.raise(anAlert());
    const answer = await fetch(url("/pod-restart-alerts"));
    expect(await answer.json()).toHaveLength(1);
    expect(await (await fetch(url("/pod-restart-alerts"))).json()).toEqual([]);
    await http.clock.advance(SECOND);
    expect(await http.store.deliveries.confirmedDeliveries("default")).toHaveLength(1);
  });

  it("does not happen when the caller breaks off in the middle of a long answer", async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      anAlert({
        labels: { pod: `web-${index}` },
        annotations: { summary: "x".repeat(100_000), description: "" },
      }),
    );
    http.raise(...many);
    const caller = call("/pod-restart-alerts");
    await arrived(caller);
    caller.destroy();
    await until(async () => (await due()) === 300);
    expect(await http.store.deliveries.confirmedDeliveries("default")).toEqual([]);
    const again = (await http.app.inject("/pod-restart-alerts")).json();
    expect(again).toHaveLength(300);
    expect(again[0]).toMatchObject({ sequence: 1, delivery: 2 });
  });

  it("does not happen when the caller dies with the answer unread", async () => {
    http.raise(anAlert());
    const caller = call("/pod-restart-alerts");
    caller.pause();
    await until(async () => (await due()) === 0);
    await until(() => caller.bytesWritten > 0);
    await until(async () => (await http.app.inject("/status")).statusCode === 200);
    caller.resetAndDestroy();
    await until(async () => (await due()) === 1);
    expect(await http.store.deliveries.confirmedDeliveries("default")).toEqual([]);
  });
});

describe("waiting", () => {
  it("answers at once when something becomes due", async () => {
    const answer = fetch(url("/pod-restart-alerts?wait=60s"));
    await until(() => http.live.listeners > 0);
    http.raise(anAlert());
    expect(await (await answer).json()).toHaveLength(1);
    expect(http.live.listeners).toBe(0);
  });

  it("answers [] when the time is over", async () => {
    const answer = fetch(url("/pod-restart-alerts?wait=7s"));
    await until(() => http.live.listeners > 0);
    await http.clock.advance(5 * SECOND);
    await until(() => http.live.listeners > 0);
    await http.clock.advance(2 * SECOND);
    expect(await (await answer).json()).toEqual([]);
  });

  it("takes up what another caller of the same consumer did not confirm in time", async () => {
    http.raise(anAlert());
    await fetch(url("/pod-restart-alerts?lease=3s"));
    const answer = fetch(url("/pod-restart-alerts?wait=60s"));
    await until(() => http.live.listeners > 0);
    await http.clock.advance(5 * SECOND);
    expect(await (await answer).json()).toEqual([expect.objectContaining({ delivery: 2 })]);
  });

  it("claims nothing for a caller that has disconnected", async () => {
    const caller = call("/pod-restart-alerts?wait=60s");
    await until(() => http.live.listeners > 0);
    caller.destroy();
    await until(() => http.live.listeners === 0);
    http.raise(anAlert());
    expect(await due()).toBe(1);
  });
});

it("delivers nothing to a caller who lost their role while waiting", async () => {
  const access = createFakeAccess();
  access.grant("t", "vera", "get shop");
  await using guarded = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
  guarded.live.watch(healthOf("shop", { syncedSince: 1 }));
  const { url: base } = await guarded.server.listen();
  const answer = fetch(`${base}pod-restart-alerts?wait=120s`, { headers: { authorization: "Bearer t" } });
  await until(() => guarded.live.listeners > 0);
  access.revoke("t");
  await guarded.clock.advance(70 * SECOND);
  guarded.raise(anAlert());
  expect((await answer).status).toBe(401);
  expect((await guarded.store.deliveries.peek("default", { ...OPTIONS, now: guarded.clock.now() })).length).toBe(1);
});

it("checks the right to read events at the end of a long poll", async () => {
  const access = createFakeAccess();
  access.grant("t", "vera", "get shop", "list shop events");
  await using guarded = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
  guarded.live.watch(healthOf("shop", { syncedSince: 1 }));
  guarded.evidence.events = async () => [{ message: "Back-off restarting failed container" }];
  const { url: base } = await guarded.server.listen();
  const answer = fetch(`${base}pod-restart-alerts?wait=5m`, { headers: { authorization: "Bearer t" } });
  await until(() => guarded.live.listeners > 0);
  await guarded.clock.advance(150 * SECOND);
  guarded.raise(anAlert());
  expect(await (await answer).json()).toMatchObject([
    { Events: [{ message: "Back-off restarting failed container" }] },
  ]);
});

describe("who only looks", () => {
  const CHROME =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  it.each`
    what                                 | headers
    ${"a person who opens the address"}  | ${{ "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }}
    ${"an image in another site's page"} | ${{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }}
    ${"a script of a neighbour's page"}  | ${{ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty" }}
    ${"a frame in our own page"}         | ${{ "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }}
    ${"a browser that loads beforehand"} | ${{ "sec-purpose": "prefetch;prerender" }}
    ${"a browser by plain HTTP"}         | ${{ "user-agent": CHROME, "accept-language": "en" }}
  `("takes nothing: $what", async ({ headers }) => {
    http.raise(anAlert());
    for (const path of ["/pod-restart-alerts", "/api/v1/consumers/default/alerts"]) {
      expect((await http.app.inject({ url: path, headers })).body).toContain("checkout-0");
    }
    expect(await due()).toBe(1);
  });

  it.each`
    what                          | headers
    ${"curl"}                     | ${{ "user-agent": "curl/8.5.0", accept: "*/*" }}
    ${"Python requests"}          | ${{ "user-agent": "python-requests/2.32.3", accept: "*/*", "accept-encoding": "gzip, deflate", connection: "keep-alive" }}
    ${"Zabbix as a browser"}      | ${{ "user-agent": CHROME, accept: "*/*" }}
    ${"Java"}                     | ${{ "user-agent": "Java/21", accept: "text/html, image/gif, image/jpeg, */*; q=0.2" }}
    ${"PowerShell 5.1"}           | ${{ "user-agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1" }}
    ${"fetch of Node"}            | ${{ "user-agent": "node", "sec-fetch-mode": "cors", "accept-language": "*" }}
    ${"a script of our own page"} | ${{ "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }}
  `("takes what is due: $what", async ({ headers }) => {
    http.raise(anAlert());
    expect((await http.app.inject({ url: "/pod-restart-alerts", headers })).json()).toHaveLength(1);
    expect(await due()).toBe(0);
  });
});

describe("closing", () => {
  it("ends waits with an empty answer and frees the port", async () => {
    const answer = fetch(url("/pod-restart-alerts?wait=60s"));
    await until(() => http.live.listeners > 0);
    await http[Symbol.asyncDispose]();
    expect(await (await answer).json()).toEqual([]);
    await expect(fetch(url("/livez"))).rejects.toThrow();
  });

  it("cuts off a reader that does not read after 4 s, and its alerts are not lost", async () => {
    const big = { summary: "x".repeat(30_000_000), description: "" };
    http.raise(anAlert({ annotations: big }));
    const caller = call("/pod-restart-alerts");
    caller.pause();
    await until(async () => (await due()) === 0);
    const over = http[Symbol.asyncDispose]();
    await http.clock.advance(4 * SECOND);
    await over;
    expect(await http.store.deliveries.confirmedDeliveries("default")).toEqual([]);
    expect(await due()).toBe(1);
    caller.destroy();
  });
});

describe("listening", () => {
  it("names the port that is in use and what to do", async () => {
    await using second = await startHttpApp({ port });
    await expect(second.server.listen()).rejects.toThrow(
      `Port ${port} at 127.0.0.1 is in use by another program: stop it, or set PORT to a free port (0 selects one).`,
    );
  });

  it("contains the address of the page, including a path prefix", async () => {
    await using prefixed = await startHttpApp({ pathPrefix: "/watch/pods" });
    const address = await prefixed.server.listen();
    expect(address.url).toBe(`http://127.0.0.1:${address.port}/watch/pods/`);
    expect((await fetch(`${address.url}livez`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${address.port}/livez`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${address.port}/watch/podsx/livez`)).status).toBe(404);
  });
});

it("is rejected with the reason while the state cannot be written, and continues afterwards without a loss", async () => {
  http.raise(anAlert());
  const { claim } = http.store.deliveries;
  const full = Object.assign(new Error("/state/pod-watcher.db cannot grow: the disk is full."), {
    code: STATE_UNAVAILABLE,
  });
  http.store.deliveries.claim = async () => {
    throw full;
  };
  const refused = await fetch(url("/pod-restart-alerts"));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
  expect(((await refused.json()) as { detail: string }).detail).toContain("cannot grow: the disk is full.");
  expect(http.log.filter(({ event }) => event === "request_failed")).toEqual([]);
  http.store.deliveries.claim = claim;
  expect(await (await fetch(url("/pod-restart-alerts"))).json()).toHaveLength(1);
});
