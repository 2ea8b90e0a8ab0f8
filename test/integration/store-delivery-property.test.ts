/** In every order of events, no delivery is lost, none is repeated without reason, and sequence numbers have no gaps. */
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
  /** The deliveries of this consumer that the mask selects, including old and confirmed ones. */
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

/** A simple model of one consumer. */
interface Expected {
  readonly since: number;
  /** By `pod/episode`. */
  readonly got: Map<string, { id: string; sequence: number; delivery: number; leaseUntil: number; confirmed: boolean }>;
  lastSequence: number;
}

interface Episode {
  episode: number;
  firedAt: number;
  resolvedAt: number | undefined;
}

class Story {
  now = 1_000;
  readonly episodes = new Map<string, Episode[]>();
  readonly consumers = new Map<string, Expected>([["default", { since: 0, got: new Map(), lastSequence: 0 }]]);
  readonly store: AlertStore;

  constructor(store: AlertStore) {
    this.store = store;
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "wait":
        this.now += step.ticks;
        return;
      case "fire":
      case "resolve":
        return await this.change(PODS[step.pod]!, step.do);
      case "claim":
        await this.claim(CONSUMERS[step.consumer]!, step.limit);
        return;
      case "confirm":
      case "release":
        return await this.settle(CONSUMERS[step.consumer]!, step.do, step.mask);
    }
  }

  private async change(pod: string, change: "fire" | "resolve"): Promise<void> {
    const episodes = this.episodes.get(pod) ?? [];
    this.episodes.set(pod, episodes);
    const last = episodes.at(-1);
    const open = last !== undefined && last.resolvedAt === undefined;
    if (open === (change === "fire")) return;
    if (change === "fire") episodes.push({ episode: episodes.length + 1, firedAt: this.now, resolvedAt: undefined });
    else last!.resolvedAt = this.now;
    const { episode, firedAt, resolvedAt } = episodes.at(-1)!;
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
    for (const [pod, episodes] of this.episodes) {
      for (const { episode, resolvedAt } of episodes) {
        const known = consumer.got.get(`${pod}/${episode}`);
        if (known === undefined) due += resolvedAt === undefined || resolvedAt >= consumer.since ? 1 : 0;
        else if (!known.confirmed && known.leaseUntil <= this.now) due += 1;
      }
    }
    return due;
  }

  private async settle(name: string, answer: "confirm" | "release", mask: number): Promise<void> {
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

  /** Claims and confirms until nothing is due. Then every due alert must have been delivered. */
  async finish(name: string): Promise<void> {
    this.now += LEASE;
    const rest = await this.claim(name);
    await this.settle(name, "confirm", 0xff_ff);
    expect(await this.claim(name)).toEqual([]);
    this.now += 10 * LEASE;
    expect(await this.claim(name)).toEqual([]);
    const { got, lastSequence, since } = this.consumers.get(name)!;
    const owed = [...this.episodes].flatMap(([pod, episodes]) =>
      episodes
        .filter((one) => one.resolvedAt === undefined || one.resolvedAt >= since)
        .map((one) => `${pod}/${one.episode}`),
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

describe("deliveries", () => {
  it("are never lost, repeated only as unconfirmed, and numbered without gaps", {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await using store = await openQuietly({ kind: "memory" }, createFakeClock({ now: 0 }));
        const story = new Story(store);
        for (const one of steps) await story.run(one);
        for (const consumer of CONSUMERS) await story.finish(consumer);
      }),
      { numRuns: 300 },
    );
  });

  it("are consistent when claims, confirmations and commits run concurrently", async () => {
    const acts = [...PODS, ...PODS.map(() => "poll"), ...PODS.map(() => "poll")];
    const inAnyOrder = fc.shuffledSubarray(acts, { minLength: acts.length });
    await fc.assert(
      fc.asyncProperty(inAnyOrder, fc.integer({ min: 1, max: 5 }), async (order, limit) => {
        await using store = await openQuietly({ kind: "memory" }, createFakeClock({ now: 0 }));
        const options = { now: 5, lease: LEASE, limit, restartPolicy: () => ({ threshold: 5, timeframe: MINUTE }) };
        const delivered: Delivery[] = [];
        const poll = async () => {
          const claimed = await store.deliveries.claim("default", options);
          delivered.push(...claimed);
          const ids = claimed.map((delivery) => delivery.id);
          expect(await store.deliveries.confirm("default", ids, 5)).toEqual([]);
        };
        const fire = (pod: string) => store.commit(makeBatch({ alerts: [makeAlert({ pod })] }));
        await Promise.all(order.map((act) => (act === "poll" ? poll() : fire(act))));
        for (let round = 0; round < PODS.length; round++) await poll();
        expect(delivered.map((delivery) => delivery.alert.labels.pod).toSorted()).toEqual(PODS);
        expect(delivered.map((delivery) => delivery.sequence).toSorted()).toEqual([1, 2, 3, 4]);
      }),
      { numRuns: 50 },
    );
  });
});
