/** From a committed alert to a receiver: grouping, retries, silences, restarts, with the real store and a fake clock. */
import { beforeEach, describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { parseMatcher } from "../../src/core/notify/matcher.ts";
import type { SendResult } from "../../src/ports/notifications.ts";
import type { Store } from "../../src/ports/store.ts";
import { type AlertOptions, makeAlert } from "../support/batches.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import {
  createPager,
  type Notifications,
  type NotificationsOptions,
  type Pager,
  startNotifications,
} from "../support/notification-pipeline.ts";
import { openQuietly } from "../support/store-engines.ts";

const ROUTE = { receiver: "pager", groupWait: 10 * SECOND, groupInterval: MINUTE, repeatInterval: HOUR } as const;
const BROKEN: SendResult = { delivered: false, retry: true, reason: "serverError", detail: "500" };

let clock: FakeClock;
let store: Store;
let pager: Pager;
let notifications: Notifications;

const start = async (changes: Partial<NotificationsOptions> = {}) => {
  notifications = await startNotifications({ clock, store, route: ROUTE, receivers: [pager], ...changes });
};
const stop = () => notifications[Symbol.asyncDispose]();
const fire = (options: AlertOptions = {}) => notifications.commit(makeAlert({ firedAt: clock.now(), ...options }));
const resolve = (options: AlertOptions = {}) =>
  notifications.commit(makeAlert({ firedAt: clock.now() - SECOND, resolvedAt: clock.now(), ...options }));
const messages = async () =>
  (await store.outbox.messages({})).map(
    ({ state, attempts, failure }) => `${state} ${attempts} ${failure?.reason ?? ""}`,
  );

beforeEach(async () => {
  clock = createFakeClock();
  store = await openQuietly({ kind: "memory" }, clock);
  pager = createPager("pager");
  return async () => {
    await stop();
    await store[Symbol.asyncDispose]();
  };
});

describe("a group of alerts", () => {
  it("is notified once, repeatedly, of new alerts, and when they resolve", async () => {
    await start();
    await fire({ pod: "a" });
    expect(pager.news()).toEqual([]);
    await notifications.advance(5 * SECOND);
    await fire({ pod: "b" });
    await notifications.advance(5 * SECOND);
    expect(pager.news()).toEqual(["first notification: a b"]);
    await fire({ pod: "c" });
    await notifications.advance(59 * SECOND);
    expect(pager.news()).toEqual([]);
    await notifications.advance(SECOND);
    expect(pager.news()).toEqual(["new alerts in the group: a b c"]);
    await notifications.advance(HOUR);
    expect(pager.news()).toEqual(["repeat interval: a b c"]);
    await resolve({ pod: "a" });
    await resolve({ pod: "b" });
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["some resolved: c a✓ b✓"]);
    await resolve({ pod: "c" });
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["all resolved: c✓"]);
    await notifications.advance(DAY);
    expect(pager.news()).toEqual([]);
    expect(await store.outbox.groups()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("is one notification with a limited number of alerts when three hundred pods fail at once", async () => {
    await start({ maxAlerts: 50 });
    await notifications.commit(
      ...Array.from({ length: 300 }, (_, index) => makeAlert({ pod: `p${index}`, firedAt: clock.now() })),
    );
    await notifications.advance(MINUTE);
    expect(pager.received).toHaveLength(1);
    expect(pager.received[0]).toMatchObject({ truncatedAlerts: 250, status: "firing", reason: "first notification" });
    expect(pager.received[0]?.alerts).toHaveLength(50);
  });

  it("contains the alerts of one namespace, workload and alertname, and is routed", async () => {
    const other = createPager("other");
    const route = { ...ROUTE, routes: [{ matchers: [parseMatcher("namespace=bank")], receiver: "other" }] };
    await start({ route, receivers: [pager, other] });
    await fire({ pod: "a", workload: "Deployment/a" });
    await fire({ pod: "b", workload: "Deployment/b" });
    await fire({ pod: "c", namespace: "bank" });
    await notifications.advance(MINUTE);
    expect(pager.news().toSorted()).toEqual(["first notification: a", "first notification: b"]);
    expect(other.news()).toEqual(["first notification: c"]);
    expect(pager.received[0]?.groupLabels).toMatchObject({ namespace: "shop", alertname: "PodCrashLooping" });
  });

  it("is not notified of pending alerts, nor of alerts that resolved before a notification", async () => {
    await start();
    await fire({ pod: "a", pendingSince: clock.now() });
    await fire({ pod: "b" });
    await resolve({ pod: "b" });
    await notifications.advance(HOUR);
    expect(pager.news()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("is notified of a resolved alert whose next episode is already pending", async () => {
    await start();
    await fire({ pod: "a" });
    await notifications.advance(MINUTE);
    pager.news();
    await resolve({ pod: "a" });
    await fire({ pod: "a", episode: 2, pendingSince: clock.now() });
    await notifications.advance(2 * MINUTE);
    expect(pager.news()).toEqual(["all resolved: a✓"]);
  });

  it("explains the last decision", async () => {
    await start();
    await fire({ pod: "a" });
    const alert = makeAlert({ pod: "a" });
    expect(notifications.dispatcher.explain(alert)).toMatchObject([
      { receiver: "pager", notified: false, reason: "group wait", nextAt: clock.now() + 10 * SECOND },
    ]);
    await notifications.advance(MINUTE);
    expect(notifications.dispatcher.explain(alert)).toMatchObject([
      { notified: true, reason: "notified, waiting for the repeat interval" },
    ]);
    expect(notifications.dispatcher.explain(makeAlert({ pod: "x", namespace: "y" }))).toMatchObject([
      { notified: false, reason: "no firing alerts", nextAt: undefined },
    ]);
  });
});

describe("a restart", () => {
  it("neither repeats nor loses notifications", async () => {
    await start();
    await fire({ pod: "a" });
    await notifications.advance(MINUTE);
    await fire({ pod: "b" });
    expect(pager.news()).toEqual(["first notification: a"]);
    const { state } = notifications;
    await stop();
    await start({ state });
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["new alerts in the group: a b"]);
    await stop();
    await resolve({ pod: "a" });
    await resolve({ pod: "b" });
    await clock.advance(HOUR);
    await start({ state });
    expect(pager.news()).toEqual(["all resolved: a✓ b✓"]);
  });

  it("sends queued notifications under the same id", async () => {
    pager.answer = "nothing";
    await start();
    await fire({ pod: "a" });
    await notifications.advance(11 * SECOND);
    expect(pager.received).toHaveLength(1);
    const { state } = notifications;
    await stop();
    pager.answer = { delivered: true };
    await start({ state });
    await notifications.advance(MINUTE);
    expect(pager.received.map(({ id, attempt }) => [id, attempt])).toEqual([
      [pager.received[0]!.id, 1],
      [pager.received[0]!.id, 2],
    ]);
    expect(await messages()).toEqual(["delivered 2 "]);
  });

  it("gives up notifications for receivers that are no longer configured, and logs it", async () => {
    pager.answer = BROKEN;
    await start();
    await fire({ pod: "a" });
    await notifications.advance(11 * SECOND);
    await stop();
    const other = createPager("other");
    await start({ receivers: [other], route: { ...ROUTE, receiver: "other" } });
    expect(await messages()).toContain("dead 1 abandoned");
    expect(notifications.log).toContainEqual(expect.objectContaining({ event: "notifications_abandoned", count: 1 }));
    expect(await store.outbox.groups()).toEqual([]);
  });
});

describe("a receiver that", () => {
  it("fails is retried with a growing delay, under the same id and in order", async () => {
    pager.answer = BROKEN;
    await start();
    await fire({ pod: "a" });
    await notifications.advance(10 * SECOND);
    const attempts: number[] = [];
    for (let second = 0; second < 100; second++) {
      const before = pager.received.length;
      await notifications.advance(SECOND);
      if (pager.received.length > before) attempts.push(second + 1);
    }
    const gaps = attempts.map((second, index) => second - (attempts[index - 1] ?? 0));
    expect(attempts.length).toBeGreaterThan(3);
    expect(gaps.slice(0, 3)).toEqual([3, 5, 10]);
    expect(new Set(pager.received.map(({ id }) => id)).size).toBe(1);
    await fire({ pod: "b" });
    await notifications.advance(2 * MINUTE);
    pager.answer = { delivered: true };
    pager.news();
    await notifications.advance(10 * MINUTE);
    expect(pager.news()).toEqual(["first notification: a", "new alerts in the group: a b"]);
  });

  it("sends Retry-After is retried no earlier", async () => {
    pager.answer = { delivered: false, retry: true, reason: "rateLimited", detail: "429", retryAfter: 10 * MINUTE };
    await start();
    await fire({ pod: "a" });
    await fire({ pod: "b", workload: "Deployment/other" });
    await notifications.advance(11 * SECOND);
    const received = pager.received.length;
    pager.answer = { delivered: true };
    await notifications.advance(9 * MINUTE);
    expect(pager.received).toHaveLength(received);
    await notifications.advance(2 * MINUTE);
    expect((await store.outbox.messages({ states: ["delivered"] })).length).toBe(2);
  });

  it("rejects a notification does not get it again unless it is resent", async () => {
    pager.answer = { delivered: false, retry: false, reason: "clientError", detail: "400 no such channel" };
    await start();
    await fire({ pod: "a" });
    await notifications.advance(DAY / 24 / 2);
    expect(pager.received).toHaveLength(1);
    expect(await messages()).toEqual(["dead 1 clientError"]);
    expect(notifications.sender.status()).toEqual([
      { name: "pager", kind: "pager", state: "failing", lastDeliveredAt: undefined, problem: "400 no such channel" },
    ]);
    pager.answer = { delivered: true };
    await store.outbox.resend(pager.received[0]!.id, { now: clock.now(), giveUpAt: clock.now() + DAY });
    notifications.sender.wake();
    await notifications.advance(SECOND);
    expect(await messages()).toEqual(["delivered 2 "]);
    expect(notifications.sender.status()).toMatchObject([{ state: "ok", lastDeliveredAt: clock.now() - SECOND }]);
  });

  it("is down for more than a day leaves dead notifications and an error in the log", async () => {
    pager.answer = BROKEN;
    await start({ route: { ...ROUTE, repeatInterval: 0 } });
    await fire({ pod: "a" });
    await notifications.advance(23 * HOUR);
    expect(await messages()).toMatchObject([expect.stringMatching(/^pending/)]);
    await notifications.advance(HOUR + 10 * MINUTE);
    expect(await messages()).toMatchObject([expect.stringMatching(/^dead \d+ serverError/)]);
    expect(pager.received.length).toBeLessThan(400);
    expect(notifications.log).toContainEqual(expect.objectContaining({ event: "notification_dead", level: "error" }));
  });

  it("never responds times out and does not delay other receivers", async () => {
    pager.answer = "nothing";
    const other = createPager("other");
    const route = { ...ROUTE, routes: [{ receiver: "pager", continue: true }, { receiver: "other" }] };
    await start({ receivers: [pager, other], route });
    await fire({ pod: "a" });
    await notifications.advance(10 * SECOND);
    expect(other.news()).toEqual(["first notification: a"]);
    await notifications.advance(15 * SECOND);
    expect(await store.outbox.messages({ receiver: "pager" })).toMatchObject([
      { state: "pending", failure: { reason: "timeout", detail: "no response within 15 s" } },
    ]);
  });

  it("throws is retried, and its error message is not logged because it may contain a secret", async () => {
    pager.answer = () => Promise.reject(new TypeError("https://hooks.example/B0ngo-p4th-s3cret"));
    await start();
    await fire({ pod: "a" });
    await notifications.advance(11 * SECOND);
    expect(await store.outbox.messages({})).toMatchObject([
      { failure: { reason: "network", detail: "the receiver failed with TypeError" } },
    ]);
    expect(JSON.stringify(notifications.log)).not.toContain("B0ngo");
  });

  it("fails for every group opens its circuit breaker and is then probed with one notification", async () => {
    pager.answer = BROKEN;
    await start();
    await notifications.commit(
      ...Array.from({ length: 40 }, (_, index) =>
        makeAlert({ pod: `p${index}`, workload: `Deployment/w${index}`, firedAt: clock.now() }),
      ),
    );
    await notifications.advance(12 * SECOND);
    const atFirst = pager.received.length;
    expect(atFirst).toBeLessThan(12);
    expect(notifications.log).toContainEqual(expect.objectContaining({ event: "receiver_circuit_opened" }));
    await notifications.advance(10 * SECOND);
    expect(pager.received.length).toBe(atFirst);
    pager.answer = { delivered: true };
    await notifications.advance(10 * MINUTE);
    expect(await store.outbox.messages({ states: ["delivered"] })).toHaveLength(40);
    expect(notifications.log).toContainEqual(expect.objectContaining({ event: "receiver_circuit_closed" }));
  });

  it("has a rate limit is not sent more", async () => {
    const limits = { perMinute: 10, burst: 5, concurrency: 4 };
    await start({ receivers: [{ receiver: pager, kind: "pager", limits }] });
    await notifications.commit(
      ...Array.from({ length: 30 }, (_, index) =>
        makeAlert({ pod: `p${index}`, workload: `Deployment/w${index}`, firedAt: clock.now() }),
      ),
    );
    await notifications.advance(11 * SECOND);
    expect(pager.received.length).toBe(5);
    await notifications.advance(MINUTE);
    expect(pager.received.length).toBe(15);
    await notifications.advance(2 * MINUTE);
    expect(pager.received.length).toBe(30);
    expect(pager.received.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it("is tested responds immediately, without the outbox", async () => {
    await start();
    await fire({ pod: "a" });
    await notifications.advance(11 * SECOND);
    const [notification] = pager.received;
    expect(await notifications.sender.test("pager", notification!)).toEqual({ delivered: true, took: 0 });
    pager.answer = BROKEN;
    expect(await notifications.sender.test("pager", notification!)).toMatchObject({ delivered: false, detail: "500" });
    await expect(notifications.sender.test("nobody", notification!)).rejects.toThrow(RangeError);
    expect(await messages()).toHaveLength(1);
  });
});

describe("a silence", () => {
  let silenceCount = 0;
  const scope = { kind: "workload", namespace: "shop", workload: "Deployment/checkout" } as const;
  const silence = (minutes: number, more: { endWhenNormal?: boolean; from?: number } = {}) =>
    notifications.silences.create({
      id: `s-test-${++silenceCount}`,
      scope,
      until: clock.now() + minutes * MINUTE,
      reason: "maintenance",
      by: "eva",
      endWhenNormal: false,
      ...more,
    });

  it("suppresses matching alerts until it expires or is ended", async () => {
    await start();
    await silence(30);
    await fire({ pod: "a" });
    await fire({ pod: "b", workload: "Deployment/other" });
    await notifications.advance(29 * MINUTE);
    expect(pager.news()).toEqual(["first notification: b"]);
    expect(notifications.dispatcher.explain(makeAlert({ pod: "a" }))).toMatchObject([{ reason: "silenced" }]);
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["first notification: a"]);

    const second = await silence(30);
    await fire({ pod: "c" });
    await notifications.advance(10 * MINUTE);
    expect(pager.news()).toEqual([]);
    expect(await notifications.silences.end(second.id, "eva")).toMatchObject({ endedAt: clock.now() });
    await notifications.advance(SECOND);
    expect(pager.news()).toEqual(["new alerts in the group: a c"]);
  });

  it("takes effect at its start", async () => {
    await start();
    await silence(60, { from: clock.now() + 30 * MINUTE });
    await fire({ pod: "a" });
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["first notification: a"]);
    await notifications.advance(29 * MINUTE);
    await fire({ pod: "b" });
    await notifications.advance(29 * MINUTE);
    expect(pager.news()).toEqual([]);
    await notifications.advance(2 * MINUTE);
    expect(pager.news()).toEqual(["new alerts in the group: a b"]);
  });

  it("ends when no matching alert has been active for long enough", async () => {
    await start();
    await fire({ pod: "a" });
    const created = await silence(600, { endWhenNormal: true });
    await notifications.advance(20 * MINUTE);
    expect(notifications.silences.find(created.id)?.endedAt).toBeUndefined();
    await resolve({ pod: "a" });
    await notifications.advance(9 * MINUTE);
    expect(notifications.silences.find(created.id)?.endedAt).toBeUndefined();
    await fire({ pod: "a", episode: 2 });
    await notifications.advance(5 * MINUTE);
    await resolve({ pod: "a", episode: 2 });
    await notifications.advance(11 * MINUTE);
    expect(notifications.silences.find(created.id)).toMatchObject({
      endedBecause: "no matching alert is active anymore",
    });
    const log = await store.actions.actions({ about: created.id });
    expect(log.map(({ action, by }) => `${action} by ${by}`)).toEqual([
      "silence-ended by Pod Watcher",
      "silence by eva",
    ]);
  });

  it("survives a restart, can be changed, and is found by its subject", async () => {
    await start();
    const created = await silence(30);
    await stop();
    await start();
    const { labels } = makeAlert();
    expect(notifications.silences.silenceOf(labels)).toEqual(created);
    expect(notifications.silences.silenceOf({ ...labels, namespace: "bank" })).toBeUndefined();
    const until = clock.now() + HOUR;
    expect(await notifications.silences.change(created.id, { until, reason: " longer " }, "bob")).toMatchObject({
      until,
      reason: "longer",
      by: "eva",
    });
    const longer = await silence(600);
    expect(notifications.silences.silenceOf(labels)?.id).toBe(longer.id);
    expect(notifications.silences.list().map((one) => one.id)).toEqual(expect.arrayContaining([created.id, longer.id]));
    expect(await store.actions.actions({ about: "shop/Deployment/checkout" })).toHaveLength(3);
  });

  it("is rejected with a message if it is invalid", async () => {
    await start();
    const request = { id: "s-request", scope, until: clock.now() + HOUR, reason: "x", by: "eva", endWhenNormal: false };
    const expectRejection = (changes: object, message: RegExp) =>
      expect(notifications.silences.create({ ...request, ...changes })).rejects.toThrow(message);
    await expectRejection({ reason: "  " }, /needs a reason/);
    await expectRejection({ until: clock.now() }, /must be after its start/);
    await expectRejection({ until: Number.NaN }, /must be after its start/);
    await expectRejection({ from: clock.now() + 2 * HOUR }, /must be after its start/);
    const matchers = [{ name: "pod", operator: "=~", value: "a**" }];
    await expectRejection({ scope: { kind: "matchers", matchers } }, /at position 2/);
    const created = await notifications.silences.create(request);
    await expect(notifications.silences.change(created.id, { until: 1 }, "eva")).rejects.toThrow(RangeError);
    await notifications.silences.end(created.id, "eva");
    await expect(notifications.silences.change(created.id, { reason: "y" }, "eva")).rejects.toThrow(/has expired/);
    expect((await notifications.silences.end(created.id, "bob"))?.endedBecause).toBe("ended by eva");
    expect(await notifications.silences.change("nonsense", {}, "eva")).toBeUndefined();
    expect(await notifications.silences.end("nonsense", "eva")).toBeUndefined();
  });
});

it("retries when the outbox cannot be written", async () => {
  let broken = true;
  const enqueue: Store["outbox"]["enqueue"] = async (changes) => {
    if (broken) throw new Error("the disk is full");
    await store.outbox.enqueue(changes);
  };
  await start({ store: { ...store, outbox: { ...store.outbox, enqueue } } });
  await fire({ pod: "a" });
  await notifications.advance(MINUTE);
  expect(pager.news()).toEqual([]);
  expect(notifications.log).toContainEqual(expect.objectContaining({ event: "notification_queue_failed" }));
  broken = false;
  await notifications.advance(2 * SECOND);
  expect(pager.news()).toEqual(["first notification: a"]);
});

it("does not notify twice when a commit succeeded although it reported an error", async () => {
  let times = 0;
  const enqueue: Store["outbox"]["enqueue"] = async (changes) => {
    await store.outbox.enqueue(changes);
    times += 1;
    if (times === 1) throw new Error("the connection broke during COMMIT");
  };
  await start({ store: { ...store, outbox: { ...store.outbox, enqueue } } });
  await fire({ pod: "a" });
  await notifications.advance(HOUR / 2);
  notifications.sender.wake();
  await notifications.advance(SECOND);
  expect(pager.news()).toEqual(["first notification: a"]);
});
