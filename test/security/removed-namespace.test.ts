/** A namespace leaves the watch list: Kubernetes is not asked about it any more, so its stored data stays hidden. */

import { Counter } from "@prometheus-io/client";
import { expect, it } from "vitest";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { aSetting } from "../support/a-setting.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const REMOVED = "tracker";
const headers = { authorization: "Bearer viewer" };

it("is part of no answer to a viewer of all other namespaces", async () => {
  const access = createFakeAccess();
  access.grant("viewer", "vera", "get shop", "update shop");
  const registry = createRegistry();
  new Counter({ name: "stored_total", help: "h", labelNames: ["namespace"], registers: [registry] }).inc({
    namespace: REMOVED,
  });
  await using http = await startHttpApp(
    { auth: KUBERNETES_AUTH, bind: "0.0.0.0" },
    {
      access,
      registry,
      configView: () => ({ settings: [aSetting(`overrides.${REMOVED}.restarts.threshold`, 3)] }),
    },
  );
  const { live, store, clock } = http;
  live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
  const labels = { namespace: REMOVED, pod: `${REMOVED}-0`, workload: `Deployment/${REMOVED}` };
  const hidden = anAlert({ labels });
  store.put(hidden);
  live.commit(hidden);
  store.log({ ...hidden, at: 1, from: "inactive", to: "firing", reason: `${REMOVED} crashed` });
  store.post({
    notification: {
      id: "m-1",
      receiver: "slack",
      groupKey: "g",
      groupLabels: {},
      status: "firing",
      alerts: [hidden],
      truncatedAlerts: 3,
      reason: "first notification",
      createdAt: 1,
      since: 1,
    },
    sequence: 1,
    state: "pending",
    attempts: 0,
    dueAt: 1,
  } as unknown as Parameters<typeof store.post>[0]);
  const note = `${REMOVED} is moved`;
  await store.actions.log({ at: 5, by: "root", action: "ack", about: [`${REMOVED}/${REMOVED}-0/app`], note });
  await store.actions.log({ at: 6, by: "root", action: "ack", about: [REMOVED, "shop/checkout-0/app"], note });
  await store.deliveries.claim("pager", {
    now: clock.now(),
    lease: 60_000,
    by: "vera",
    restartPolicy: () => ({ threshold: 1, timeframe: 1 }),
  });

  for (const url of [
    "/metrics",
    "/status",
    "/config",
    "/plain",
    "/pod-restart-alerts?peek=true",
    "/pod-restart-alerts?peek=true&consumer=other",
    "/api/v1/state",
    "/api/v1/alerts",
    "/api/v1/history",
    "/api/v1/health",
    "/api/v1/config",
    "/api/v1/receivers",
    "/api/v1/consumers/pager/alerts",
  ]) {
    const answer = await http.app.inject({ url, headers });
    expect([url, answer.statusCode]).toEqual([url, 200]);
    expect([url, answer.body.includes(REMOVED)]).toEqual([url, false]);
  }
  const history = (await http.app.inject({ url: "/api/v1/history", headers })).json();
  expect(history.entries).toMatchObject([{ kind: "action", about: ["shop/checkout-0/app"] }]);
  expect((await http.app.inject({ url: "/api/v1/health", headers })).json().queue.pending).toBe(0);
  const confirmed = await http.app.inject({
    method: "POST",
    url: "/api/v1/consumers/pager/ack",
    headers,
    payload: { ids: [`${hidden.fingerprint}.1.1`] },
  });
  expect(confirmed.json().confirmed).toEqual([]);
  const resent = await http.app.inject({ method: "POST", url: "/api/v1/notifications/m-1/resend", headers });
  expect(resent.statusCode).toBe(404);
});
