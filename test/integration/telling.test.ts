/** From a committed alert to a receiver: grouping, retries, silences, restarts, with the real store and a fake clock. */
import { beforeEach, describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { parseMatcher } from "../../src/core/notify/matcher.ts";
import type { SendResult } from "../../src/ports/notifications.ts";
import type { Store } from "../../src/ports/store.ts";
import { type AlertOptions, makeAlert } from "../support/batches.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { openQuietly } from "../support/store-engines.ts";
import {
  createPager,
  type Notifications,
  type NotificationsOptions,
  type Pager,
  startNotifications,
} from "../support/telling.ts";

const ROUTE = { receiver: "pager", groupWait: 10 * SECOND, groupInterval: MINUTE, repeatInterval: HOUR } as const;
const BROKEN: SendResult = { delivered: false, retry: true, reason: "serverError", detail: "500" };

let clock: FakeClock;
let store: Store;
let pager: Pager;
let telling: Notifications;

const start = async (changes: Partial<NotificationsOptions> = {}) => {
  telling = await startNotifications({ clock, store, route: ROUTE, receivers: [pager], ...changes });
};
const stop = () => telling[Symbol.asyncDispose]();
const fire = (options: AlertOptions = {}) => telling.commit(makeAlert({ firedAt: clock.now(), ...options }));
const resolve = (options: AlertOptions = {}) =>
  telling.commit(makeAlert({ firedAt: clock.now() - SECOND, resolvedAt: clock.now(), ...options }));
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
  it("is told once, reminded of, told of what joins it, and told to be over", async () => {
    await start();
    await fire({ pod: "a" });
    expect(pager.news()).toEqual([]);
    await telling.advance(5 * SECOND);
    await fire({ pod: "b" });
    await telling.advance(5 * SECOND);
    expect(pager.news()).toEqual(["first notification: a b"]);
    await fire({ pod: "c" });
    await telling.advance(59 * SECOND);
    expect(pager.news()).toEqual([]);
    await telling.advance(SECOND);
    expect(pager.news()).toEqual(["new alerts in the group: a b c"]);
    await telling.advance(HOUR);
    expect(pager.news()).toEqual(["repeat interval: a b c"]);
    await resolve({ pod: "a" });
    await resolve({ pod: "b" });
    await telling.advance(MINUTE);
    expect(pager.news()).toEqual(["some resolved: c a✓ b✓"]);
    await resolve({ pod: "c" });
    await telling.advance(MINUTE);
    expect(pager.news()).toEqual(["all resolved: c✓"]);
    await telling.advance(DAY);
    expect(pager.news()).toEqual([]);
    expect(await store.outbox.groups()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("is one message, also when three hundred pods fail at once, and carries no more than it may", async () => {
    await start({ maxAlerts: 50 });
    await telling.commit(
      ...Array.from({ length: 300 }, (_, index) => makeAlert({ pod: `p${index}`, firedAt: clock.now() })),
    );
    await telling.advance(MINUTE);
    expect(pager.heard).toHaveLength(1);
    expect(pager.heard[0]).toMatchObject({ truncatedAlerts: 250, status: "firing", reason: "first notification" });
    expect(pager.heard[0]?.alerts).toHaveLength(50);
  });

  it("is one per namespace, workload and alertname, and goes where its route says", async () => {
    const other = createPager("other");
    const route = { ...ROUTE, routes: [{ matchers: [parseMatcher("namespace=bank")], receiver: "other" }] };
    await start({ route, receivers: [pager, other] });
    await fire({ pod: "a", workload: "Deployment/a" });
    await fire({ pod: "b", workload: "Deployment/b" });
    await fire({ pod: "c", namespace: "bank" });
    await telling.advance(MINUTE);
    expect(pager.news().toSorted()).toEqual(["first notification: a", "first notification: b"]);
    expect(other.news()).toEqual(["first notification: c"]);
    expect(pager.heard[0]?.groupLabels).toMatchObject({ namespace: "shop", alertname: "PodCrashLooping" });
  });

  it("does not tell of what is pending, nor of what was over before it was told", async () => {
    await start();
    await fire({ pod: "a", pendingSince: clock.now() });
    await fire({ pod: "b" });
    await resolve({ pod: "b" });
    await telling.advance(HOUR);
    expect(pager.news()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("tells that something is over although the next episode of it is already pending, or was forgotten", async () => {
    await start();
    await fire({ pod: "a" });
    await telling.advance(MINUTE);
    pager.news();
    await resolve({ pod: "a" });
    await fire({ pod: "a", episode: 2, pendingSince: clock.now() });
    await telling.advance(2 * MINUTE);
    expect(pager.news()).toEqual(["all resolved: a✓"]);
  });

  it("says why it tells or not", async () => {
    await start();
    await fire({ pod: "a" });
    const alert = makeAlert({ pod: "a" });
    expect(telling.notifier.explain(alert)).toMatchObject([
      { receiver: "pager", told: false, reason: "group wait", nextAt: clock.now() + 10 * SECOND },
    ]);
    await telling.advance(MINUTE);
    expect(telling.notifier.explain(alert)).toMatchObject([{ told: true, reason: "told, repeat interval not over" }]);
    expect(telling.notifier.explain(makeAlert({ pod: "x", namespace: "y" }))).toMatchObject([
      { told: false, reason: "nothing fires", nextAt: undefined },
    ]);
  });
});

describe("a restart", () => {
  it("tells nothing twice and forgets nothing", async () => {
    await start();
    await fire({ pod: "a" });
    await telling.advance(MINUTE);
    await fire({ pod: "b" });
    expect(pager.news()).toEqual(["first notification: a"]);
    const { state } = telling;
    await stop();
    await start({ state });
    await telling.advance(MINUTE);
    expect(pager.news()).toEqual(["new alerts in the group: a b"]);
    await stop();
    await resolve({ pod: "a" });
    await resolve({ pod: "b" });
    await clock.advance(HOUR);
    await start({ state });
    expect(pager.news()).toEqual(["all resolved: a✓ b✓"]);
  });

  it("sends what was decided but not sent, under the same id", async () => {
    pager.answer = "nothing";
    await start();
    await fire({ pod: "a" });
    await telling.advance(11 * SECOND);
    expect(pager.heard).toHaveLength(1);
    const { state } = telling;
    await stop();
    pager.answer = { delivered: true };
    await start({ state });
    await telling.advance(MINUTE);
    expect(pager.heard.map(({ id, attempt }) => [id, attempt])).toEqual([
      [pager.heard[0]!.id, 1],
      [pager.heard[0]!.id, 2],
    ]);
    expect(await messages()).toEqual(["delivered 2 "]);
  });

  it("gives up what waits for a receiver that is no longer configured, and says so", async () => {
    pager.answer = BROKEN;
    await start();
    await fire({ pod: "a" });
    await telling.advance(11 * SECOND);
    await stop();
    const other = createPager("other");
    await start({ receivers: [other], route: { ...ROUTE, receiver: "other" } });
    expect(await messages()).toContain("dead 1 abandoned");
    expect(telling.log).toContainEqual(expect.objectContaining({ event: "notifications_abandoned", count: 1 }));
    expect(await store.outbox.groups()).toEqual([]);
  });
});

describe("a receiver that", () => {
  it("fails is tried again, ever more rarely, under the same id, and told in order", async () => {
    pager.answer = BROKEN;
    await start();
    await fire({ pod: "a" });
    await telling.advance(10 * SECOND);
    const attempts: number[] = [];
    for (let second = 0; second < 100; second++) {
      const before = pager.heard.length;
      await telling.advance(SECOND);
      if (pager.heard.length > before) attempts.push(second + 1);
    }
    const gaps = attempts.map((second, index) => second - (attempts[index - 1] ?? 0));
    expect(attempts.length).toBeGreaterThan(3);
    expect(gaps.slice(0, 3)).toEqual([3, 5, 10]);
    expect(new Set(pager.heard.map(({ id }) => id)).size).toBe(1);
    await fire({ pod: "b" });
    await telling.advance(2 * MINUTE);
    pager.answer = { delivered: true };
    pager.news();
    await telling.advance(10 * MINUTE);
    expect(pager.news()).toEqual(["first notification: a", "new alerts in the group: a b"]);
  });

  it("asks for time is given it", async () => {
    pager.answer = { delivered: false, retry: true, reason: "rateLimited", detail: "429", retryAfter: 10 * MINUTE };
    await start();
    await fire({ pod: "a" });
    await fire({ pod: "b", workload: "Deployment/other" });
    await telling.advance(11 * SECOND);
    const heard = pager.heard.length;
    pager.answer = { delivered: true };
    await telling.advance(9 * MINUTE);
    expect(pager.heard).toHaveLength(heard);
    await telling.advance(2 * MINUTE);
    expect((await store.outbox.messages({ states: ["delivered"] })).length).toBe(2);
  });

  it("refuses a message gets it never again, unless somebody sends it again", async () => {
    pager.answer = { delivered: false, retry: false, reason: "clientError", detail: "400 no such channel" };
    await start();
    await fire({ pod: "a" });
    await telling.advance(DAY / 24 / 2);
    expect(pager.heard).toHaveLength(1);
    expect(await messages()).toEqual(["dead 1 clientError"]);
    expect(telling.dispatcher.status()).toEqual([
      { name: "pager", kind: "pager", state: "failing", lastDeliveredAt: undefined, problem: "400 no such channel" },
    ]);
    pager.answer = { delivered: true };
    await store.outbox.resend(pager.heard[0]!.id, { now: clock.now(), giveUpAt: clock.now() + DAY });
    telling.dispatcher.wake();
    await telling.advance(SECOND);
    expect(await messages()).toEqual(["delivered 2 "]);
    expect(telling.dispatcher.status()).toMatchObject([{ state: "ok", lastDeliveredAt: clock.now() - SECOND }]);
  });

  it("is down for more than a day loses the message to the dead, visibly", async () => {
    pager.answer = BROKEN;
    await start({ route: { ...ROUTE, repeatInterval: 0 } });
    await fire({ pod: "a" });
    await telling.advance(23 * HOUR);
    expect(await messages()).toMatchObject([expect.stringMatching(/^pending/)]);
    await telling.advance(HOUR + 10 * MINUTE);
    expect(await messages()).toMatchObject([expect.stringMatching(/^dead \d+ serverError/)]);
    expect(pager.heard.length).toBeLessThan(400);
    expect(telling.log).toContainEqual(expect.objectContaining({ event: "notification_dead", level: "error" }));
  });

  it("never answers is left after its time, and does not hold up the others", async () => {
    pager.answer = "nothing";
    const other = createPager("other");
    const route = { ...ROUTE, routes: [{ receiver: "pager", continue: true }, { receiver: "other" }] };
    await start({ receivers: [pager, other], route });
    await fire({ pod: "a" });
    await telling.advance(10 * SECOND);
    expect(other.news()).toEqual(["first notification: a"]);
    await telling.advance(15 * SECOND);
    expect(await store.outbox.messages({ receiver: "pager" })).toMatchObject([
      { state: "pending", failure: { reason: "timeout", detail: "no answer within 15 s" } },
    ]);
  });

  it("throws is taken for broken, without what it said: that may hold a secret", async () => {
    pager.answer = () => Promise.reject(new TypeError("https://hooks.example/B0ngo-p4th-s3cret"));
    await start();
    await fire({ pod: "a" });
    await telling.advance(11 * SECOND);
    expect(await store.outbox.messages({})).toMatchObject([
      { failure: { reason: "network", detail: "the receiver failed with TypeError" } },
    ]);
    expect(JSON.stringify(telling.log)).not.toContain("B0ngo");
  });

  it("fails for every group is left alone, then tried with one message", async () => {
    pager.answer = BROKEN;
    await start();
    await telling.commit(
      ...Array.from({ length: 40 }, (_, index) =>
        makeAlert({ pod: `p${index}`, workload: `Deployment/w${index}`, firedAt: clock.now() }),
      ),
    );
    await telling.advance(12 * SECOND);
    const atFirst = pager.heard.length;
    expect(atFirst).toBeLessThan(12);
    expect(telling.log).toContainEqual(expect.objectContaining({ event: "receiver_circuit_opened" }));
    await telling.advance(10 * SECOND);
    expect(pager.heard.length).toBe(atFirst);
    pager.answer = { delivered: true };
    await telling.advance(10 * MINUTE);
    expect(await store.outbox.messages({ states: ["delivered"] })).toHaveLength(40);
    expect(telling.log).toContainEqual(expect.objectContaining({ event: "receiver_circuit_closed" }));
  });

  it("may take only so many a minute is not flooded", async () => {
    const limits = { perMinute: 10, burst: 5, concurrency: 4 };
    await start({ receivers: [{ receiver: pager, kind: "pager", limits }] });
    await telling.commit(
      ...Array.from({ length: 30 }, (_, index) =>
        makeAlert({ pod: `p${index}`, workload: `Deployment/w${index}`, firedAt: clock.now() }),
      ),
    );
    await telling.advance(11 * SECOND);
    expect(pager.heard.length).toBe(5);
    await telling.advance(MINUTE);
    expect(pager.heard.length).toBe(15);
    await telling.advance(2 * MINUTE);
    expect(pager.heard.length).toBe(30);
    expect(pager.heard.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it("is tested answers at once, past the outbox", async () => {
    await start();
    await fire({ pod: "a" });
    await telling.advance(11 * SECOND);
    const [notification] = pager.heard;
    expect(await telling.dispatcher.test("pager", notification!)).toEqual({ delivered: true, took: 0 });
    pager.answer = BROKEN;
    expect(await telling.dispatcher.test("pager", notification!)).toMatchObject({ delivered: false, detail: "500" });
    await expect(telling.dispatcher.test("nobody", notification!)).rejects.toThrow(RangeError);
    expect(await messages()).toHaveLength(1);
  });
});

describe("a silence", () => {
  let silenceCount = 0;
  const scope = { kind: "workload", namespace: "shop", workload: "Deployment/checkout" } as const;
  const silence = (minutes: number, more: { endWhenNormal?: boolean; from?: number } = {}) =>
    telling.silences.create({
      id: `s-test-${++silenceCount}`,
      scope,
      until: clock.now() + minutes * MINUTE,
      reason: "maintenance",
      by: "eva",
      endWhenNormal: false,
      ...more,
    });

  it("hides what it covers until it ends, by itself or before its time", async () => {
    await start();
    await silence(30);
    await fire({ pod: "a" });
    await fire({ pod: "b", workload: "Deployment/other" });
    await telling.advance(29 * MINUTE);
    expect(pager.news()).toEqual(["first notification: b"]);
    expect(telling.notifier.explain(makeAlert({ pod: "a" }))).toMatchObject([{ reason: "silenced" }]);
    await telling.advance(MINUTE);
    expect(pager.news()).toEqual(["first notification: a"]);

    const second = await silence(30);
    await fire({ pod: "c" });
    await telling.advance(10 * MINUTE);
    expect(pager.news()).toEqual([]);
    expect(await telling.silences.end(second.id, "eva")).toMatchObject({ endedAt: clock.now() });
    await telling.advance(SECOND);
    expect(pager.news()).toEqual(["new alerts in the group: a c"]);
  });

  it("begins when it is to begin", async () => {
    await start();
    await silence(60, { from: clock.now() + 30 * MINUTE });
    await fire({ pod: "a" });
    await telling.advance(MINUTE);
    expect(pager.news()).toEqual(["first notification: a"]);
    await telling.advance(29 * MINUTE);
    await fire({ pod: "b" });
    await telling.advance(29 * MINUTE);
    expect(pager.news()).toEqual([]);
    await telling.advance(2 * MINUTE);
    expect(pager.news()).toEqual(["new alerts in the group: a b"]);
  });

  it("ends when everything under it has been normal for long enough, and says so", async () => {
    await start();
    await fire({ pod: "a" });
    const made = await silence(600, { endWhenNormal: true });
    await telling.advance(20 * MINUTE);
    expect(telling.silences.find(made.id)?.endedAt).toBeUndefined();
    await resolve({ pod: "a" });
    await telling.advance(9 * MINUTE);
    expect(telling.silences.find(made.id)?.endedAt).toBeUndefined();
    await fire({ pod: "a", episode: 2 });
    await telling.advance(5 * MINUTE);
    await resolve({ pod: "a", episode: 2 });
    await telling.advance(11 * MINUTE);
    expect(telling.silences.find(made.id)).toMatchObject({ endedBecause: "everything under it is back to normal" });
    const log = await store.actions.actions({ about: made.id });
    expect(log.map(({ action, by }) => `${action} by ${by}`)).toEqual([
      "silence-ended by Pod Watcher",
      "silence by eva",
    ]);
  });

  it("survives a restart, can be changed, and is found by what it covers", async () => {
    await start();
    const made = await silence(30);
    await stop();
    await start();
    const { labels } = makeAlert();
    expect(telling.silences.silenceOf(labels)).toEqual(made);
    expect(telling.silences.silenceOf({ ...labels, namespace: "bank" })).toBeUndefined();
    const until = clock.now() + HOUR;
    expect(await telling.silences.change(made.id, { until, reason: " longer " }, "bob")).toMatchObject({
      until,
      reason: "longer",
      by: "eva",
    });
    const longer = await silence(600);
    expect(telling.silences.silenceOf(labels)?.id).toBe(longer.id);
    expect(telling.silences.list().map((one) => one.id)).toEqual(expect.arrayContaining([made.id, longer.id]));
    expect(await store.actions.actions({ about: "shop/Deployment/checkout" })).toHaveLength(3);
  });

  it("is refused in words when it cannot be", async () => {
    await start();
    const request = { id: "s-request", scope, until: clock.now() + HOUR, reason: "x", by: "eva", endWhenNormal: false };
    const refuse = (changes: object, words: RegExp) =>
      expect(telling.silences.create({ ...request, ...changes })).rejects.toThrow(words);
    await refuse({ reason: "  " }, /needs a reason/);
    await refuse({ until: clock.now() }, /must end after it begins/);
    await refuse({ until: Number.NaN }, /must end after it begins/);
    await refuse({ from: clock.now() + 2 * HOUR }, /must end after it begins/);
    const matchers = [{ name: "pod", operator: "=~", value: "(a+)+" }];
    await refuse({ scope: { kind: "matchers", matchers } }, /repeats a group/);
    const made = await telling.silences.create(request);
    await expect(telling.silences.change(made.id, { until: 1 }, "eva")).rejects.toThrow(RangeError);
    await telling.silences.end(made.id, "eva");
    await expect(telling.silences.change(made.id, { reason: "y" }, "eva")).rejects.toThrow(/is over/);
    expect((await telling.silences.end(made.id, "bob"))?.endedBecause).toBe("ended by eva");
    expect(await telling.silences.change("nonsense", {}, "eva")).toBeUndefined();
    expect(await telling.silences.end("nonsense", "eva")).toBeUndefined();
  });
});

it("tries again when the outbox cannot be written, and tells then", async () => {
  let broken = true;
  const enqueue: Store["outbox"]["enqueue"] = async (changes) => {
    if (broken) throw new Error("the disk is full");
    await store.outbox.enqueue(changes);
  };
  await start({ store: { ...store, outbox: { ...store.outbox, enqueue } } });
  await fire({ pod: "a" });
  await telling.advance(MINUTE);
  expect(pager.news()).toEqual([]);
  expect(telling.log).toContainEqual(expect.objectContaining({ event: "notification_queue_failed" }));
  broken = false;
  await telling.advance(2 * SECOND);
  expect(pager.news()).toEqual(["first notification: a"]);
});

it("does not tell twice when the outbox was written although it seemed not to be", async () => {
  let times = 0;
  const enqueue: Store["outbox"]["enqueue"] = async (changes) => {
    await store.outbox.enqueue(changes);
    times += 1;
    if (times === 1) throw new Error("the connection broke during COMMIT");
  };
  await start({ store: { ...store, outbox: { ...store.outbox, enqueue } } });
  await fire({ pod: "a" });
  await telling.advance(HOUR / 2);
  telling.dispatcher.wake();
  await telling.advance(SECOND);
  expect(pager.news()).toEqual(["first notification: a"]);
});
