/** Incidents over HTTP: the list, details, acknowledgement and access. */
import { describe, expect, it } from "vitest";
import type { AlertState } from "../../src/core/model/alert.ts";
import { HOUR, MINUTE } from "../../src/core/model/time.ts";
import type { IncidentDetails, IncidentList, IncidentsChanged } from "../../src/http/base/api-types.ts";
import type { Notifications } from "../../src/ports/notifications.ts";
import type { SilenceRequest } from "../../src/ports/silences.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { aContainer, aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const CHECKOUT = "shop%2FDeployment%2Fcheckout";

function firing(http: HttpApp, ago: number): AlertState {
  const at = http.clock.now() - ago;
  return { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at };
}

function resolved(http: HttpApp, from: number, to: number): AlertState {
  const at = http.clock.now() - from;
  return { name: "resolved", activeAt: at, firedAt: at, resolvedAt: http.clock.now() - to };
}

async function list(http: HttpApp, query = "", headers: Record<string, string> = {}): Promise<IncidentList> {
  const response = await http.app.inject({ url: `/api/v1/incidents?${query}`, headers });
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
}

async function post(http: HttpApp, path: string, payload: object = {}): Promise<IncidentsChanged> {
  const response = await http.app.inject({ method: "POST", url: `/api/v1/incidents/${path}`, payload });
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
}

const keys = ({ items }: Pick<IncidentList, "items">) => items.map(({ key }) => key);

async function startApp() {
  const http = await startHttpApp();
  http.live.watch(healthOf("shop", { syncedSince: http.clock.now(), lastSyncedAt: http.clock.now() }));
  return http;
}

describe("the list", () => {
  it("has one line for all pods of a workload", async () => {
    await using http = await startApp();
    const pods = ["checkout-0", "checkout-1"];
    http.live.see(
      ...pods.map((name) => aPod({ name, uid: `uid-of-${name}`, containers: [aContainer({ name: "app" })] })),
    );
    http.raise(...pods.map((pod) => anAlert({ labels: { pod }, state: firing(http, 31 * MINUTE) })));
    const { items, counts, severities } = await list(http);
    expect(items).toMatchObject([
      {
        key: "shop/Deployment/checkout",
        workload: "Deployment/checkout",
        severity: "critical",
        phase: "open",
        since: http.clock.now() - 31 * MINUTE,
        pods: { failing: 2 },
        handling: { attention: true, nobody: true },
      },
    ]);
    expect(counts).toEqual({
      views: { attention: 1, open: 1, handled: 0, recovered: 0 },
      attention: { critical: 1, unknown: 0, warning: 0 },
    });
    expect(severities.critical).toBe(1);
  });

  it("marks the start as “at least since”, if it failed before watching began", async () => {
    await using http = await startApp();
    http.raise(anAlert({ sinceAtLeast: true, state: firing(http, 31 * MINUTE) }));
    expect((await list(http)).items).toMatchObject([{ since: http.clock.now() - 31 * MINUTE, sinceAtLeast: true }]);
  });

  it("answers a search, and says how many it hides", async () => {
    await using http = await startApp();
    http.raise(
      anAlert({ state: firing(http, MINUTE) }),
      anAlert({
        labels: { workload: "Deployment/cart", pod: "cart-0" },
        subject: { workload: { kind: "Deployment", name: "cart" }, node: "worker-3" },
        state: firing(http, 2 * MINUTE),
      }),
    );
    expect(keys(await list(http))).toEqual(["shop/Deployment/checkout", "shop/Deployment/cart"]);
    const found = await list(http, "q=node:worker-3");
    expect(found).toMatchObject({ matching: 1, hidden: 1 });
    expect(keys(found)).toEqual(["shop/Deployment/cart"]);
    expect(keys(await list(http, "perPage=1&page=2"))).toEqual(["shop/Deployment/cart"]);
    expect((await list(http, "group=node")).groups?.map(({ name }) => name)).toEqual(["no node", "worker-3"]);
  });

  it("keeps what was resolved for a day", async () => {
    await using http = await startApp();
    http.raise(anAlert({ state: resolved(http, 2 * HOUR, HOUR) }));
    const { items, quiet, counts } = await list(http, "view=recovered");
    expect(items).toMatchObject([{ phase: "resolved", resolvedAt: http.clock.now() - HOUR }]);
    expect(counts.views).toMatchObject({ open: 0, recovered: 1 });
    expect(quiet?.lastIncident?.key).toBe("shop/Deployment/checkout");
    expect(quiet?.strips).toMatchObject([{ namespace: "shop" }]);
  });

  it("joins what fails on and off, and counts what is too far apart", async () => {
    await using http = await startApp();
    const other = { labels: { pod: "checkout-1" } };
    http.raise(
      anAlert({ state: resolved(http, 90 * MINUTE, 40 * MINUTE) }),
      anAlert({ ...other, state: firing(http, 15 * MINUTE) }),
    );
    expect((await list(http)).items).toMatchObject([
      { since: http.clock.now() - 90 * MINUTE, onAndOff: true, timesIn24h: 1 },
    ]);

    await using later = await startApp();
    later.raise(
      anAlert({ state: resolved(later, 90 * MINUTE, 40 * MINUTE) }),
      anAlert({ ...other, state: firing(later, 5 * MINUTE) }),
    );
    const { items } = await list(later);
    expect(items).toMatchObject([{ since: later.clock.now() - 5 * MINUTE, timesIn24h: 2 }]);
    expect(items[0]).not.toHaveProperty("onAndOff");
  });

  it("is the same after a restart", async () => {
    await using http = await startApp();
    const first = anAlert({ state: resolved(http, 90 * MINUTE, 40 * MINUTE) });
    const second = anAlert({ episode: 2, state: firing(http, 15 * MINUTE) });
    http.raise(first);
    await list(http);
    http.raise(second);
    await http.clock.advance(1_000);
    const before = await list(http);
    expect(before.items).toMatchObject([{ onAndOff: true }]);

    await using restarted = await startHttpApp({}, { store: http.store, clock: http.clock });
    restarted.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
    restarted.live.commit(second);
    expect((await list(restarted)).items).toEqual(before.items);
  });

  it("keeps the last severity of a namespace that is not watched any more, and says so", async () => {
    await using http = await startHttpApp();
    const lost = http.clock.now() - 5 * MINUTE;
    http.live.watch(healthOf("shop", { state: "stale", lastSyncedAt: lost, staleSince: lost }));
    http.raise(anAlert({ state: firing(http, HOUR) }));
    const { items, unknown, watched, quiet } = await list(http);
    expect(items).toMatchObject([{ severity: "critical", asOf: lost }]);
    expect(items[0]).not.toHaveProperty("now");
    expect(unknown).toMatchObject([{ cause: "stale", namespaces: ["shop"], since: lost }]);
    expect([watched.confirmedAt, quiet]).toEqual([undefined, undefined]);
  });
});

describe("a line of the list", () => {
  it("says how many pods the controller wants, once that is known", async () => {
    await using http = await startHttpApp({}, { wantedPods: async () => 4 });
    http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
    const workload = { kind: "Deployment", name: "checkout" };
    http.live.see(aPod({ workload }));
    http.raise(anAlert({ state: firing(http, MINUTE) }));
    expect((await list(http, "view=open")).items[0]?.ready).toEqual({ ready: 0, wanted: 1 });
    await http.clock.advance(1_000);
    expect((await list(http, "view=open")).items[0]?.ready).toEqual({ ready: 0, wanted: 4 });
  });

  it("has the status of the worst pod with its next attempt, and the last line", async () => {
    await using http = await startApp();
    const ended = http.clock.now() - 30_000;
    const state = {
      name: "waiting",
      reason: "CrashLoopBackOff",
      message: "back-off 2m40s restarting failed container=app pod=x",
    } as const;
    const lastTerminated = {
      exitCode: 1,
      signal: undefined,
      reason: "Error",
      message: "starting\nFATAL cannot reach database orders-db:5432 password=hunter2",
      startedAt: ended - 4_000,
      finishedAt: ended,
      containerID: "c1",
    };
    const container = aContainer({ restartCount: 3, ready: false, containerID: "c1", state, lastTerminated });
    const db = { kind: "StatefulSet", name: "orders-db" };
    http.live.see(aPod({ workload: { kind: "Deployment", name: "checkout" }, containers: [container] }));
    http.live.see(aPod({ name: "orders-db-0", workload: db }));
    const facts = {
      name: "app",
      type: "main",
      image: "app:1",
      restartCount: 3,
      restarts: [],
      state,
      lastTerminated,
    } as const;
    const alert = anAlert({ state: firing(http, MINUTE) });
    http.raise({ ...alert, subject: { ...alert.subject, container: facts } });
    const [item] = (await list(http)).items;
    expect(item).toMatchObject({
      why: "Crashes right after it starts: it cannot reach a dependency. Exit 1.",
      now: { word: "CrashLoopBackOff", since: ended, nextAttemptAt: ended + 160_000 },
      lastLine: { from: "termination-message", pod: "checkout-0", container: "app", at: ended },
      restarts: { total: 3, window: 0 },
      row: "shop/checkout-0/app",
    });
    expect(item?.lastLine?.text).toContain("cannot reach database orders-db:5432");
    expect(JSON.stringify(item)).not.toContain("hunter2");
    const details: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(details.mentions).toMatchObject([{ name: "orders-db", kind: "StatefulSet", wanted: 1 }]);
    expect(details.steps[0]?.command).toBe("kubectl get service,endpoints,statefulset orders-db -n shop");
    expect(details.steps.map(({ command }) => command)).toContain("kubectl logs checkout-0 -n shop -c app --previous");
  });

  it("quotes Kubernetes where pods cannot be created, and says how many are missing", async () => {
    await using http = await startHttpApp({}, { wantedPods: async () => 2 });
    http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
    const { pod: _, container: __, ...labels } = anAlert({ labels: { alertname: "WorkloadCannotCreatePods" } }).labels;
    const annotations = {
      summary: "checkout cannot create pods: the quota of the namespace is exceeded",
      description:
        "ReplicaSet checkout-1 fails. Kubernetes reports: “exceeded quota: pods=12”. Raise the ResourceQuota.",
      reason: "FailedCreate",
    };
    http.raise({ ...anAlert({ state: firing(http, MINUTE), annotations }), labels, subject: {} });
    await list(http);
    await http.clock.advance(1_000);
    expect((await list(http)).items).toMatchObject([
      {
        why: "Cannot create pods: the quota of the namespace is exceeded.",
        lastLine: { text: "exceeded quota: pods=12", from: "kubernetes" },
        now: { word: "FailedCreate", detail: "2 pods missing" },
        ready: { ready: 0, wanted: 2 },
      },
    ]);
    const details: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(details.steps[0]).toEqual({ text: "Raise the ResourceQuota." });
  });

  it("names the revision that fails while the previous one is healthy", async () => {
    await using http = await startApp();
    const workload = { kind: "Deployment", name: "checkout" };
    const since = http.clock.now() - 12 * MINUTE;
    const podOf = (name: string, revision: string, createdAt: number, image: string) =>
      aPod({
        name,
        workload,
        createdAt,
        owner: { kind: "ReplicaSet", name: `checkout-${revision}` },
        containers: [aContainer({ image, restartCount: name === "checkout-0" ? 3 : 0 })],
      });
    http.live.see(podOf("checkout-0", "6d6d", since, "app:2"), podOf("checkout-9", "7485", since - 48 * HOUR, "app:1"));
    http.raise(anAlert({ state: firing(http, 11 * MINUTE) }));
    const [item] = (await list(http)).items;
    expect(item?.change).toMatchObject({
      kind: "rollout",
      at: since,
      revision: "6d6d",
      image: "app:2",
      previousImage: "app:1",
      effect: "only-new-fails",
      healthy: [{ revision: "7485", image: "app:1" }],
    });
    const details: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(details.revisions.map(({ revision, total }) => [revision, total])).toEqual([
      ["6d6d", 1],
      ["7485", 1],
    ]);
    expect(details.steps.map(({ command }) => command)).toContain("kubectl rollout undo deployment/checkout -n shop");
  });

  it("has no step that only describes a container in a crash loop", async () => {
    await using http = await startApp();
    const alert = anAlert({ state: firing(http, 11 * MINUTE) });
    const description = "It ended with “unknown key”. Kubernetes delays the next attempt: back-off 2m40s.";
    http.raise({ ...alert, annotations: { ...alert.annotations, description } });
    const details: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(details.steps).not.toEqual([]);
    expect(details.steps.map(({ text }) => text)).not.toContainEqual(expect.stringContaining("back-off"));
  });

  it("is not in need of attention any more while its pods have run long enough", async () => {
    await using http = await startApp();
    const startedAt = http.clock.now() - 11 * MINUTE;
    const container = aContainer({ ready: true, state: { name: "running", startedAt } });
    const ready = { status: "True", since: startedAt, reason: undefined, message: undefined } as const;
    const workload = { kind: "Deployment", name: "checkout" };
    http.live.see(aPod({ workload, containers: [container], conditions: { ...aPod().conditions, ready } }));
    http.raise(
      anAlert({ labels: { alertname: "PodRestartingTooOften" }, severity: "warning", state: firing(http, HOUR) }),
    );
    const { items, counts } = await list(http, "view=open");
    expect(items).toMatchObject([
      { phase: "recovering", severity: "warning", now: { word: "Running", since: startedAt } },
    ]);
    expect(counts.views).toMatchObject({ attention: 0, open: 1 });
  });
});

describe("details", () => {
  it("show causes, steps and a timeline", async () => {
    await using http = await startApp();
    http.live.see(
      aPod({
        name: "checkout-0",
        uid: "uid-of-checkout-0",
        containers: [aContainer({ name: "app", restartCount: 2 })],
      }),
    );
    http.raise(anAlert({ state: firing(http, 31 * MINUTE) }));
    const response = await http.app.inject(`/api/v1/incidents/${CHECKOUT}`);
    const details: IncidentDetails = response.json();
    expect(details.causes).toMatchObject([{ alertname: "PodCrashLooping", container: "app", podCount: 1 }]);
    expect(details.timeline.map(({ kind }) => kind)).toContain("opened");
    expect(details.steps.map(({ command }) => command)).toContain("kubectl describe pod checkout-0 -n shop");
  });

  it("show when the namespace was not watched, and why an acknowledgement ended", async () => {
    await using http = await startApp();
    const now = http.clock.now();
    const gaps = [
      { from: now - 10 * MINUTE, to: now - 4 * MINUTE, cause: "reset" },
      { from: now - 2 * HOUR, to: now - HOUR, cause: "reset" },
    ];
    http.live.watch(healthOf("shop", { syncedSince: now, lastSyncedAt: now, gaps }));
    const ack = { by: "jdoe", at: now - 20 * MINUTE, note: "", notifyOnWorsening: true };
    const reason = "the alert got worse: different image, app:2";
    const formerAcknowledgement = { ...ack, endedAt: now - 15 * MINUTE, reason };
    http.raise(anAlert({ state: firing(http, 31 * MINUTE), formerAcknowledgement }));
    const { timeline }: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(timeline).toMatchObject([
      { kind: "gap", at: now - 10 * MINUTE, text: "Not watched", detail: "for 6 min" },
      { kind: "unack", at: now - 15 * MINUTE, text: "Acknowledgement of jdoe ended", detail: reason },
      { kind: "ack", at: now - 20 * MINUTE, text: "Acknowledged by jdoe" },
      { kind: "opened" },
    ]);
  });

  it("exist for known incidents only", async () => {
    await using http = await startApp();
    for (const id of [CHECKOUT, `${CHECKOUT}@1`, "x"]) {
      expect((await http.app.inject(`/api/v1/incidents/${id}`)).statusCode).toBe(404);
    }
  });
});

describe("an acknowledgement", () => {
  it("takes the incident out of what needs attention, with its name and note", async () => {
    await using http = await startApp();
    http.raise(
      anAlert({ state: firing(http, MINUTE) }),
      anAlert({ labels: { pod: "checkout-1" }, state: firing(http, MINUTE) }),
    );
    const { changed, items } = await post(http, `${CHECKOUT}/acknowledge`, { by: "jdoe", note: "mine" });
    expect(changed).toBe(1);
    expect(items).toMatchObject([{ handling: { attention: false, ack: { by: "jdoe", note: "mine" } } }]);
    await http.clock.advance(1_000);
    expect(keys(await list(http))).toEqual([]);
    expect(keys(await list(http, "view=handled"))).toEqual(["shop/Deployment/checkout"]);
    const log = await http.store.actions.actions({});
    expect(log).toMatchObject([{ action: "ack", by: "jdoe", about: ["shop/Deployment/checkout"], note: "mine" }]);
  });

  it("can be removed", async () => {
    await using http = await startApp();
    http.raise(anAlert({ state: firing(http, MINUTE) }));
    await post(http, `${CHECKOUT}/acknowledge`);
    await http.clock.advance(1_000);
    const { items } = await post(http, `${CHECKOUT}/unacknowledge`, { by: "jdoe" });
    expect(items).toMatchObject([{ handling: { attention: true } }]);
    const details: IncidentDetails = (await http.app.inject(`/api/v1/incidents/${CHECKOUT}`)).json();
    expect(details.timeline.filter(({ kind }) => kind.endsWith("ack"))).toMatchObject([
      { kind: "unack", text: "Acknowledgement removed by jdoe" },
      { kind: "ack", text: expect.stringMatching(/^Acknowledged by /) },
    ]);
  });

  it("may be of everything that matches", async () => {
    await using http = await startApp();
    http.raise(
      anAlert({ state: firing(http, MINUTE) }),
      anAlert({ labels: { workload: "Deployment/cart", pod: "cart-0" }, state: firing(http, MINUTE) }),
    );
    await list(http);
    const { changed } = await post(http, "acknowledge", { filter: { view: "attention", q: "owner:cart" } });
    expect(changed).toBe(1);
    const { skipped } = await post(http, "acknowledge", { ids: ["shop/Deployment/nothing"] });
    expect(skipped).toMatchObject([{ id: "shop/Deployment/nothing" }]);
    const neither = await http.app.inject({ method: "POST", url: "/api/v1/incidents/acknowledge", payload: {} });
    expect(neither.statusCode).toBe(400);
  });

  it("is not for what is resolved", async () => {
    await using http = await startApp();
    http.raise(anAlert({ state: resolved(http, HOUR, MINUTE) }));
    expect(await post(http, `${CHECKOUT}/acknowledge`)).toMatchObject({
      changed: 0,
      skipped: [{ reason: "It is resolved." }],
    });
  });
});

describe("silencing", () => {
  it("creates a silence for the workload of each incident that matches", async () => {
    const created: SilenceRequest[] = [];
    const silences = {
      list: () => [],
      find: () => undefined,
      silenceOf: () => undefined,
      create: async (request: SilenceRequest) => {
        created.push(request);
        return { ...request, from: 0, createdAt: 0 };
      },
      change: async () => undefined,
      end: async () => undefined,
    };
    const notifications: Notifications = {
      silences,
      receivers: () => [],
      test: async () => undefined,
      wake: () => {},
      inhibitionOf: () => undefined,
      explain: () => [],
    };
    await using http = await startHttpApp({}, { notifications });
    http.raise(
      anAlert({ state: firing(http, MINUTE) }),
      anAlert({ labels: { workload: "Pod/debug", pod: "debug" }, state: firing(http, MINUTE) }),
      anAlert({ labels: { alertname: "WatchStale" }, state: firing(http, MINUTE) }),
    );
    const until = http.clock.now() + HOUR;
    const answer = await post(http, "silence", { filter: { view: "open" }, until, reason: "known", by: "jdoe" });
    expect(answer).toMatchObject({ changed: 3, silences: created.map(({ id }) => id) });
    expect(created.map(({ scope }) => scope)).toEqual(
      expect.arrayContaining([
        { kind: "workload", namespace: "shop", workload: "Deployment/checkout" },
        { kind: "pod", namespace: "shop", pod: "debug" },
        { kind: "namespace", namespace: "shop" },
      ]),
    );
    expect(created[0]).toMatchObject({ until, reason: "known", by: "jdoe", endWhenNormal: true });
    const over = { filter: { view: "open" }, until: http.clock.now(), reason: "known" };
    const refused = await http.app.inject({ method: "POST", url: "/api/v1/incidents/silence", payload: over });
    expect(refused.statusCode).toBe(400);
  });
});

describe("a caller with access to some namespaces", () => {
  const headers = { authorization: "Bearer of-shop" };

  async function startWithAccess() {
    const access = createFakeAccess();
    access.grant("of-shop", "team-shop", "get shop");
    const http = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
    const synced = { syncedSince: http.clock.now(), lastSyncedAt: http.clock.now() };
    http.live.watch(healthOf("shop", synced), healthOf("bank", synced));
    http.raise(
      anAlert({ state: firing(http, MINUTE) }),
      anAlert({
        labels: { namespace: "bank", workload: "Deployment/vault", pod: "vault-0" },
        state: firing(http, MINUTE),
      }),
    );
    return http;
  }

  it("sees, counts and finds only their incidents", async () => {
    await using http = await startWithAccess();
    const seen = await list(http, "view=open", headers);
    expect(keys(seen)).toEqual(["shop/Deployment/checkout"]);
    expect(seen.counts.views.open).toBe(1);
    expect(seen.watched.namespaces).toBe(1);
    expect(JSON.stringify(seen)).not.toMatch(/bank|vault/);
    expect((await list(http, "view=open&q=vault", headers)).matching).toBe(0);
    const details = await http.app.inject({ url: "/api/v1/incidents/bank%2FDeployment%2Fvault", headers });
    expect(details.statusCode).toBe(404);
  });

  it("does not see others as existing when acknowledging", async () => {
    await using http = await startWithAccess();
    const send = (path: string, payload: object) =>
      http.app.inject({ method: "POST", url: `/api/v1/incidents/${path}`, headers, payload });
    expect((await send("bank%2FDeployment%2Fvault/acknowledge", {})).statusCode).toBe(404);
    expect((await send("acknowledge", { ids: ["bank/Deployment/vault"] })).json()).toMatchObject({
      changed: 0,
      skipped: [{ reason: "It does not exist, or you have no permission to see it." }],
    });
  });

  it("reads a last line that is from a log only with permission to read logs", async () => {
    const access = createFakeAccess();
    access.grant("of-shop", "team-shop", "get shop");
    access.grant("reader", "reader", "get shop", "get shop pods/log");
    await using http = await startHttpApp({ auth: KUBERNETES_AUTH }, { access });
    http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
    const log = ["ERROR out of ideas: password authentication failed"];
    const evidence = { podUid: "x", events: [], finalizers: [], log };
    http.raise({ ...anAlert({ state: firing(http, MINUTE) }), evidence });
    expect((await list(http, "", { authorization: "Bearer reader" })).items[0]?.lastLine?.text).toBe(log[0]);
    expect((await list(http, "", headers)).items[0]).not.toHaveProperty("lastLine");
    // Nor does a search match what the log says, or what it means.
    for (const q of ["ideas", "credentials", "alert:crash+rejects"]) {
      expect((await list(http, `q=${q}`, { authorization: "Bearer reader" })).matching).toBe(1);
      expect((await list(http, `q=${q}`, headers)).matching).toBe(0);
    }
  });

  it("needs write access to acknowledge", async () => {
    await using http = await startWithAccess();
    const send = (path: string, payload: object) =>
      http.app.inject({ method: "POST", url: `/api/v1/incidents/${path}`, headers, payload });
    expect((await send(`${CHECKOUT}/acknowledge`, {})).statusCode).toBe(403);
    expect((await send("acknowledge", { filter: { view: "open" } })).statusCode).toBe(403);
    const silence = { filter: { view: "open" }, until: http.clock.now() + HOUR, reason: "known" };
    expect((await send("silence", silence)).statusCode).toBe(403);
    expect([...http.live.alerts()].some(({ acknowledgement }) => acknowledgement !== undefined)).toBe(false);
  });

  it("is not an anonymous one", async () => {
    await using http = await startWithAccess();
    expect((await http.app.inject("/api/v1/incidents")).statusCode).toBe(401);
  });
});
