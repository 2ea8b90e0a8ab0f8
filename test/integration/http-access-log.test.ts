/** The audit log: rejected requests and changes by callers; never tokens or notes. */
import { beforeEach, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createSilences } from "../../src/notify/silences.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createFakeLiveState } from "../support/fake-live-state.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

let access: FakeAccess;
let http: HttpApp;
beforeEach(async () => {
  access = createFakeAccess();
  access.grant("viewers-token", "vera", "get shop");
  access.grant("editors-token", "ed", "get shop", "update shop");
  const clock = createFakeClock();
  const live = createFakeLiveState();
  const store = await createMemoryStore(clock);
  const events = { silenceEnded: () => {} };
  const silences = createSilences({
    clock,
    store: store.silences,
    state: live,
    events,
    normalFor: 1,
    changed: () => {},
  });
  const notifications = {
    silences,
    receivers: () => [],
    test: async () => undefined,
    wake: () => {},
    explain: () => [],
    inhibitionOf: () => undefined,
  };
  const app = await startHttpApp(
    { auth: KUBERNETES_AUTH, bind: "0.0.0.0", requestsPerMinute: 30 },
    { access, clock, live, store, notifications },
  );
  http = { ...app, clock, live, store };
  live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
  live.see(aPod());
  store.put(anAlert());
  live.commit(anAlert());
  return () => http[Symbol.asyncDispose]();
});

const call = (method: "GET" | "POST" | "PUT" | "DELETE", url: string, token?: string, payload?: object) =>
  http.app.inject({
    method,
    url,
    remoteAddress: "10.0.0.1",
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(payload === undefined ? {} : { payload }),
  });
const lines = (event: string) =>
  http.log.filter((line) => line.event === event).map(({ level, time: _, msg: __, event: ___, ...fields }) => fields);

describe("the log", () => {
  it("has a line a minute for an address that brings wrong tokens, with how many they were", async () => {
    for (let guess = 0; guess < 10; guess++) await call("GET", "/status", `guess-${guess}`);
    await call("GET", "/status");
    await http.clock.advance(MINUTE);
    await call("POST", "/api/v1/session", undefined, { token: "guess-again" });
    expect(lines("login_rejected")).toEqual([
      { address: "10.0.0.1", route: "/status", token: true, count: 1 },
      { address: "10.0.0.1", route: "/status", token: false, count: 1 },
      { address: "10.0.0.1", route: "/api/v1/session", token: true, count: 10 },
    ]);
  });

  it("says who was refused a change, and who asked too often", async () => {
    const route = "/api/v1/acknowledge";
    const subjects = [{ alert: anAlert().fingerprint }];
    for (let call_ = 0; call_ < 40; call_++) await call("POST", route, "viewers-token", { subjects });
    const by = "vera";
    expect(lines("change_refused")).toEqual([
      { by, address: "10.0.0.1", method: "POST", route, status: 403, count: 1 },
    ]);
    expect(lines("requests_limited")).toEqual([{ by, address: "10.0.0.1", route, count: 1 }]);
  });

  it("says who changed what, without what they wrote", async () => {
    const { fingerprint } = anAlert();
    const subjects = [{ row: "shop/checkout-0/app" }];
    await call("POST", "/api/v1/acknowledge", "editors-token", { subjects, note: "my password is x" });
    await call("POST", "/api/v1/unacknowledge", "editors-token", { subjects: [{ alert: fingerprint }] });
    const scope = { kind: "namespace", namespace: "shop" };
    const until = http.clock.now() + MINUTE;
    const wish = { scope, until, reason: "my password is x" };
    const id = "s-deploying";
    await call("PUT", `/api/v1/silences/${id}`, "editors-token", wish);
    await call("PUT", `/api/v1/silences/${id}`, "editors-token", { ...wish, until: until + SECOND });
    await call("DELETE", `/api/v1/silences/${id}`, "editors-token");
    const by = "ed";
    const about = ["shop/checkout-0/app", fingerprint];
    expect(lines("alerts_acknowledged")).toEqual([{ by, about, count: 2 }]);
    expect(lines("alerts_unacknowledged")).toEqual([{ by, about, count: 2 }]);
    for (const event of ["silence_created", "silence_changed", "silence_ended_by_caller"]) {
      expect(lines(event)).toEqual([{ by, about: [id], count: 1 }]);
    }
    expect(JSON.stringify(http.log)).not.toMatch(/password|-token/);
  });

  it("does not grow with how many come, nor does what is remembered for it", async () => {
    for (let host = 0; host < 300; host++) {
      for (let guess = 0; guess < 3; guess++) {
        await http.app.inject({
          url: "/status",
          headers: { authorization: "Bearer x" },
          remoteAddress: `10.1.0.${host % 50}`,
        });
      }
    }
    expect(lines("login_rejected")).toHaveLength(50);
  });
});

describe("/readyz", () => {
  it("checks the store every few seconds, regardless of the number of requests, and does not reveal its error", async () => {
    let tried = 0;
    http.store.checkWritable = async () => {
      tried++;
      throw new Error("/var/lib/pods/state.db: disk is full");
    };
    for (let ask = 0; ask < 100; ask++) {
      const answer = await http.app.inject("/readyz");
      expect([answer.statusCode, answer.body.includes("/var/lib")]).toEqual([503, false]);
    }
    expect(tried).toBe(1);
    http.store.checkWritable = async () => {};
    await http.clock.advance(5 * SECOND);
    expect((await http.app.inject("/readyz")).statusCode).toBe(200);
    expect((await call("GET", "/api/v1/health", "viewers-token")).json().store.writable).toBe(true);
  });
});
