/** Callers with read access, or none, try to use the deliveries and the places of others. */
import { beforeEach, describe, expect, it } from "vitest";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let access: FakeAccess;
beforeEach(() => {
  access = createFakeAccess();
  access.grant("poller", "poller", "get shop");
  access.grant("other", "mallory", "get shop");
  access.grant("editor", "ed", "get shop", "update shop");
  access.grant("nobody", "nobody");
});

async function start(options: Parameters<typeof startHttpApp>[0] = {}): Promise<HttpApp> {
  const http = await startHttpApp({ auth: KUBERNETES_AUTH, bind: "0.0.0.0", ...options }, { access });
  http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
  http.raise(anAlert());
  return http;
}

const claim = (http: HttpApp, name: string, token: string) =>
  http.app.inject({ url: `/api/v1/consumers/${name}/alerts`, headers: bearer(token) });
const give = (http: HttpApp, name: string, how: "ack" | "nack", token: string, ids: readonly string[]) =>
  http.app.inject({
    method: "POST",
    url: `/api/v1/consumers/${name}/${how}`,
    headers: bearer(token),
    payload: { ids: [...ids] },
  });

describe("a consumer", () => {
  it("belongs to its creator", async () => {
    const name = "pager";
    await using http = await start();
    const { deliveries } = (await claim(http, name, "poller")).json();
    const ids = deliveries.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(1);
    for (const how of ["ack", "nack"] as const) {
      expect((await give(http, name, how, "other", ids)).statusCode).toBe(403);
    }
    expect((await claim(http, name, "other")).statusCode).toBe(403);
    const legacy = await http.app.inject({ url: `/pod-restart-alerts?consumer=${name}`, headers: bearer("other") });
    expect(legacy.statusCode).toBe(403);
    expect((await give(http, name, "ack", "poller", ids)).json().confirmed).toEqual(ids);
  });

  it("can be used with the right to write, and the history names who claimed and confirmed", async () => {
    await using http = await start();
    const { deliveries } = (await claim(http, "pager", "poller")).json();
    const ids = deliveries.map(({ id }: { id: string }) => id);
    expect((await give(http, "pager", "ack", "editor", ids)).json().confirmed).toEqual(ids);
    const { entries } = (await http.app.inject({ url: "/api/v1/history", headers: bearer("other") })).json();
    expect(entries).toMatchObject([{ receiver: "pager", reason: "claimed by poller, confirmed by ed" }]);
    const { consumers } = (await http.app.inject({ url: "/api/v1/consumers", headers: bearer("poller") })).json();
    expect(consumers).toMatchObject([{ name: "default" }, { name: "pager", createdBy: "poller" }]);
  });

  it("names in Activity who released the deliveries of another caller", async () => {
    await using http = await start();
    access.grant("elsewhere", "eve", "get pay");
    for (const name of ["pager", "default"]) {
      const { deliveries } = (await claim(http, name, "poller")).json();
      const ids = deliveries.map(({ id }: { id: string }) => id);
      expect((await give(http, name, "nack", "editor", ids)).json().released).toEqual(ids);
      const again = (await claim(http, name, "poller")).json().deliveries;
      expect(again).toMatchObject([{ id: ids[0], delivery: 2 }]);
      // Releases by the caller who claimed them are not recorded.
      expect((await give(http, name, "nack", "poller", ids)).json().released).toEqual(ids);
    }
    const actions = async (token: string) =>
      (await http.app.inject({ url: "/api/v1/history?kind=action", headers: bearer(token) })).json().entries;
    const released = { by: "ed", action: "release", about: expect.arrayContaining(["shop/checkout-0/app"]) };
    expect(await actions("other")).toMatchObject([
      { ...released, note: expect.stringContaining("default") },
      { ...released, note: expect.stringContaining("pager") },
    ]);
    expect(await actions("elsewhere")).toEqual([]);
  });

  it("default is shared by the pollers, and its deliveries belong to the caller who claimed them", async () => {
    await using http = await start();
    const { deliveries } = (await claim(http, "default", "poller")).json();
    const ids = deliveries.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(1);
    for (const how of ["ack", "nack"] as const) {
      expect((await give(http, "default", how, "other", ids)).json().unknown).toEqual(ids);
    }
    expect((await claim(http, "default", "other")).json()).toEqual({ deliveries: [] });
    const legacy = await http.app.inject({ url: "/pod-restart-alerts", headers: bearer("other") });
    expect([legacy.statusCode, legacy.json()]).toEqual([200, []]);
    expect((await give(http, "default", "ack", "poller", ids)).json().confirmed).toEqual(ids);
  });

  it("belongs to one of two callers who create it at the same time", async () => {
    await using http = await start();
    const both = await Promise.all(["poller", "other"].map((token) => claim(http, "pager", token)));
    expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 403]);
  });

  it("is not taken by confirming before it exists", async () => {
    await using http = await start({ maxConsumers: 5 });
    for (let index = 0; index < 10; index++) await give(http, `c${index}`, "ack", "other", ["x"]);
    expect((await claim(http, "c1", "poller")).statusCode).toBe(200);
  });
});

describe("callers who see no namespace", () => {
  it.each([
    "/api/v1/consumers/mine/alerts",
    "/api/v1/consumers/mine/alerts?wait=1s",
    "/pod-restart-alerts?consumer=mine",
    "/pod-restart-alerts",
    "/api/v1/stream",
  ])("get no place at %s", async (url) => {
    await using http = await start();
    expect((await http.app.inject({ url, headers: bearer("nobody") })).statusCode).toBe(403);
    expect((await http.store.deliveries.consumers()).map(({ name }) => name)).toEqual(["default"]);
    const [known] = await http.store.deliveries.consumers();
    expect(known?.createdBy).toBeUndefined();
  });
});

describe("places for operators", () => {
  it("of consumers are left when readers have taken theirs", async () => {
    await using http = await start({ maxConsumers: 10 });
    const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
    for (const name of names) {
      access.grant(name, name, "get shop");
      await claim(http, name, name);
    }
    expect(await http.store.deliveries.consumers()).toHaveLength(8);
    expect((await claim(http, "late", "other")).statusCode).toBe(409);
    expect((await claim(http, "pager", "editor")).statusCode).toBe(200);
  });

  it("of waits are left when readers have taken theirs", async () => {
    await using http = await start({ maxStreams: 5, maxConsumers: 100 });
    const wait = (token: string) =>
      http.app.inject({ url: `/pod-restart-alerts?consumer=${token}&wait=1s`, headers: bearer(token) });
    await Promise.all(["poller", "other", "editor"].map((token) => wait(token)));
    for (let index = 0; index < 4; index++) access.grant(`r${index}`, `r${index}`, "get shop");
    for (let index = 0; index < 4; index++) await claim(http, `r${index}`, `r${index}`);
    const open = Array.from({ length: 4 }, (_, index) => wait(`r${index}`));
    await expect.poll(() => wait("other").then(({ statusCode }) => statusCode)).toBe(503);
    const operator = wait("editor");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await http.clock.advance(2_000);
    expect((await operator).statusCode).toBe(200);
    for (const one of open) expect((await one).statusCode).toBe(200);
  });
});
