/** Whatever happens in whatever order, the hand-over loses nothing, tells nothing twice unasked, and counts without gaps. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MINUTE } from "../../src/core/model/time.ts";
import type { Delivery } from "../../src/ports/delivery.ts";
import type { AlertStore } from "../../src/ports/store.ts";
import { makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly } from "../support/store-engines.ts";

const PODS = ["a", "b", "c", "d"];
const CONSUMERS = ["default", "nagios"];
const LEASE = 10;

type Step =
  | { readonly do: "fire" | "resolve"; readonly pod: number }
  | { readonly do: "claim"; readonly consumer: number; readonly limit: number | undefined }
  /** Of all deliveries that this consumer ever got, those that the mask picks: also old and finished ones. */
  | { readonly do: "confirm" | "release"; readonly consumer: number; readonly mask: number }
  | { readonly do: "wait"; readonly ticks: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("fire", "resolve"), pod: fc.nat(PODS.length - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      consumer: fc.nat(1),
      limit: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("confirm", "release"),
      consumer: fc.nat(1),
      mask: fc.nat(0xff_ff),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ticks: fc.integer({ min: 1, max: 15 }) }) },
);

/** What one consumer may expect, kept as plainly as can be. */
interface Expected {
  readonly since: number;
  /** By `pod/episode`. */
  readonly got: Map<string, { id: string; sequence: number; delivery: number; leaseUntil: number; confirmed: boolean }>;
  lastSequence: number;
}

interface Life {
  episode: number;
  firedAt: number;
  resolvedAt: number | undefined;
}

class Story {
  now = 1_000;
  readonly lives = new Map<string, Life[]>();
  readonly consumers = new Map<string, Expected>([["default", { since: 0, got: new Map(), lastSequence: 0 }]]);
  readonly store: AlertStore;

  constructor(store: AlertStore) {
    this.store = store;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "wait":
        this.now += step.ticks;
        return;
      case "fire":
      case "resolve":
        return await this.live(PODS[step.pod]!, step.do);
      case "claim":
        await this.claim(CONSUMERS[step.consumer]!, step.limit);
        return;
      case "confirm":
      case "release":
        return await this.answer(CONSUMERS[step.consumer]!, step.do, step.mask);
    }
  }

  private async live(pod: string, change: "fire" | "resolve"): Promise<void> {
    const lives = this.lives.get(pod) ?? [];
    this.lives.set(pod, lives);
    const last = lives.at(-1);
    const open = last !== undefined && last.resolvedAt === undefined;
    if (open === (change === "fire")) return;
    if (change === "fire") lives.push({ episode: lives.length + 1, firedAt: this.now, resolvedAt: undefined });
    else last!.resolvedAt = this.now;
    const { episode, firedAt, resolvedAt } = lives.at(-1)!;
    const alert = makeAlert({ pod, episode, firedAt, ...(resolvedAt === undefined ? {} : { resolvedAt }) });
    await this.store.commit(makeBatch({ at: this.now, alerts: [alert] }));
  }

  async claim(name: string, limit?: number): Promise<readonly Delivery[]> {
    const options = {
      now: this.now,
      lease: LEASE,
      restartPolicy: () => ({ threshold: 5, timeframe: MINUTE }),
      ...(limit === undefined ? {} : { limit }),
    };
    const peeked = await this.store.deliveries.peek(name, options);
    const claimed = await this.store.deliveries.claim(name, options);
    expect(peeked).toEqual(claimed);
    const consumer = this.consumers.get(name) ?? { since: this.now, got: new Map(), lastSequence: 0 };
    this.consumers.set(name, consumer);
    expect(claimed).toHaveLength(Math.min(this.due(consumer), limit ?? Number.POSITIVE_INFINITY));
    for (const { id, sequence, delivery, leaseUntil, alert } of claimed) {
      const key = `${alert.labels.pod}/${alert.episode}`;
      const known = consumer.got.get(key);
      expect(leaseUntil).toBe(this.now + LEASE);
      if (known === undefined) {
        expect({ delivery, sequence }).toEqual({ delivery: 1, sequence: consumer.lastSequence + 1 });
        consumer.lastSequence += 1;
        consumer.got.set(key, { id, sequence, delivery, leaseUntil, confirmed: false });
      } else {
        expect({ id, sequence, delivery }).toEqual({ ...pick(known), delivery: known.delivery + 1 });
        expect(known.confirmed).toBe(false);
        expect(known.leaseUntil).toBeLessThanOrEqual(this.now);
        Object.assign(known, { delivery, leaseUntil });
      }
    }
    return claimed;
  }

  private due(consumer: Expected): number {
    let due = 0;
    for (const [pod, lives] of this.lives) {
      for (const { episode, resolvedAt } of lives) {
        const known = consumer.got.get(`${pod}/${episode}`);
        if (known === undefined) due += resolvedAt === undefined || resolvedAt >= consumer.since ? 1 : 0;
        else if (!known.confirmed && known.leaseUntil <= this.now) due += 1;
      }
    }
    return due;
  }

  private async answer(name: string, answer: "confirm" | "release", mask: number): Promise<void> {
    const got = [...(this.consumers.get(name)?.got.values() ?? [])].filter((_, index) => mask & (1 << (index % 16)));
    const ids = got.map((delivery) => delivery.id);
    if (answer === "release") {
      await this.store.deliveries.release(name, ids, this.now);
      for (const delivery of got) if (!delivery.confirmed) delivery.leaseUntil = 0;
      return;
    }
    const refused = await this.store.deliveries.confirm(name, ids, this.now);
    const late = got.filter((delivery) => !delivery.confirmed && delivery.leaseUntil <= this.now);
    expect(refused).toEqual(late.map((delivery) => delivery.id));
    for (const delivery of got) if (!late.includes(delivery)) delivery.confirmed = true;
  }

  /** Asks until nothing comes any more, confirming all of it; then everything that was due must have been told. */
  async finish(name: string): Promise<void> {
    this.now += LEASE;
    const rest = await this.claim(name);
    await this.answer(name, "confirm", 0xff_ff);
    expect(await this.claim(name)).toEqual([]);
    this.now += 10 * LEASE;
    expect(await this.claim(name)).toEqual([]);
    const { got, lastSequence, since } = this.consumers.get(name)!;
    const owed = [...this.lives].flatMap(([pod, lives]) =>
      lives
        .filter((life) => life.resolvedAt === undefined || life.resolvedAt >= since)
        .map((life) => `${pod}/${life.episode}`),
    );
    expect([...got.keys()]).toEqual(expect.arrayContaining(owed));
    expect([...got.values()].map((delivery) => delivery.sequence)).toEqual(
      Array.from({ length: lastSequence }, (_, index) => index + 1),
    );
    expect(rest.length).toBeLessThanOrEqual(got.size);
  }
}

function pick({ id, sequence }: { id: string; sequence: number }) {
  return { id, sequence };
}

describe("hand-over", () => {
  it("loses nothing, tells nothing twice without a new delivery, and numbers without gaps", {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await using store = await openQuietly({ kind: "memory" }, createFakeClock({ now: 0 }));
        const story = new Story(store);
        for (const one of steps) await story.take(one);
        for (const consumer of CONSUMERS) await story.finish(consumer);
      }),
      { numRuns: 300 },
    );
  });

  it("holds when claims, answers and commits run at the same time", { timeout: 60_000 }, async () => {
    const acts = [...PODS, ...PODS.map(() => "poll"), ...PODS.map(() => "poll")];
    const inAnyOrder = fc.shuffledSubarray(acts, { minLength: acts.length });
    await fc.assert(
      fc.asyncProperty(inAnyOrder, fc.integer({ min: 1, max: 5 }), async (order, limit) => {
        await using store = await openQuietly({ kind: "memory" }, createFakeClock({ now: 0 }));
        const options = { now: 5, lease: LEASE, limit, restartPolicy: () => ({ threshold: 5, timeframe: MINUTE }) };
        const told: Delivery[] = [];
        const poll = async () => {
          const claimed = await store.deliveries.claim("default", options);
          told.push(...claimed);
          const ids = claimed.map((delivery) => delivery.id);
          expect(await store.deliveries.confirm("default", ids, 5)).toEqual([]);
        };
        const fire = (pod: string) => store.commit(makeBatch({ alerts: [makeAlert({ pod })] }));
        await Promise.all(order.map((act) => (act === "poll" ? poll() : fire(act))));
        for (let round = 0; round < PODS.length; round++) await poll();
        expect(told.map((delivery) => delivery.alert.labels.pod).toSorted()).toEqual(PODS);
        expect(told.map((delivery) => delivery.sequence).toSorted()).toEqual([1, 2, 3, 4]);
      }),
      { numRuns: 50 },
    );
  });
});
