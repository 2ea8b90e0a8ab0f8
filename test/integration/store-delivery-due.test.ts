/** Whether an alert is due is decided in the core and, for the search, once more in SQL: both must agree. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isDue, type LastDelivery, predatesConsumer } from "../../src/core/delivery/delivery-due.ts";
import { MINUTE } from "../../src/core/model/time.ts";
import type { AlertStore } from "../../src/ports/store.ts";
import { type AlertOptions, makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly, startEngines } from "../support/store-engines.ts";

const engines = await startEngines();
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

interface Case {
  readonly story: string;
  readonly alert: AlertOptions;
  /** When the consumer first called; 0 by default. */
  readonly consumerSince?: number;
  /** The episode that was delivered and confirmed, and when. */
  readonly last?: LastDelivery;
  /** 100 by default. */
  readonly now?: number;
  readonly due: boolean;
}

const policy = { threshold: 3, timeframe: 60 * MINUTE };
const restarting = { alertname: "PodRestartingTooOften", firedAt: 1 } as const;

const CASES: readonly Case[] = [
  { story: "pending", alert: { pendingSince: 1 }, due: false },
  { story: "firing, never delivered", alert: { firedAt: 1 }, due: true },
  { story: "resolved before it was delivered", alert: { firedAt: 1, resolvedAt: 2 }, due: true },
  {
    story: "resolved before the consumer's first call",
    alert: { firedAt: 1, resolvedAt: 2 },
    consumerSince: 3,
    due: false,
  },
  {
    story: "resolved at the moment of the consumer's first call",
    alert: { firedAt: 1, resolvedAt: 3 },
    consumerSince: 3,
    due: true,
  },
  { story: "firing since before the consumer's first call", alert: { firedAt: 1 }, consumerSince: 3, due: true },
  { story: "firing, delivered", alert: { firedAt: 1 }, last: { episode: 1, at: 10 }, due: false },
  { story: "resolved after delivery", alert: { firedAt: 1, resolvedAt: 20 }, last: { episode: 1, at: 10 }, due: false },
  {
    story: "the next episode, pending",
    alert: { episode: 2, pendingSince: 20 },
    last: { episode: 1, at: 10 },
    due: false,
  },
  { story: "the next episode, firing", alert: { episode: 2, firedAt: 20 }, last: { episode: 1, at: 10 }, due: true },
  {
    story: "fewer restarts since delivery than the threshold",
    alert: { ...restarting, restartsAt: [11, 12] },
    last: { episode: 1, at: 10 },
    due: false,
  },
  {
    story: "as many restarts since delivery as the threshold",
    alert: { ...restarting, restartsAt: [11, 12, 13] },
    last: { episode: 1, at: 10 },
    due: true,
  },
  {
    story: "restarts before delivery do not count",
    alert: { ...restarting, restartsAt: [8, 9, 10, 11, 12] },
    last: { episode: 1, at: 10 },
    due: false,
  },
  {
    story: "restarts that left the timeframe do not count",
    alert: { ...restarting, restartsAt: [11, 12, 13] },
    last: { episode: 1, at: 10 },
    now: 12 + policy.timeframe,
    due: false,
  },
  {
    story: "restarts after delivery, but resolved",
    alert: { ...restarting, restartsAt: [11, 12, 13], resolvedAt: 20 },
    last: { episode: 1, at: 10 },
    due: false,
  },
  {
    story: "restarts after delivery of another alert than PodRestartingTooOften",
    alert: { firedAt: 1, restartsAt: [11, 12, 13] },
    last: { episode: 1, at: 10 },
    due: false,
  },
];

describe("core", () => {
  it.each(CASES)("$story: $due", ({ alert: options, consumerSince = 0, last, now = 100, due }) => {
    const alert = makeAlert(options);
    expect(isDue(alert, last, policy, now) && !predatesConsumer(alert, consumerSince)).toBe(due);
  });
});

describe.each(engines)("$name", (engine) => {
  let store: AlertStore;
  beforeAll(async () => {
    store = await openQuietly(await engine.fresh(), createFakeClock({ now: 0 }));
    return () => store[Symbol.asyncDispose]();
  });

  it.each(CASES)(
    "$story: $due",
    async ({ story: namespace, alert: options, consumerSince = 0, last, now = 100, due }) => {
      const { deliveries } = store;
      const consumer = namespace;
      const claimAt = { lease: MINUTE, restartPolicy: () => policy, namespaces: [namespace] };
      await deliveries.claim(consumer, { ...claimAt, now: consumerSince });
      const alert = makeAlert({ ...options, namespace });
      if (last !== undefined) {
        const { restartsAt: _, resolvedAt: __, ...before } = options;
        const delivered = makeAlert({ ...before, namespace, firedAt: 1, episode: last.episode });
        await store.commit(makeBatch({ alerts: [delivered] }));
        const claimed = await deliveries.claim(consumer, { ...claimAt, now: last.at });
        const ids = claimed.map(({ id }) => id);
        expect(await deliveries.confirm(consumer, ids, last.at)).toEqual([]);
      }
      await store.commit(makeBatch({ alerts: [alert] }));
      const found = await deliveries.peek(consumer, { ...claimAt, now });
      expect(found.map((delivery) => delivery.alert)).toEqual(due ? [alert] : []);
    },
  );
});
