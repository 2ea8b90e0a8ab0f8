/** One namespace that the caller may not see, planted wherever something could name or count it. */

import { beforeEach, describe, expect, it } from "vitest";
import type { Alert } from "../../src/core/model/alert.ts";
import { DAY } from "../../src/core/model/time.ts";
import { RULES } from "../../src/http/auth/auth-rules.ts";
import { createSilences } from "../../src/notify/silences.ts";
import type { Notifications, OutboxMessage } from "../../src/ports/notifications.ts";
import type { Setting } from "../../src/ports/settings.ts";
import { aSetting } from "../support/a-setting.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createFakeLiveState } from "../support/fake-live-state.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const HIDDEN = "tracker";
/** Of several namespaces, one of which is hidden. */
const SHARED_SILENCE = "s-ccccccccc";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let access: FakeAccess;
let http: HttpApp;
beforeEach(async () => {
  access = createFakeAccess();
  access.grant("shop-only", "vera", "get shop", "list shop events", "get shop pods/log");
  access.grant("everything", "root", "get shop", `get ${HIDDEN}`);
  http = await start();
  return () => http[Symbol.asyncDispose]();
});

async function start(): Promise<HttpApp> {
  const clock = createFakeClock();
  const live = createFakeLiveState();
  const store = await createMemoryStore(clock);
  const silences = createSilences({
    clock,
    store: store.silences,
    state: live,
    events: { silenceEnded: () => {} },
    normalFor: DAY,
    changed: () => {},
  });
  const notifications: Notifications = {
    silences,
    receivers: () => [
      { name: "slack", kind: "slack", state: "failing", lastDeliveredAt: 5, problem: `${HIDDEN}.example answered 500` },
      { name: `${HIDDEN}-pager`, kind: "pagerduty", state: "failing", lastDeliveredAt: 5, problem: "answered 500" },
    ],
    test: async () => undefined,
    wake: () => {},
    inhibitionOf: () => undefined,
    explain: ({ labels }) => [
      {
        receiver: labels.namespace === HIDDEN ? `${HIDDEN}-pager` : "team",
        groupKey: "g",
        groupLabels: {},
        notified: false,
        reason: "silenced",
        nextAt: undefined,
      },
    ],
  };
  const app = await startHttpApp(
    { auth: KUBERNETES_AUTH, bind: "0.0.0.0" },
    {
      clock,
      live,
      store,
      notifications,
      access,
      configView: () => ({ settings: SETTINGS }),
      configLoad: () => ({ file: `/etc/${HIDDEN}.yaml`, at: 1, problems: [`${HIDDEN}.yaml:3:1: no such key`] }),
    },
  );
  live.watch(
    healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }),
    healthOf(HIDDEN, { syncedSince: 1, lastSyncedAt: 1 }),
  );
  const labels = { namespace: HIDDEN, pod: `${HIDDEN}-0`, workload: `Deployment/${HIDDEN}` };
  live.see(aPod(), aPod({ name: `${HIDDEN}-0`, namespace: HIDDEN, workload: { kind: "Deployment", name: HIDDEN } }));
  const [own, hidden] = [anAlert(), anAlert({ labels })];
  store.put(own, hidden);
  live.commit(own, hidden);
  for (const { fingerprint, labels } of [own, hidden]) {
    store.log({
      fingerprint,
      episode: 1,
      labels,
      at: 1,
      from: "inactive",
      to: "firing",
      reason: `${labels.pod} crashed`,
    });
  }
  store.post(message(1, [hidden]), message(2, [hidden, own], 7), message(3, [own]));
  const note = `both ${HIDDEN} and shop are being moved`;
  const about = ["shop/checkout-0/app", own.fingerprint, `${HIDDEN}/${HIDDEN}-0/app`, hidden.fingerprint];
  await store.actions.log({ at: 5, by: "root", action: "ack", about, note });
  await store.actions.log({ at: 6, by: "root", action: "ack", about: about.slice(2), note });
  await store.actions.log({ at: 7, by: "root", action: "test", about: [HIDDEN] });
  // The row of a namespace that cannot be watched has the bare name.
  const named = [HIDDEN, hidden.fingerprint, "shop/checkout-0/app", own.fingerprint];
  await store.actions.log({ at: 8, by: "root", action: "ack", about: named, note });
  const wish = { until: clock.now() + DAY, by: "root", endWhenNormal: false };
  await silences.create({
    ...wish,
    id: "s-aaaaaaaaa",
    scope: { kind: "namespace", namespace: HIDDEN },
    reason: `moving ${HIDDEN}`,
  });
  await silences.create({
    ...wish,
    id: "s-bbbbbbbbb",
    scope: { kind: "namespace", namespace: "shop" },
    reason: "moving shop",
  });
  await silences.create({
    ...wish,
    id: SHARED_SILENCE,
    by: `lead of ${HIDDEN}`,
    until: wish.until + DAY,
    scope: { kind: "matchers", matchers: [{ name: "pod", operator: "=~", value: ".*-0" }] },
    reason: `moving ${HIDDEN} and shop`,
  });
  await store.deliveries.claim(`${HIDDEN}-poller`, {
    now: clock.now(),
    lease: 60_000,
    restartPolicy: () => ({ threshold: 1, timeframe: 1 }),
  });
  return { ...app, live, store, clock };
}

const SETTINGS: readonly Setting[] = [
  setting("namespaces", ["shop", HIDDEN]),
  setting("restarts.threshold", 5),
  setting("overrides.shop.restarts.threshold", 4),
  setting(`overrides.${HIDDEN}.restarts.threshold`, 3),
  setting("http.auth.tokens", [{ name: HIDDEN, file: "tokens/x", namespaces: [HIDDEN], rights: ["read"] }]),
  setting("route.routes", [{ match: { namespace: HIDDEN }, receiver: HIDDEN }]),
  setting("receivers", [{ name: HIDDEN, type: "slack" }]),
];

function setting(key: string, value: unknown): Setting {
  const where = `/etc/${HIDDEN}.yaml:3:1`;
  return aSetting(key, value, { where });
}

function message(sequence: number, alerts: readonly Alert[], truncatedAlerts = 0): OutboxMessage {
  return {
    notification: {
      id: `m-${sequence}`,
      receiver: "slack",
      groupKey: "g",
      groupLabels: {},
      status: "firing",
      alerts,
      truncatedAlerts,
      reason: "first notification",
      createdAt: sequence,
      since: sequence,
      attempt: 1,
    },
    sequence,
    state: "pending",
    attempts: 2,
    dueAt: sequence,
    firstAttemptAt: sequence,
    lastAttemptAt: sequence,
    settledAt: undefined,
    failure: { reason: "serverError", detail: "answered 500" },
  };
}

const get = async (url: string, token = "shop-only") => http.app.inject({ url, headers: bearer(token) });
const json = async (url: string, token?: string) => (await get(url, token)).json();

const OWN: Readonly<Record<string, string>> = {
  "/api/v1/incidents/:id": "/api/v1/incidents/shop%2FDeployment%2Fcheckout",
  "/events/:namespace": "/events/shop",
  "/events/:namespace/:pod": "/events/shop/checkout-0",
  "/pods/:namespace": "/pods/shop",
  "/pods/:namespace/:pod": "/pods/shop/checkout-0",
  "/api/v1/alerts/:fingerprint": `/api/v1/alerts/${anAlert().fingerprint}`,
  "/api/v2/silence/:id": "/api/v2/silence/s-bbbbbbbbb",
  "/api/v1/explain": "/api/v1/explain?namespace=shop&pod=checkout-0",
  "/api/v1/consumers/:name/alerts": "/api/v1/consumers/own/alerts",
};
const pathOf = (url: string) => OWN[url] ?? url.replace(":id", "shop%2Fcheckout-0%2Fapp");
const routes = Object.entries(RULES).filter(([route, rule]) => rule === "view" && route.startsWith("GET "));

describe("a caller who may not see a namespace", () => {
  it.each(routes.map(([route]) => route.slice(4)).filter((url) => url !== "/api/v1/stream"))(
    "never gets its name, nor anything in it, from GET %s",
    async (url) => {
      const hidden = [...http.live.alerts()].find(({ labels }) => labels.namespace === HIDDEN)!;
      const answer = await get(pathOf(url));
      expect(answer.statusCode).toBe(200);
      expect(answer.body).not.toContain(HIDDEN);
      expect(answer.body).not.toContain(hidden.fingerprint);
      expect(answer.body).not.toContain(SHARED_SILENCE);
    },
  );

  it("is counted nothing of it: messages, alerts beyond those sent, containers", async () => {
    expect((await json("/api/v1/state")).health.receivers).toEqual([expect.objectContaining({ undelivered: 2 })]);
    expect((await json("/api/v1/receivers")).receivers).toEqual([
      { name: "slack", kind: "slack", state: "failing", problem: "answered 500", pending: 2 },
    ]);
    expect(await json("/api/v1/health")).toMatchObject({
      queue: { pending: 2 },
      containers: 1,
      consumers: [{ name: "default" }],
    });
    const { entries } = await json("/api/v1/history?kind=notification");
    expect(entries.map(({ alerts }: { alerts: number }) => alerts)).toEqual([1, 1]);
  });

  it("reads of an action that spans namespaces their own part, without the note", async () => {
    const { entries } = await json("/api/v1/history?kind=action");
    expect(entries).toEqual([
      expect.objectContaining({
        action: "silence",
        note: "moving shop",
        about: [expect.stringMatching(/^s-/), "shop"],
      }),
      expect.objectContaining({ action: "ack", about: ["shop/checkout-0/app"] }),
      expect.objectContaining({ action: "ack", about: ["shop/checkout-0/app"] }),
    ]);
    expect(entries.slice(1).map(({ note }: { note?: string }) => note)).toEqual([undefined, undefined]);
    expect((await json(`/api/v1/history?q=${HIDDEN}`)).entries).toEqual([]);
  });

  it("is shown the settings that concern them", async () => {
    const { settings } = (
      await http.app.inject({
        url: "/config",
        headers: { ...bearer("shop-only"), accept: "application/json" },
      })
    ).json();
    expect(settings.map(({ key, value }: Setting) => [key, value])).toEqual([
      ["namespaces", ["shop"]],
      ["restarts.threshold", 5],
      ["overrides.shop.restarts.threshold", 4],
    ]);
  });
});

describe("a caller who may see all", () => {
  it("is shown everything", async () => {
    expect((await json("/api/v1/config", "everything")).yaml).toContain(HIDDEN);
    expect(await json("/api/v1/health", "everything")).toMatchObject({
      queue: { pending: 3 },
      consumers: [{ name: "default" }, { name: `${HIDDEN}-poller` }],
    });
    const { entries } = await json("/api/v1/history?kind=action", "everything");
    expect(entries).toHaveLength(7);
    const { receivers } = await json("/api/v1/receivers", "everything");
    expect(receivers).toMatchObject([
      { name: "slack", state: "failing", lastDeliveredAt: 5, problem: `${HIDDEN}.example answered 500` },
      { name: `${HIDDEN}-pager`, lastDeliveredAt: 5 },
    ]);
    const notifications = (await json("/api/v1/history?kind=notification", "everything")).entries;
    expect(notifications[1]).toMatchObject({ alerts: 9 });
  });
});

describe("a caller who may read pods, but not events or logs", () => {
  beforeEach(() => {
    access.grant("pods-only", "petra", "get shop");
    http.evidence.events = async () => [{ message: "an event's text" }];
    http.evidence.log = async () => ({ available: true, lines: ["a log's line"] });
    return http.store.evidence.put(anAlert(), {
      takenAt: 1,
      events: [{ message: "an event's text" }],
      log: { available: true, lines: ["a log's line"] },
      pod: undefined,
      siblings: [],
      notes: [],
    });
  });
  const row = "/api/v1/containers/shop%2Fcheckout-0%2Fapp";

  it.each([
    "/events/shop",
    "/events/shop/checkout-0",
    `${row}/events`,
    `${row}/log`,
    row,
    `/api/v1/alerts/${anAlert().fingerprint}`,
    "/pod-restart-alerts?peek=true",
  ])("is not shown more than Kubernetes would show them, by %s", async (url) => {
    expect((await get(url, "pods-only")).body).not.toMatch(/an event's text|a log's line/);
    if (url !== row) expect((await get(url)).body).toMatch(/an event's text|a log's line/);
  });

  it("gets the name of the missing permission", async () => {
    const events = await get("/events/shop", "pods-only");
    expect([events.statusCode, events.json().missing]).toEqual([403, "list events in shop"]);
    expect(await json(`${row}/events`, "pods-only")).toEqual({
      events: [],
      reason: "You have no permission to read the events of shop.",
    });
    expect(await json(`${row}/log`, "pods-only")).toMatchObject({ available: false, why: "forbidden" });
    const [alert] = await json("/pod-restart-alerts?peek=true", "pods-only");
    expect(alert).toMatchObject({
      Events: [],
      eventsUnavailable: "You have no permission to read the events of shop.",
    });
  });
});

// Last, because it adds pods.
describe("a caller of one namespace", () => {
  it("is shown the clocks of nodes with a pod that they see", async () => {
    http.live.see(
      aPod({ name: "on-a", node: "node-a" }),
      aPod({ name: "without-node", node: undefined }),
      aPod({ namespace: HIDDEN, name: "on-b", node: `${HIDDEN}-node` }),
    );
    http.live.skew("node-a", -2_700_000);
    http.live.skew(`${HIDDEN}-node`, 90_000);
    http.live.skew("node-without-pods", 90_000);
    expect((await json("/api/v1/health")).clockSkew).toEqual([{ node: "node-a", skewMs: -2_700_000 }]);
    expect((await json("/api/v1/health", "everything")).clockSkew).toEqual([
      { node: "node-a", skewMs: -2_700_000 },
      { node: `${HIDDEN}-node`, skewMs: 90_000 },
    ]);
  });
});
