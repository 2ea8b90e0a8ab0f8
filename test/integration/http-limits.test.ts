import { beforeEach, describe, expect, it } from "vitest";
import { MINUTE } from "../../src/core/model/time.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let access: FakeAccess;
beforeEach(() => {
  access = createFakeAccess();
  access.grant("shop-viewer", "vera", "get shop");
  access.grant("shop-editor", "ed", "get shop", "update shop");
});

async function start(options: Parameters<typeof startHttpApp>[0] = {}): Promise<HttpApp> {
  const http = await startHttpApp({ auth: KUBERNETES_AUTH, bind: "0.0.0.0", ...options }, { access });
  http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
  return http;
}

function statusOf(http: HttpApp, url: string, headers: Record<string, string> = {}, remoteAddress = "10.0.0.1") {
  return http.app.inject({ url, headers, remoteAddress }).then(({ statusCode }) => statusCode);
}

describe("requests", () => {
  it("are counted per authenticated caller, behind one address or many, and rejected with Retry-After", async () => {
    await using http = await start({ requestsPerMinute: 3 });
    const ask = (token: string) => http.app.inject({ url: "/status", headers: bearer(token) });
    for (let call = 0; call < 3; call++) expect((await ask("shop-viewer")).statusCode).toBe(200);
    const refused = await ask("shop-viewer");
    expect([refused.statusCode, refused.json().title]).toEqual([429, "Too Many Requests"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await ask("shop-editor")).statusCode).toBe(200);
    for (let call = 0; call < 5; call++) expect(await statusOf(http, "/livez")).toBe(200);
    await http.clock.advance(MINUTE);
    expect((await ask("shop-viewer")).statusCode).toBe(200);
  });

  it("are counted by address for unauthenticated callers, regardless of their headers", async () => {
    await using http = await startHttpApp({ requestsPerMinute: 3 });
    const ask = (call: number, address: string) => statusOf(http, "/status", bearer(`x${call}`), address);
    for (let call = 0; call < 3; call++) expect(await ask(call, "2001:db8::1")).toBe(200);
    expect(await ask(4, "2001:db8::1")).toBe(429);
    // An IPv6 host has a whole network to come from.
    expect(await ask(5, "2001:db8::ffff:1")).toBe(429);
    expect(await ask(6, "2001:db8:0:1::1")).toBe(200);
    expect(await statusOf(http, "/metrics", {}, "2001:db8::1")).toBe(200);
  });

  it("are counted by the caller's own address behind a proxy that is trusted, and by no other's word", async () => {
    await using http = await startHttpApp({ requestsPerMinute: 1, trustedProxies: ["10.128.0.0/14"] });
    const ask = (forwarded: string, address: string) =>
      statusOf(http, "/status", { "x-forwarded-for": forwarded }, address);
    expect([await ask("1.1.1.1", "10.128.2.9"), await ask("2.2.2.2", "10.128.2.9")]).toEqual([200, 200]);
    expect(await ask("1.1.1.1", "10.128.7.1")).toBe(429);
    expect([await ask("3.3.3.3", "10.0.0.9"), await ask("4.4.4.4", "10.0.0.9")]).toEqual([200, 429]);
  });

  it("for files keep nobody from signing in", async () => {
    await using http = await start({ requestsPerMinute: 1 });
    for (let call = 0; call < 20; call++) await statusOf(http, "/page.css");
    expect(await statusOf(http, "/page.css")).toBe(429);
    const signIn = await http.app.inject({
      method: "POST",
      url: "/api/v1/session",
      payload: { token: "shop-viewer" },
      remoteAddress: "10.0.0.1",
    });
    expect(signIn.statusCode).toBe(200);
    expect(await statusOf(http, "/", bearer("shop-viewer"))).toBe(200);
  });
});

describe("wrong tokens", () => {
  const tries = [
    ["a header", (token: string) => ({ url: "/status", headers: bearer(token) })],
    ["the metrics", (token: string) => ({ url: "/metrics", headers: bearer(token) })],
    ["signing in", (token: string) => ({ method: "POST" as const, url: "/api/v1/session", payload: { token } })],
  ] as const;

  it.each(tries)("by %s are no longer checked after too many from one address", async (_, request) => {
    await using http = await start({ failedLoginsPerMinute: 5 });
    const guess = (token: string, remoteAddress = "10.0.0.1") => http.app.inject({ ...request(token), remoteAddress });
    let looked = 0;
    const { user } = access;
    access.user = (token) => {
      looked++;
      return user!(token);
    };
    await guess("shop-editor");
    const statuses = [];
    for (let call = 0; call < 50; call++) statuses.push((await guess(`wrong-${call}`)).statusCode);
    expect(statuses.filter((status) => status === 429)).toHaveLength(45);
    expect(looked).toBe(6);
    // Who was known before is not kept out by them, nor is another address.
    expect((await guess("shop-editor")).statusCode).not.toBe(429);
    expect((await guess("shop-viewer")).statusCode).toBe(429);
    expect((await guess("shop-viewer", "10.0.0.2")).statusCode).not.toBe(429);
    await http.clock.advance(MINUTE);
    expect((await guess("shop-viewer")).statusCode).not.toBe(429);
  });

  it("in the page's cookie are never checked: it is the id of a session", async () => {
    await using http = await start({ failedLoginsPerMinute: 5 });
    access.user = async () => {
      throw new Error("asked");
    };
    for (let call = 0; call < 50; call++) {
      const headers = { cookie: `__Host-pod_watcher_session=${call === 0 ? "shop-editor" : `wrong-${call}`}` };
      expect(await statusOf(http, "/status", headers)).toBe(401);
    }
  });

  it("count once a minute each: a page or poller that shows one again and again locks nobody else out", async () => {
    await using http = await start({ failedLoginsPerMinute: 2 });
    for (let call = 0; call < 20; call++) expect(await statusOf(http, "/status", bearer("expired"))).toBe(401);
    expect(await statusOf(http, "/status", bearer("shop-viewer"))).toBe(200);
    expect(await statusOf(http, "/status", bearer("wrong"))).toBe(401);
    expect(await statusOf(http, "/status", bearer("shop-editor"))).toBe(429);
    // From elsewhere it is another guess.
    expect(await statusOf(http, "/status", bearer("expired"), "10.0.0.2")).toBe(401);
    expect(await statusOf(http, "/status", bearer("wrong"), "10.0.0.2")).toBe(401);
    expect(await statusOf(http, "/status", bearer("shop-editor"), "10.0.0.2")).toBe(429);
    await http.clock.advance(MINUTE);
    for (const token of ["expired", "wrong"]) expect(await statusOf(http, "/status", bearer(token))).toBe(401);
    expect(await statusOf(http, "/status", bearer("shop-editor"))).toBe(429);
  });

  it.each(["too many came from the address", "Kubernetes cannot be asked"])(
    "still serve the login page when %s",
    async (why) => {
      await using http = await start({ failedLoginsPerMinute: 1 });
      const signedIn = await http.app.inject({
        method: "POST",
        url: "/api/v1/session",
        payload: { token: "shop-viewer" },
        remoteAddress: "10.0.0.1",
      });
      const [cookie = ""] = [signedIn.headers["set-cookie"]].flat().map((one) => String(one).split(";")[0]!);
      expect(cookie).toMatch(/^__Host-pod_watcher_session=./);
      await http.clock.advance(11 * MINUTE);
      if (why.startsWith("Kube")) access.broken = "connection refused";
      else await statusOf(http, "/status", bearer("wrong"));
      const headers = { cookie, accept: "text/html" };
      const page = await http.app.inject({ url: "/", headers, remoteAddress: "10.0.0.1" });
      expect([page.statusCode, page.headers["content-type"]]).toEqual([401, "text/html; charset=utf-8"]);
      expect(page.body).toContain("Not signed in");
    },
  );

  it("all at once become few questions to Kubernetes, and displace nobody who is known", async () => {
    await using http = await start();
    await statusOf(http, "/status", bearer("shop-viewer"));
    let most = 0;
    let underWay = 0;
    let asked = 0;
    access.user = async () => {
      asked++;
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return undefined;
    };
    const wrong = Array.from({ length: 900 }, (_, call) => statusOf(http, "/status", bearer(`wrong-${call}`)));
    expect(new Set(await Promise.all(wrong))).toEqual(new Set([401, 429]));
    expect(most).toBe(32);
    expect(asked).toBeLessThan(120 + 32);
    expect(await statusOf(http, "/status", bearer("shop-viewer"))).toBe(200);
  });
});

describe("consumers", () => {
  it("can be made while there is room, and one caller cannot take it all", async () => {
    await using http = await start({ maxConsumers: 11 });
    http.raise(anAlert());
    const pull = (name: string, token: string) => statusOf(http, `/api/v1/consumers/${name}/alerts`, bearer(token));
    expect([await pull("a", "shop-viewer"), await pull("b", "shop-viewer")]).toEqual([200, 200]);
    expect([await pull("c", "shop-viewer"), await pull("a", "shop-viewer")]).toEqual([409, 200]);
    for (let name = 0; name < 8; name++) expect(await pull(`e${name}`, "shop-editor")).toBe(200);
    const full = await http.app.inject({ url: "/pod-restart-alerts?consumer=z", headers: bearer("shop-editor") });
    expect([full.statusCode, full.json().detail]).toEqual([
      409,
      "The limit of 11 consumers is reached: use an existing one, or raise http.max_consumers.",
    ]);
    expect(await pull("b", "shop-editor")).toBe(200);
    expect(await statusOf(http, "/pod-restart-alerts", bearer("shop-editor"))).toBe(200);
    expect((await http.store.deliveries.consumers()).length).toBe(11);
  });

  it("are not made by twenty callers at the same time either", async () => {
    await using http = await start({ maxConsumers: 4 });
    const pull = (index: number) => statusOf(http, `/api/v1/consumers/c${index}/alerts`, bearer("shop-editor"));
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, index) => pull(index)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  });
});
