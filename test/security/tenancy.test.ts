/**
 * Alerts, silences and notifications of one namespace change nothing in the answers to a caller who sees another one only:
 * two programs, one with them and one without, are asked the same.
 */
import { expect, it } from "vitest";
import { HOUR, MINUTE } from "../../src/core/model/time.ts";
import type { Silence } from "../../src/core/notify/silence.ts";
import type { ReceiverStatus } from "../../src/ports/notifications.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { makeNotification } from "../support/notifications.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const VIEWER = { authorization: "Bearer viewer" };
const EDITOR = { authorization: "Bearer editor" };

const MATTERS = {
  alertname: "PodCrashLooping",
  namespace: "bank",
  workload: "Deployment/vault",
  pod: "vault-0",
} as const;

async function start(isBusy: boolean): Promise<HttpApp> {
  const access = createFakeAccess();
  access.grant("viewer", "viewer", "get shop");
  access.grant("editor", "banker", "get bank", "update bank");
  const silences: Silence[] = [];
  const http = await startHttpApp(
    { auth: KUBERNETES_AUTH },
    {
      access,
      notifications: {
        silences: {
          list: () => silences,
          find: (id) => silences.find((one) => one.id === id),
          silenceOf: ({ namespace }) => (namespace === "bank" ? silences[0] : undefined),
          create: async () => silences[0]!,
          change: async () => undefined,
          end: async () => undefined,
        },
        receivers: () => [
          {
            name: "vault-hook",
            kind: "webhook",
            ...(isBusy
              ? { state: "failing", lastDeliveredAt: http.clock.now(), problem: "bank.example refused" }
              : { state: "ok" }),
          } as ReceiverStatus,
        ],
        test: async () => undefined,
        wake: () => {},
        explain: () => [],
        inhibitionOf: () => undefined,
      },
    },
  );
  const now = http.clock.now();
  const synced = { syncedSince: now - HOUR, lastSyncedAt: now };
  http.live.watch(healthOf("shop", synced), healthOf("bank", synced));
  const resolved = {
    name: "resolved",
    activeAt: now - HOUR,
    firedAt: now - HOUR,
    resolvedAt: now - 40 * MINUTE,
  } as const;
  http.raise(anAlert({ state: resolved }));
  if (!isBusy) return http;

  const failing = anAlert({ labels: MATTERS, state: { name: "firing", activeAt: now, firedAt: now, lastSeenAt: now } });
  http.raise(failing);
  silences.push({
    id: "s-0123456789",
    scope: { kind: "namespace", namespace: "bank" },
    from: now - MINUTE,
    until: now + HOUR,
    reason: "robbery",
    by: "banker",
    createdAt: now - MINUTE,
    endWhenNormal: false,
  });
  const notification = makeNotification({ receiver: "vault-hook", alerts: [failing], createdAt: now });
  await http.store.outbox.enqueue({ notifications: [{ notification, giveUpAt: now + HOUR }], groups: new Map() });
  const failed = {
    delivered: false,
    retryAt: now + MINUTE,
    reason: "clientError",
    detail: "bank.example refused",
  } as const;
  await http.store.outbox.claim("vault-hook", { now, lease: MINUTE, limit: 1 });
  await http.store.outbox.settle(notification, failed, now);
  const send = (path: string, payload: object) =>
    http.app.inject({ method: "POST", url: `/api/v1/${path}`, headers: EDITOR, payload });
  await send("incidents/acknowledge", { filter: { view: "open" }, note: "the vault is open" });
  const { deliveries } = (await http.app.inject({ url: "/api/v1/consumers/vault/alerts", headers: EDITOR })).json();
  expect(deliveries).toHaveLength(1);
  await send("consumers/vault/ack", { ids: [deliveries[0].id] });
  await http.app.inject({ url: "/pod-restart-alerts", headers: EDITOR });
  return http;
}

/** Numbers of the whole program, like the resourceVersion of Kubernetes, and what differs between two requests. */
const COUNTERS = /"(?:seq|generation|requestId|csrf|startedAt|etag)":(?:"[^"]*"|\d+)/g;

const PATHS = [
  "/status",
  "/plain",
  "/config",
  "/badge.svg",
  "/pod-restart-alerts?peek=true",
  ...["attention", "open", "handled", "recovered"].map((view) => `/api/v1/incidents?view=${view}`),
  "/api/v1/incidents?q=vault",
  "/api/v1/incidents?ns=bank",
  "/api/v1/incidents/shop%2FDeployment%2Fcheckout",
  "/api/v1/incidents/bank%2FDeployment%2Fvault",
  "/api/v1/explain?namespace=bank&pod=vault-0",
  "/api/v1/explain?namespace=shop&pod=checkout-0",
  "/api/v1/containers/bank%2Fvault-0%2Fapp",
  "/api/v1/containers/shop%2Fcheckout-0%2Fapp",
  ...["me", "state", "state.csv", "health", "config", "alerts", "silences", "receivers", "consumers", "history"].map(
    (name) => `/api/v1/${name}`,
  ),
  "/api/v1/history?kind=notification",
  "/api/v1/history?kind=action",
  "/api/v1/history?receiver=vault-hook",
  "/api/v1/history?row=bank%2Fvault-0%2Fapp",
  "/events/bank",
  "/pods/bank",
  ...["status", "alerts", "alerts/groups", "silences", "receivers"].map((name) => `/api/v2/${name}`),
];

it.each(PATHS)("%s answers a viewer of another namespace the same", async (url) => {
  await using quiet = await start(false);
  await using busy = await start(true);
  const [expected, seen] = await Promise.all(
    [quiet, busy].map(async ({ app }) => {
      const response = await app.inject({ url, headers: VIEWER });
      return { status: response.statusCode, body: response.body.replaceAll(COUNTERS, "") };
    }),
  );
  expect(seen).toEqual(expected);
  expect(seen?.body).not.toMatch(/banker|robbery|vault is open|bank\.example/);
});
