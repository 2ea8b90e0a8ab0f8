import { beforeEach, describe, expect, it } from "vitest";
import type { Alert } from "../../src/core/model/alert.ts";
import { fingerprint } from "../../src/core/model/fingerprint.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import type { Inhibition } from "../../src/core/notify/inhibit.ts";
import { createSilences } from "../../src/notify/silences.ts";
import type { EvidenceSnapshot } from "../../src/ports/evidence.ts";
import type { Notifications, OutboxMessage, ReceiverStatus, SendResult } from "../../src/ports/notifications.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createFakeLiveState } from "../support/fake-live-state.ts";
import { KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { aContainer, aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const NOW = Date.UTC(2026, 0, 1);

type NotificationsApp = Awaited<ReturnType<typeof startNotifications>>;

/** The HTTP side with the real silences behind it. */
async function startNotifications(options: Parameters<typeof startHttpApp>[0] = {}, access = createFakeAccess()) {
  let drawn = 0;
  const clock = createFakeClock({ random: () => (drawn++ % 1_000) / 1_000 });
  const live = createFakeLiveState();
  const store = await createMemoryStore(clock);
  const receivers: ReceiverStatus[] = [];
  const tests: string[] = [];
  let woken = 0;
  let answer: SendResult = { delivered: true };
  let inhibition: Inhibition | undefined;
  const silences = createSilences({
    clock,
    store: store.silences,
    state: live,
    events: { silenceEnded: () => {} },
    normalFor: HOUR,
    changed: () => http.server.changed("silences"),
  });
  const notifications: Notifications = {
    silences,
    receivers: () => receivers,
    test: async (name) => {
      if (!receivers.some((one) => one.name === name)) return undefined;
      tests.push(name);
      return { ...answer, took: 12 };
    },
    wake: () => woken++,
    inhibitionOf: () => inhibition,
    explain: (alert) => [
      { receiver: "slack", groupKey: "g", groupLabels: {}, notified: false, reason: "silenced", nextAt: NOW + HOUR },
      ...(alert.labels.alertname === "PodNotReady" ? [] : []),
    ],
  };
  const http = await startHttpApp(options, { clock, live, store, notifications, access });
  await silences.start();
  live.watch(
    healthOf("shop", { syncedSince: NOW, lastSyncedAt: NOW }),
    healthOf("pay", { syncedSince: NOW, lastSyncedAt: NOW }),
  );
  return {
    ...http,
    clock,
    live,
    store,
    receivers,
    tests,
    woken: () => woken,
    answers: (next: SendResult) => {
      answer = next;
    },
    inhibit: (next: Inhibition) => {
      inhibition = next;
    },
    raise: (...alerts: Alert[]) => {
      store.put(...alerts);
      live.commit(...alerts);
    },
    [Symbol.asyncDispose]: async () => {
      await silences[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

let http: NotificationsApp;
beforeEach(async () => {
  http = await startNotifications();
  return () => http[Symbol.asyncDispose]();
});

const call = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, payload?: object) =>
  http.app.inject({ method, url: `/api/v1/${path}`, ...(payload === undefined ? {} : { payload }) });
const get = async (path: string) => (await call("GET", path)).json();

const workload = { kind: "workload", namespace: "shop", workload: "Deployment/checkout" } as const;
const wish = { scope: workload, until: NOW + 2 * HOUR, reason: "deploying", endWhenNormal: false };

/** Two pods of one Deployment, of which the first fails. */
function fill() {
  const deployment = { kind: "Deployment", name: "checkout" };
  http.live.see(
    aPod({ workload: deployment }),
    aPod({ name: "checkout-1", workload: deployment }),
    aPod({ name: "other-0" }),
  );
  http.raise(anAlert());
}

function message(
  sequence: number,
  changes: Partial<OutboxMessage> & { alerts?: Alert[]; receiver?: string } = {},
): OutboxMessage {
  const { alerts = [anAlert()], receiver = "slack", ...rest } = changes;
  return {
    sequence,
    notification: {
      id: `n-${sequence}`,
      receiver,
      groupKey: "g",
      groupLabels: {},
      status: "firing",
      alerts,
      truncatedAlerts: 0,
      reason: "first notification",
      createdAt: NOW + sequence * MINUTE,
      since: NOW,
      attempt: 1,
    },
    state: "delivered",
    attempts: 1,
    dueAt: NOW,
    firstAttemptAt: NOW + sequence * MINUTE,
    lastAttemptAt: NOW + sequence * MINUTE + SECOND,
    settledAt: NOW + sequence * MINUTE + SECOND,
    failure: undefined,
    ...rest,
  };
}

describe("silences", () => {
  it("can recur, and then suppress only at their times", async () => {
    fill();
    // NOW is Thursday, 1 January 2026, 00:00 UTC.
    const repeat = { days: ["wed"], from: "22:00", to: "00:30", timezone: "UTC" };
    const made = (await call("PUT", "silences/s-recurring", { ...wish, until: NOW + 30 * DAY, repeat })).json();
    expect(made).toMatchObject({ state: "active", repeat });
    const rows = (await get("state")).rows.filter((row: { silenced?: object }) => row.silenced !== undefined);
    expect(rows[0].silenced.until).toBe(NOW + 30 * MINUTE);
    await call("PUT", "silences/s-recurring-2", {
      ...wish,
      repeat: { ...repeat, days: ["mon"] },
      evenIfSilenced: true,
    });
    const { silences } = await get("silences");
    expect(silences.map(({ state }: { state: string }) => state).sort()).toEqual(["active", "upcoming"]);
    for (const refused of [
      { repeat, endWhenNormal: true },
      { repeat: { ...repeat, timezone: "Nowhere" } },
      { repeat: { ...repeat, from: "24:00" } },
    ]) {
      expect((await call("PUT", "silences/s-recurring-3", { ...wish, ...refused })).statusCode).toBe(400);
    }
  });

  it("say what they would cover before they are made", async () => {
    fill();
    const preview = (await call("POST", "silences/preview", { scopes: [workload] })).json();
    expect(preview).toEqual({
      containers: 2,
      failing: 1,
      examples: [{ id: "shop/checkout-0/app", state: "Failure" }],
      conflicts: [],
    });
    expect((await get("silences")).silences).toEqual([]);
  });

  it("are made with who and why, show on the rows they cover, and are logged", async () => {
    fill();
    await get("state");
    const made = (await call("PUT", "silences/s-deploying", wish)).json();
    expect(made).toMatchObject({
      id: "s-deploying",
      scope: workload,
      state: "active",
      by: "anonymous",
      reason: "deploying",
      matches: 2,
      failing: 1,
    });
    await http.clock.advance(SECOND);
    const { rows } = await get("state");
    const silenced = rows.filter((row: { silenced?: object }) => row.silenced !== undefined);
    expect(silenced.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
      ["shop/checkout-0/app", "Failure"],
      ["shop/checkout-1/app", "Normal"],
    ]);
    expect(silenced[0].silenced).toEqual({
      id: made.id,
      by: "anonymous",
      from: NOW,
      until: wish.until,
      reason: "deploying",
    });
    expect((await get("history?kind=notification,action")).entries).toEqual([
      expect.objectContaining({
        kind: "action",
        action: "silence",
        about: [made.id, "shop/Deployment/checkout"],
        note: "deploying",
      }),
    ]);
  });

  it("are extended, and ended; the ended one stays in the list", async () => {
    fill();
    const id = "s-deploying";
    await call("PUT", `silences/${id}`, wish);
    const changed = { ...wish, until: NOW + 5 * HOUR, reason: "still deploying" };
    expect((await call("PUT", `silences/${id}`, changed)).json()).toMatchObject({
      until: NOW + 5 * HOUR,
      reason: "still deploying",
      state: "active",
    });
    const ended = await call("DELETE", `silences/${id}`);
    expect(ended.json()).toMatchObject({
      state: "expired",
      endedAt: NOW,
      endedBecause: "ended by anonymous",
      matches: 0,
    });
    expect((await get("silences")).silences).toHaveLength(1);
    expect((await call("PUT", `silences/${id}`, wish)).statusCode).toBe(409);
    expect((await call("DELETE", "silences/s-unknown-1")).statusCode).toBe(404);
  });

  it("are not made twice over by mistake", async () => {
    fill();
    await call("PUT", "silences/s-deploying", wish);
    const again = await call("PUT", "silences/s-another-1", wish);
    expect([again.statusCode, again.json().conflicts]).toEqual([409, [expect.objectContaining({ scope: workload })]]);
    expect((await call("PUT", "silences/s-another-1", { ...wish, evenIfSilenced: true })).statusCode).toBe(200);
  });

  it("are the same after a repeated request, which writes nothing", async () => {
    fill();
    const requests = [1, 2, 3].map(() => call("PUT", "silences/s-deploying", wish));
    const answers = (await Promise.all(requests)).map((answer) => answer.json());
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect((await get("silences")).silences).toHaveLength(1);
    expect((await get("history?kind=notification,action")).entries).toHaveLength(1);
  });

  it("keep their scope", async () => {
    fill();
    await call("PUT", "silences/s-deploying", wish);
    const other = await call("PUT", "silences/s-deploying", {
      ...wish,
      scope: { kind: "namespace", namespace: "shop" },
    });
    expect([other.statusCode, other.json().detail]).toEqual([409, expect.stringContaining("choose another id")]);
    expect((await call("PUT", "silences/deploying", wish)).statusCode).toBe(400);
  });

  it.each`
    what                       | change                                                                                        | says
    ${"without a reason"}      | ${{ reason: " " }}                                                                            | ${"reason"}
    ${"without an end"}        | ${{ until: undefined }}                                                                       | ${"until"}
    ${"that is over already"}  | ${{ until: NOW - 1 }}                                                                         | ${"must be after its start"}
    ${"for two years"}         | ${{ until: NOW + 800 * DAY }}                                                                 | ${"a year at most"}
    ${"of nothing"}            | ${{ scope: undefined }}                                                                       | ${"scope"}
    ${"of an unknown kind"}    | ${{ scope: { kind: "cluster" } }}                                                             | ${"scope"}
    ${"of half a workload"}    | ${{ scope: { kind: "workload", namespace: "shop", workload: "checkout" } }}                   | ${"Kind/name"}
    ${"by a wrong pattern"}    | ${{ scope: { kind: "matchers", matchers: [{ name: "pod", operator: "=~", value: "a**" }] } }} | ${"at position 2"}
    ${"with an unknown field"} | ${{ forever: true }}                                                                          | ${"forever"}
  `("are refused $what", async ({ change, says }) => {
    const answer = await call("PUT", "silences/s-deploying", { ...wish, ...change });
    expect([answer.statusCode, answer.json().detail]).toEqual([400, expect.stringContaining(says)]);
  });

  it("are for those who may write in their namespace, and hidden from who may not see it", async () => {
    const access = createFakeAccess();
    access.grant("editor", "ed", "get shop", "update shop");
    access.grant("viewer", "vera", "get shop");
    access.grant("all", "ops", "get shop", "update shop", "get pay", "update pay");
    await using guarded = await startNotifications({ auth: KUBERNETES_AUTH }, access);
    const as = async (token: string, method: "GET" | "PUT" | "DELETE", path: string, payload?: object) =>
      guarded.app.inject({
        method,
        url: `/api/v1/${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(payload === undefined ? {} : { payload }),
      });
    let count = 0;
    const put = (token: string, scope: object = workload) =>
      as(token, "PUT", `silences/s-guarded-${++count}`, { ...wish, scope });
    expect((await put("viewer")).statusCode).toBe(403);
    expect((await put("editor")).json().by).toBe("ed");
    expect((await put("editor", { kind: "namespace", namespace: "pay" })).statusCode).toBe(404);
    expect((await put("editor", { kind: "everything" })).statusCode).toBe(403);
    const matchers = [{ name: "pod", operator: "=", value: "x" }];
    expect((await put("editor", { kind: "matchers", matchers })).statusCode).toBe(403);
    const bound = [...matchers, { name: "namespace", operator: "=", value: "shop" }];
    expect((await put("editor", { kind: "matchers", matchers: bound })).statusCode).toBe(200);
    const { id } = (await put("all", { kind: "namespace", namespace: "pay" })).json();
    expect((await as("all", "GET", "silences")).json().silences).toHaveLength(3);
    expect((await as("editor", "GET", "silences")).json().silences).toHaveLength(2);
    expect((await as("editor", "DELETE", `silences/${id}`)).statusCode).toBe(404);
    const activity = (await as("editor", "GET", "history")).json();
    expect(JSON.stringify(activity)).not.toContain("pay");
  });
});

describe("the outbox", () => {
  it("sends once more what is asked for, and logs who asked", async () => {
    http.store.post(message(1, { state: "dead" }));
    expect((await call("POST", "notifications/n-1/resend")).statusCode).toBe(200);
    expect(await http.store.outbox.messages({ id: "n-1" })).toMatchObject([{ state: "pending" }]);
    expect(http.woken()).toBe(1);
    expect((await call("POST", "notifications/none/resend")).statusCode).toBe(404);
    expect((await get("history?kind=action")).entries).toEqual([
      expect.objectContaining({ action: "resend", about: ["n-1", "slack"] }),
    ]);
  });

  it("makes a row Sent when a message about it was delivered", async () => {
    fill();
    expect((await get("state")).rows[0].state).toBe("Failure");
    http.store.post(message(1));
    http.server.changed("notifications");
    await http.clock.advance(SECOND);
    expect((await get("state")).rows[0]).toMatchObject({ state: "Sent", since: NOW + MINUTE + SECOND });
  });
});

describe("the page without JavaScript", () => {
  it("shows incidents with their start, notifications and silences", async () => {
    const at = NOW - 20 * MINUTE;
    fill();
    http.raise(
      anAlert({ labels: { pod: "notified" } }),
      anAlert({
        labels: { alertname: "PodRestartingTooOften" },
        severity: "warning",
        state: { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at },
      }),
    );
    http.store.post(message(1, { alerts: [anAlert({ labels: { pod: "notified" } })] }));
    await http.clock.advance(12 * MINUTE);
    const body = async (path: string) => (await http.app.inject(path)).body;
    const before = await body("/plain");
    expect(before).toContain("<h1>1 incident needs attention</h1>");
    expect(before).toMatch(/<\/svg> Critical.*checkout.*Deployment · shop, 2 of 2 pods.*32 min ago.*notified slack/s);
    expect(await body("/badge.svg")).toContain("1 failing");

    const scope = { kind: "namespace", namespace: "shop" };
    await call("PUT", "silences/s-deploying", { ...wish, scope });
    expect(await body("/plain")).toContain("silenced until 2026-01-01 02:00:00 UTC by anonymous");
    const open = await get("state");
    // The same whether a page is open or not.
    expect(open.rows.map(({ id, state }: { id: string; state: string }) => [id, state])).toContainEqual([
      "shop/notified/app",
      "Sent",
    ]);
    expect((await body("/plain")).match(/ago<\/time>/g)).toEqual(before.match(/ago<\/time>/g));
  });
});

describe("receivers", () => {
  const slack = { name: "slack", kind: "slack", state: "ok", lastDeliveredAt: NOW, problem: undefined } as const;
  const mail = {
    name: "mail",
    kind: "email",
    state: "failing",
    lastDeliveredAt: undefined,
    problem: "HTTP 403",
  } as const;

  it("are listed with their pending notifications, and reported as a problem while they fail", async () => {
    http.receivers.push(slack, mail);
    http.store.post(
      message(1, { receiver: "mail", state: "pending", attempts: 2 }),
      message(2, { receiver: "mail", state: "pending" }),
    );
    expect((await get("receivers")).receivers).toEqual([
      { name: "slack", kind: "slack", state: "ok", pending: 0, lastDeliveredAt: NOW },
      { name: "mail", kind: "email", state: "failing", pending: 2, problem: "HTTP 403" },
    ]);
    expect((await get("state")).health.receivers).toEqual([
      { receiver: "mail", kind: "email", undelivered: 2, since: NOW + MINUTE, detail: "HTTP 403" },
    ]);
    expect((await get("health")).queue).toEqual({ pending: 2, dead: 0, oldest: NOW + MINUTE });
  });

  it("are not a problem after one failed attempt: it is retried within seconds", async () => {
    http.receivers.push(mail);
    http.store.post(message(1, { receiver: "mail", state: "pending", attempts: 1 }));
    expect((await get("state")).health.receivers).toEqual([]);
  });

  it("are reported with the notifications given up since their last delivery", async () => {
    http.receivers.push({ ...mail, lastDeliveredAt: NOW + 2 * MINUTE });
    http.store.post(message(1, { receiver: "mail", state: "dead" }), message(3, { receiver: "mail", state: "dead" }));
    expect((await get("state")).health.receivers).toMatchObject([{ undelivered: 1, since: NOW + 3 * MINUTE }]);
  });

  it("are sent a test, with its result", async () => {
    http.receivers.push(slack);
    expect((await call("POST", "receivers/slack/test")).json()).toEqual({ delivered: true, latencyMs: 12 });
    http.answers({ delivered: false, retry: false, reason: "authError", detail: "HTTP 403" });
    expect((await call("POST", "receivers/slack/test")).json()).toEqual({
      delivered: false,
      latencyMs: 12,
      detail: "HTTP 403",
    });
    expect((await call("POST", "receivers/none/test")).statusCode).toBe(404);
    expect(http.tests).toEqual(["slack", "slack"]);
  });
});

describe("GET /history", () => {
  beforeEach(async () => {
    http.store.post(
      ...Array.from({ length: 5 }, (_, index) => message(index * 2 + 1)),
      message(20, { state: "dead", failure: { reason: "authError", detail: "HTTP 403" } }),
    );
    for (const minute of [2, 4, 6]) {
      await http.store.actions.log({
        at: NOW + minute * MINUTE,
        by: "jdoe",
        action: "ack",
        about: ["shop/checkout-0/app"],
      });
    }
    http.raise(anAlert());
    await http.clock.advance(8 * MINUTE);
    await http.app.inject("/pod-restart-alerts");
  });

  const iso = (minute: number) => new Date(NOW + minute * MINUTE).toISOString();
  const minutes = (page: { entries: { at: number }[] }) => page.entries.map(({ at }) => (at - NOW) / MINUTE);

  it("merges notifications, actions and deliveries by time, in pages without gaps or repetitions", async () => {
    const whole = await get("history?kind=notification,action");
    expect(minutes(whole)).toEqual([20, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(whole.entries[2]).toMatchObject({
      receiverKind: "pull",
      receiver: "default",
      about: ["shop/checkout-0/app"],
    });
    const paged: unknown[] = [];
    for (let cursor = ""; ; ) {
      const part = await get(`history?limit=3${cursor}`);
      paged.push(...part.entries);
      if (part.next === undefined) break;
      cursor = `&cursor=${encodeURIComponent(part.next)}`;
    }
    expect(paged).toEqual(whole.entries);
  });

  it.each`
    query                            | found
    ${"kind=action"}                 | ${[6, 4, 2]}
    ${"result=dead"}                 | ${[20]}
    ${"q=403"}                       | ${[20]}
    ${"q=jdoe"}                      | ${[6, 4, 2]}
    ${"receiver=default"}            | ${[8]}
    ${`from=${iso(6)}&to=${iso(8)}`} | ${[8, 7, 6]}
  `("filters by $query", async ({ query, found }) => {
    expect(minutes(await get(`history?${query}`))).toEqual(found);
  });

  it("rejects an invalid cursor", async () => {
    expect((await call("GET", "history?cursor=x")).statusCode).toBe(400);
  });
});

describe("GET /explain", () => {
  it("shows the input of each detector, and why receivers were (not) notified", async () => {
    fill();
    const alert = anAlert();
    const log = { fingerprint: alert.fingerprint, episode: 1, labels: alert.labels, reason: "it crashed" } as const;
    http.store.log({ ...log, at: NOW, from: "pending", to: "firing" });
    await http.app.inject("/pod-restart-alerts");
    const explained = await get("explain?namespace=shop&pod=checkout-0&container=app");
    expect(explained).toMatchObject({ namespace: "shop", pod: "checkout-0", container: "app", present: true });
    expect(explained.verdicts).toContainEqual(
      expect.objectContaining({ alertname: "PodRestartingTooOften", verdict: "ok", value: 0, threshold: 3 }),
    );
    expect(explained.decisions).toEqual([
      expect.objectContaining({
        receiver: "slack",
        kind: "push",
        notified: false,
        reason: "silenced",
        nextAt: NOW + HOUR,
      }),
      expect.objectContaining({
        receiver: "default",
        kind: "pull",
        notified: true,
        reason: "delivered in this episode",
      }),
    ]);
    expect(explained.history).toEqual([expect.objectContaining({ to: "firing", reason: "it crashed" })]);
  });

  it("names the alert and the rule that inhibit a notification, as do the details of the row", async () => {
    fill();
    const { fingerprint: inhibited } = anAlert();
    const source = anAlert({ labels: { alertname: "PodNotReady", namespace: "pay", pod: "db-0" } });
    http.inhibit({ rule: "database-down", source });
    const expected = "inhibited by PodNotReady of Deployment/checkout, db-0, app in pay, firing since";
    const { decisions } = await get("explain?namespace=shop&pod=checkout-0&container=app");
    expect(decisions[0].reason).toContain(`(${expected}`);
    expect(decisions[0].reason).toContain("(rule database-down)");
    const { inhibited: shown } = await get(`containers/${encodeURIComponent("shop/checkout-0/app")}`);
    expect(shown).toEqual([
      { fingerprint: inhibited, alertname: "PodCrashLooping", reason: expect.stringContaining(expected) },
    ]);
  });

  it("answers for a pod that is gone from its history, and for one that never was with 404", async () => {
    const alert = anAlert({ labels: { pod: "gone-0" } });
    http.raise(alert);
    const log = { fingerprint: alert.fingerprint, episode: 1, labels: alert.labels, reason: "it crashed" } as const;
    http.store.log({ ...log, at: NOW, from: "pending", to: "firing" });
    const explained = await get("explain?namespace=shop&pod=gone-0");
    expect(explained).toMatchObject({ present: false, verdicts: [], alerts: [{ fingerprint: alert.fingerprint }] });
    expect((await call("GET", "explain?namespace=shop&pod=never")).statusCode).toBe(404);
    expect((await call("GET", "explain?namespace=shop")).statusCode).toBe(400);
  });

  it("finds what a Job's gone pod caused, though the alert is named after the Job", async () => {
    const labels = { alertname: "PodFailed", namespace: "shop", workload: "Job/import" } as const;
    const resolved = { name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW + MINUTE } as const;
    const subject = (pod: string) => ({ workload: { kind: "Job", name: "import" }, pod, podUid: `uid-of-${pod}` });
    const about = { fingerprint: fingerprint(labels), labels, sources: [] };
    const first = { ...anAlert(), ...about, state: resolved, subject: subject("import-aaaaa") };
    const later = { ...anAlert(), ...about, episode: 2, subject: subject("import-bbbbb") };
    http.raise(first, later);
    for (const [episode, at] of [
      [1, NOW],
      [2, NOW + HOUR],
    ] as const) {
      const log = { fingerprint: about.fingerprint, labels, reason: "it failed" };
      http.store.log({ ...log, episode, at, from: "pending", to: "firing" });
    }
    const now = await get("explain?namespace=shop&pod=import-bbbbb");
    expect(now).toMatchObject({ present: false, alerts: [{ episode: 2 }], history: [{ episode: 2 }] });
    expect(now.decisions).toContainEqual(expect.objectContaining({ receiver: "slack", reason: "silenced" }));
    const before = await get("explain?namespace=shop&pod=import-aaaaa");
    expect(before).toMatchObject({
      alerts: [{ episode: 1, subject: { pod: "import-aaaaa" } }],
      history: [{ episode: 1 }],
      decisions: [],
    });
    expect((await call("GET", "explain?namespace=shop&pod=import-ccccc")).statusCode).toBe(404);
    expect((await call("GET", "explain?namespace=pay&pod=import-bbbbb")).statusCode).toBe(404);
  });
});

describe("one container", () => {
  const id = "shop%2Fcheckout-0%2Fapp";

  it("has what was sent and done about it in its history", async () => {
    fill();
    http.store.post(message(1), message(2, { alerts: [anAlert({ labels: { pod: "other-0" } })] }));
    await http.clock.advance(3 * MINUTE);
    await call("PUT", "silences/s-deploying", wish);
    await http.clock.advance(MINUTE);
    await call("POST", "acknowledge", { subjects: [{ row: "shop/checkout-0/app" }], note: "mine" });
    const { entries } = await get(`history?row=${id}`);
    expect(entries.map((entry: { kind: string; action?: string }) => entry.action ?? entry.kind)).toEqual([
      "ack",
      "silence",
      "notification",
    ]);
  });

  const evidence: EvidenceSnapshot = {
    takenAt: NOW,
    events: [
      { reason: "BackOff", message: "Back-off restarting", type: "Warning", lastTimestamp: "2026-01-01T00:00:00Z" },
    ],
    log: { available: true, lines: ["connecting", "panic: no route to database"] },
    pod: { spec: { containers: [{ name: "app", resources: { limits: { memory: "64Mi" } } }] } },
    siblings: [
      {
        pod: "checkout-1",
        node: "n1",
        phase: "Running",
        isReady: true,
        restarts: 2,
        createdAt: NOW,
        images: ["app:1"],
      },
      {
        pod: "checkout-2",
        node: "n1",
        phase: "Running",
        isReady: false,
        restarts: 9,
        createdAt: NOW,
        images: ["app:1"],
      },
    ],
    notes: ["No events: forbidden"],
  };

  it("shows what was kept of it, and from when, when the pod and its events are gone", async () => {
    const alert = anAlert({ labels: { pod: "checkout-0" } });
    http.raise(alert);
    await http.store.evidence.put(alert, evidence);
    expect(await get(`containers/${id}/events`)).toEqual({
      storedAt: NOW,
      events: [expect.objectContaining({ reason: "BackOff" })],
    });
    expect(await get(`containers/${id}/log?previous=true`)).toEqual({
      available: true,
      storedAt: NOW,
      lines: ["connecting", "panic: no route to database"],
      masked: 0,
    });
    expect((await get(`containers/${id}/log?lines=1`)).lines).toEqual(["panic: no route to database"]);
    expect(await get(`containers/${id}`)).toMatchObject({
      storedAt: NOW,
      limits: { memory: "64Mi" },
      siblings: [
        { id: "shop/checkout-1/app", pod: "checkout-1", state: "Normal", restartCount: 2 },
        { id: "shop/checkout-2/app", pod: "checkout-2", state: "Warning", restartCount: 9 },
      ],
      notes: ["No events: forbidden"],
    });
  });

  it("shows what the cluster says now before what was kept", async () => {
    const alert = anAlert();
    fill();
    await http.store.evidence.put(alert, evidence);
    http.evidence.events = async () => [{ reason: "Pulled" }];
    http.evidence.pods = async () => [{ spec: { containers: [{ name: "app" }] } }];
    http.evidence.log = async () => ({ available: true, lines: ["hello"] });
    expect(await get(`containers/${id}/events`)).toEqual({ events: [expect.objectContaining({ reason: "Pulled" })] });
    expect(await get(`containers/${id}/log`)).toEqual({ available: true, lines: ["hello"], masked: 0 });
    const details = await get(`containers/${id}`);
    expect(details).not.toHaveProperty("storedAt");
    expect(details).toMatchObject({ siblings: [{ id: "shop/checkout-1/app" }], notes: ["No events: forbidden"] });
    expect(details).not.toHaveProperty("limits");
  });

  it("shows who was notified of each firing alert, and when", async () => {
    fill();
    expect(await get(`containers/${id}`)).not.toHaveProperty("sent");
    const before = anAlert({ episode: 0 });
    http.store.post(
      message(1, { alerts: [before], receiver: "pager", settledAt: NOW }),
      message(2, { receiver: "slack", settledAt: NOW + 2 * MINUTE }),
      message(3, { receiver: "slack", settledAt: NOW + 4 * MINUTE }),
      message(4, { alerts: [anAlert({ labels: { pod: "other-0" } })], receiver: "mail" }),
    );
    await http.clock.advance(3 * MINUTE);
    await http.app.inject("/pod-restart-alerts");
    await http.clock.advance(2 * MINUTE);
    const details = await get(`containers/${id}`);
    expect(details.sent).toEqual([
      { receiver: "slack", at: NOW + 2 * MINUTE },
      { receiver: "the monitoring service", at: NOW + 3 * MINUTE },
    ]);
    expect(details.sentence).toMatch(/ The alert has been sent to slack and the monitoring service\.$/);
    expect(details.timeline.marks.filter(({ kind }: { kind: string }) => kind === "sent")).toEqual([
      { at: NOW + 2 * MINUTE, kind: "sent", text: "Sent to slack" },
      { at: NOW + 3 * MINUTE, kind: "sent", text: "Sent to the monitoring service" },
    ]);
  });

  it("says in its history when an acknowledgement ended, and why", async () => {
    const taken = { by: "jdoe", note: "", notifyOnWorsening: true };
    const at = (minutes: number) => NOW + minutes * MINUTE;
    const over = (firedAt: number, resolvedAt: number) =>
      ({ name: "resolved", activeAt: firedAt, firedAt, resolvedAt }) as const;
    http.raise(
      anAlert({ episode: 1, state: over(at(0), at(5)), acknowledgement: { ...taken, at: at(1) } }),
      // The first acknowledgement continues here, and ends when the alert gets worse.
      anAlert({
        episode: 2,
        state: over(at(10), at(30)),
        formerAcknowledgement: {
          ...taken,
          at: at(1),
          endedAt: at(20),
          reason: "it got worse: another cause, OOMKilled",
        },
        acknowledgement: { ...taken, at: at(25) },
      }),
    );
    const ended = async () =>
      (await get(`history?row=${id}`)).entries
        .filter(({ action }: { action: string }) => action === "ack-ended")
        .map((entry: { at: number; by: string; note: string }) => [entry.at, entry.by, entry.note]);
    const worse = [at(20), "jdoe", "it got worse: another cause, OOMKilled"];
    await http.clock.advance(90 * MINUTE - 1);
    expect(await ended()).toEqual([worse]);
    await http.clock.advance(1);
    expect(await ended()).toEqual([[at(90), "jdoe", "nothing has fired for 60 min"], worse]);
    // As long as something else is wrong there, it does not end.
    http.raise(
      anAlert({
        labels: { alertname: "PodRestartingTooOften" },
        state: { name: "firing", activeAt: at(40), firedAt: at(40), lastSeenAt: at(80) },
      }),
    );
    expect(await ended()).toEqual([worse]);
  });

  describe("of a Job that fails", () => {
    const pod = "report-1-x7k2p";
    const ended = {
      exitCode: 3,
      reason: "Error",
      signal: undefined,
      message: undefined,
      startedAt: NOW - MINUTE,
      finishedAt: NOW,
      containerID: undefined,
    };
    const container = {
      name: "report",
      type: "main",
      image: "report:1",
      restartCount: 0,
      restarts: [],
      state: { name: "terminated", ...ended },
    } as const;
    const { pod: _, container: __, ...labels } = anAlert().labels;
    const failure = (state = anAlert().state): Alert => ({
      ...anAlert({ state, subject: { workload: { kind: "CronJob", name: "report" }, pod, podUid: "u", container } }),
      fingerprint: "failure",
      labels: { ...labels, alertname: "PodFailed", workload: "CronJob/report" },
    });
    const row = encodeURIComponent("shop/CronJob/report");

    it("is explained by the pod that failed, while it is there", async () => {
      http.live.see(
        aPod({ name: pod, phase: "Failed", containers: [aContainer({ ...container, state: container.state })] }),
      );
      http.raise(failure());
      const asked: unknown[] = [];
      http.evidence.log = async (...question) => {
        asked.push(question.slice(0, 3));
        return { available: true, lines: ["no such table"] };
      };
      expect(await get(`containers/${row}`)).toMatchObject({
        failedPod: { id: `shop/${pod}/report`, pod },
        current: { name: "terminated", exitCode: 3 },
        image: "report:1",
      });
      expect(await get(`containers/${row}/log`)).toEqual({
        available: true,
        lines: ["no such table"],
        masked: 0,
        of: `shop/${pod}/report`,
      });
      expect(asked).toEqual([["shop", pod, "report"]]);
      expect((await get(`containers/${encodeURIComponent(`shop/${pod}/report`)}`)).sentence).toBe(
        "It has ended and is not started again: exit 3 (an exit code of the application).",
      );
    });

    it("is explained from stored data after it is deleted, even after the alert has resolved", async () => {
      http.raise(failure({ name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW }));
      await http.store.evidence.put(failure(), evidence);
      expect(await get(`containers/${row}`)).toMatchObject({
        row: { state: "Normal", resolvedAt: NOW },
        failedPod: { pod },
        current: { name: "terminated", exitCode: 3 },
      });
      expect(await get(`containers/${row}/log`)).toMatchObject({
        available: true,
        lines: ["connecting", "panic: no route to database"],
        of: `shop/${pod}/report`,
        storedAt: NOW,
      });
    });

    it("has no log when no container is to blame", async () => {
      http.raise({ ...failure(), subject: {} });
      expect(await get(`containers/${row}/log`)).toMatchObject({ available: false, why: "never-started" });
      expect(await get(`containers/${row}`)).not.toHaveProperty("failedPod");
    });
  });

  it("still answers when the alert has resolved and its row is gone", async () => {
    const state = { name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW } as const;
    const alert = anAlert({ state });
    http.raise(alert);
    await http.store.evidence.put(alert, evidence);
    await http.clock.advance(2 * DAY);
    expect((await get("state")).rows).toEqual([]);
    expect((await get(`containers/${id}`)).row).toMatchObject({ deletedAt: expect.any(Number) });
    expect(await get(`containers/${id}/log`)).toMatchObject({ available: true, storedAt: NOW });
    expect(await get(`containers/${id}/events`)).toMatchObject({ storedAt: NOW });
  });

  it("does without what was kept when the store does not answer", async () => {
    fill();
    http.store.evidence.get = async () => Promise.reject(new Error("disk full"));
    expect(await get(`containers/${id}/events`)).toEqual({ events: [] });
    expect((await call("GET", `containers/${id}`)).statusCode).toBe(200);
  });

  it("is described by its alert, episode by episode, with the stored evidence", async () => {
    const resolved = { name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW } as const;
    const first = anAlert({ state: resolved });
    const { fingerprint } = first;
    const later = NOW + HOUR;
    http.raise(
      first,
      anAlert({ episode: 2, state: { name: "firing", activeAt: later, firedAt: later, lastSeenAt: later } }),
    );
    await http.store.evidence.put(first, evidence);
    const alert = await get(`alerts/${fingerprint}?episode=1`);
    expect(alert).toMatchObject({ fingerprint, episode: 1, state: { name: "resolved" } });
    expect(alert.evidence).toEqual({
      takenAt: NOW,
      events: evidence.events,
      log: evidence.log,
      siblings: evidence.siblings.map(({ restarts, ...sibling }) => ({ ...sibling, restartCount: restarts })),
      notes: evidence.notes,
    });
    const newest = await get(`alerts/${fingerprint}`);
    expect(newest.episode).toBe(2);
    expect(newest).not.toHaveProperty("evidence");
    expect((await call("GET", `alerts/${fingerprint}?episode=3`)).statusCode).toBe(404);
    expect((await call("GET", `alerts/${fingerprint}?episode=0`)).statusCode).toBe(400);
  });
});
