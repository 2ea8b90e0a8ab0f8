/** The outbox, silences and the log of actions, on every database. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { DAY, HOUR } from "../../src/core/model/time.ts";
import type { GroupState } from "../../src/core/notify/notification.ts";
import type { Silence } from "../../src/core/notify/silence.ts";
import type { Action } from "../../src/ports/activity.ts";
import type { Notification } from "../../src/ports/notifications.ts";
import type { Store } from "../../src/ports/store.ts";
import type { StoreOptions } from "../../src/store/open-store.ts";
import { makeAlert } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly, startEngines } from "../support/store-engines.ts";

const engines = await startEngines();
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

const LEASE = 100;

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return {
    id,
    receiver: "team",
    groupKey: `group-of-${id[0]}`,
    groupLabels: { namespace: "shop" },
    status: "firing",
    alerts: [makeAlert()],
    truncatedAlerts: 0,
    reason: "first notification",
    createdAt: 10,
    since: 10,
    attempt: 0,
    ...changes,
  };
}

describe.each(engines)("the outbox on $name", (engine) => {
  const clock = createFakeClock({ now: 0 });
  let options: StoreOptions;
  let store: Store;
  beforeEach(async () => {
    options = await engine.fresh();
    store = await openQuietly(options, clock);
    return async () => await store[Symbol.asyncDispose]();
  });

  const enqueue = (...notifications: Notification[]) =>
    store.outbox.enqueue({
      notifications: notifications.map((one) => ({ notification: one, giveUpAt: one.createdAt + DAY })),
      groups: new Map(),
    });
  const claim = async (now: number, limit = 10, receiver = "team") =>
    await store.outbox.claim(receiver, { now, lease: LEASE, limit });
  const ids = async (now: number, limit?: number) =>
    (await claim(now, limit)).map((claimed) => claimed.notification.id).join(" ");
  const deliver = (id: string, attempt: number, now: number) =>
    store.outbox.settle({ id, attempt }, { delivered: true }, now);
  const fail = (id: string, attempt: number, now: number, retryAt?: number) =>
    store.outbox.settle({ id, attempt }, { delivered: false, retryAt, reason: "serverError", detail: "500" }, now);

  it("returns enqueued messages with the number of the attempt, even after a restart", async () => {
    await enqueue(notification("a1"));
    await store[Symbol.asyncDispose]();
    store = await openQuietly(options, clock);
    expect(await claim(10)).toEqual([{ notification: { ...notification("a1"), attempt: 1 }, giveUpAt: 10 + DAY }]);
    expect(await claim(10 + LEASE - 1)).toEqual([]);
    expect(await claim(10 + LEASE)).toMatchObject([{ notification: { id: "a1", attempt: 2 } }]);
  });

  it("returns nothing for receivers without messages, or before a message is due", async () => {
    await enqueue(notification("a1"));
    expect(await claim(9)).toEqual([]);
    expect(await claim(10, 10, "nobody")).toEqual([]);
    expect(await store.outbox.nextDue("team")).toBe(10);
    expect(await store.outbox.nextDue("nobody")).toBeUndefined();
  });

  it("keeps the order within a group, independently of other groups", async () => {
    await enqueue(notification("a1"), notification("a2"), notification("b1"), notification("a3"));
    expect(await ids(10)).toBe("a1 b1");
    await deliver("b1", 1, 11);
    expect(await ids(11)).toBe("");
    await fail("a1", 1, 12, 50);
    expect(await store.outbox.nextDue("team")).toBe(50);
    expect(await ids(49)).toBe("");
    expect(await ids(50)).toBe("a1");
    await deliver("a1", 2, 51);
    expect(await ids(51)).toBe("a2");
    await fail("a2", 1, 52);
    expect(await ids(52)).toBe("a3");
  });

  it("keeps groups of two receivers apart that have the same key", async () => {
    await enqueue(notification("a1"), notification("a2", { receiver: "other" }));
    expect(await ids(10)).toBe("a1");
    expect(await claim(10, 10, "other")).toHaveLength(1);
  });

  it("claims at most the requested number, oldest first", async () => {
    await enqueue(notification("a1"), notification("b1"), notification("c1"));
    expect(await ids(10, 2)).toBe("a1 b1");
    expect(await ids(10, 2)).toBe("c1");
  });

  it("accepts the outcome of the newest attempt only", async () => {
    await enqueue(notification("a1"));
    await claim(10);
    await claim(10 + LEASE);
    expect(await deliver("a1", 1, 200)).toBe(false);
    expect(await fail("a1", 2, 201)).toBe(true);
    expect(await deliver("a1", 2, 202)).toBe(false);
    expect(await deliver("nonsense", 1, 202)).toBe(false);
  });

  it("keeps the outcome of each message", async () => {
    await enqueue(notification("a1"), notification("b1"), notification("c1"));
    await claim(20);
    await deliver("a1", 1, 21);
    await fail("b1", 1, 22, 60);
    await fail("c1", 1, 23);
    const all = await store.outbox.messages({});
    expect(all.map(({ notification: { id }, state, attempts }) => `${id} ${state} ${attempts}`)).toEqual([
      "c1 dead 1",
      "b1 pending 1",
      "a1 delivered 1",
    ]);
    expect(all[0]).toEqual({
      sequence: all[0]!.sequence,
      notification: { ...notification("c1"), attempt: 1 },
      state: "dead",
      attempts: 1,
      dueAt: 20 + LEASE,
      firstAttemptAt: 20,
      lastAttemptAt: 20,
      settledAt: 23,
      failure: { reason: "serverError", detail: "500" },
    });
    expect(all[2]?.failure).toBeUndefined();
    const some = async (query: Parameters<Store["outbox"]["messages"]>[0]) =>
      (await store.outbox.messages(query)).map((message) => message.notification.id).join(" ");
    expect(await some({ states: ["dead", "pending"] })).toBe("c1 b1");
    expect(await some({ states: [] })).toBe("");
    expect(await some({ id: "b1" })).toBe("b1");
    expect(await some({ groupKey: "group-of-a" })).toBe("a1");
    expect(await some({ receiver: "other" })).toBe("");
    expect(await some({ from: 11 })).toBe("");
    expect(await some({ to: 10, limit: 1 })).toBe("c1");
    expect(await some({ cursor: String(all[0]!.sequence) })).toBe("b1 a1");
    await expect(some({ cursor: "x" })).rejects.toThrow(RangeError);
  });

  it("sends a dead or delivered message again on request, with the same id", async () => {
    await enqueue(notification("a1"));
    await claim(10);
    await fail("a1", 1, 11);
    expect(await store.outbox.resend("a1", { now: 500, giveUpAt: 500 + DAY })).toBe(true);
    expect(await claim(500)).toMatchObject([{ notification: { id: "a1", attempt: 2 }, giveUpAt: 500 + DAY }]);
    await deliver("a1", 2, 501);
    expect(await store.outbox.messages({})).toMatchObject([{ state: "delivered", failure: undefined, settledAt: 501 }]);
    expect(await store.outbox.resend("nonsense", { now: 500, giveUpAt: 600 })).toBe(false);
  });

  it("abandons pending messages of receivers that are no longer configured", async () => {
    await enqueue(notification("a1"), notification("b1", { receiver: "old" }));
    expect(await store.outbox.abandon(["team"], "the receiver is no longer configured", 30)).toBe(1);
    expect(await store.outbox.messages({ states: ["dead"] })).toMatchObject([
      {
        notification: { id: "b1" },
        failure: { reason: "abandoned", detail: "the receiver is no longer configured" },
      },
    ]);
    expect(await store.outbox.abandon([], "none is configured", 30)).toBe(1);
  });

  it("returns with a message the reference that the receiver returned earlier in the conversation", async () => {
    await enqueue(notification("a1"), notification("a2"), notification("a3"), notification("a4", { since: 99 }));
    await claim(10);
    await store.outbox.settle({ id: "a1", attempt: 1 }, { delivered: true, reference: "thread-1" }, 11);
    const [second] = await claim(12);
    expect(second?.notification.reference).toBe("thread-1");
    await store.outbox.settle({ id: "a2", attempt: 1 }, { delivered: true, reference: "thread-2" }, 13);
    expect((await claim(14))[0]?.notification.reference).toBe("thread-2");
    await deliver("a3", 1, 15);
    expect((await claim(16))[0]?.notification).not.toHaveProperty("reference");
  });

  it("stores and deletes groups in one transaction with their messages", async () => {
    const memory = (key: string): GroupState => ({
      key,
      receiver: "team",
      labels: { namespace: "shop" },
      since: 1,
      lastNotifiedAt: 2,
      notified: { abc: { sources: 1, reason: "Error" } },
    });
    const groups = async () => (await store.outbox.groups()).map((group) => group.key).toSorted();
    await store.outbox.enqueue({
      notifications: [{ notification: notification("a1"), giveUpAt: 99 }],
      groups: new Map([
        ["k1", memory("k1")],
        ["k2", memory("k2")],
      ]),
    });
    expect(await store.outbox.groups()).toContainEqual(memory("k1"));
    await store.outbox.enqueue({ notifications: [], groups: new Map([["k1", undefined]]) });
    expect(await groups()).toEqual(["k2"]);
    await expect(
      store.outbox.enqueue({
        notifications: [{ notification: notification("a1"), giveUpAt: 99 }],
        groups: new Map([["k3", memory("k3")]]),
      }),
    ).rejects.toThrow(/unique/i);
    expect(await groups()).toEqual(["k2"]);
  });

  it("never returns one message to two concurrent claims", async () => {
    await enqueue(...Array.from({ length: 40 }, (_, index) => notification(`x${index}`, { groupKey: `g${index}` })));
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(10, 5)));
    const taken = claims.flat().map((claimed) => claimed.notification.id);
    expect(new Set(taken).size).toBe(taken.length);
    // PostgreSQL skips rows that another claim has locked: later claims return the rest.
    while (taken.length < 40) {
      const more = await claim(10, 5);
      expect(more.length).toBeGreaterThan(0);
      taken.push(...more.map((claimed) => claimed.notification.id));
    }
    expect(new Set(taken).size).toBe(40);
  });

  it("prunes old settled messages", async () => {
    await enqueue(notification("a1"), notification("b1"), notification("c1", { createdAt: 2 * DAY }));
    await claim(10);
    await deliver("a1", 1, 11);
    await store.prune(DAY);
    expect((await store.outbox.messages({})).map((message) => message.notification.id)).toEqual(["c1", "b1"]);
  });

  describe("silences and actions", () => {
    const silence: Silence = {
      id: "s1",
      scope: { kind: "workload", namespace: "shop", workload: "Deployment/checkout" },
      from: 10,
      until: HOUR,
      reason: "maintenance “tonight”",
      by: "eva",
      createdAt: 10,
      endWhenNormal: true,
    };
    const action = (changes: Partial<Action> = {}): Action => ({
      at: 10,
      by: "eva",
      action: "silence",
      about: ["s1", "shop/Deployment/checkout"],
      note: "maintenance",
      ...changes,
    });

    it("are stored together", async () => {
      await store.silences.put(silence, action());
      await store.silences.put({ ...silence, id: "s2", createdAt: 11 }, action({ at: 11, about: ["s2"] }));
      const ended = { ...silence, endedAt: 20, endedBecause: "back to normal" };
      await store.silences.put(ended, action({ at: 20, action: "silence-ended", by: "Pod Watcher" }));
      expect(await store.silences.silences()).toEqual([{ ...silence, id: "s2", createdAt: 11 }, ended]);
      const log = await store.actions.actions({ about: "s1" });
      expect(log.map(({ action: what, by }) => `${what} ${by}`)).toEqual(["silence-ended Pod Watcher", "silence eva"]);
    });

    it("are stored in one transaction", async () => {
      await store.silences.put({ ...silence, id: "s1" }, action());
      const broken = { ...silence, id: "s4", createdAt: null as unknown as number };
      await expect(store.silences.put(broken, action())).rejects.toThrow();
      expect((await store.silences.silences()).map(({ id }) => id)).toEqual(["s1"]);
      expect(await store.actions.actions({})).toHaveLength(1);
    });

    it("are listed by subject and time, in pages", async () => {
      await store.actions.log(action({ at: 1, action: "ack", about: ["x", "x", "y"] }));
      await store.actions.log(action({ at: 2, action: "unack", about: ["x"] }));
      await store.actions.log({ at: 3, by: "eva", action: "test", about: [] });
      const found = async (query: Parameters<Store["actions"]["actions"]>[0]) =>
        (await store.actions.actions(query)).map((one) => one.action).join(" ");
      expect(await found({})).toBe("test unack ack");
      expect(await found({ about: "x" })).toBe("unack ack");
      expect(await found({ about: "y" })).toBe("ack");
      expect(await found({ from: 2, to: 2 })).toBe("unack");
      expect(await found({ limit: 1 })).toBe("test");
      const [first] = await store.actions.actions({ limit: 1 });
      expect(first).toMatchObject({ at: 3, by: "eva", action: "test", about: [] });
      expect(await found({ cursor: String(first!.id) })).toBe("unack ack");
      await expect(found({ cursor: "-1" })).rejects.toThrow(RangeError);
    });

    it("are pruned when they are old and, for silences, expired", async () => {
      await store.silences.put(silence, action());
      await store.silences.put({ ...silence, id: "s2", until: 3 * DAY }, action({ at: 2 * DAY, about: ["s2"] }));
      await store.silences.put({ ...silence, id: "s3", until: 3 * DAY, endedAt: 20 }, action({ about: ["s3"] }));
      await store.prune(DAY);
      expect((await store.silences.silences()).map((one) => one.id)).toEqual(["s2"]);
      expect((await store.actions.actions({})).map((one) => one.about)).toEqual([["s2"]]);
      expect(await store.actions.actions({ about: "s1" })).toEqual([]);
    });
  });
});
