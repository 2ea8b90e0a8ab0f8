/** The delivery rules of docs/alerts.md, on every database. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Alert } from "../../src/core/model/alert.ts";
import { MINUTE } from "../../src/core/model/time.ts";
import type { ClaimOptions, Delivery } from "../../src/ports/delivery.ts";
import type { AlertStore } from "../../src/ports/store.ts";
import { type AlertOptions, makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly, startEngines } from "../support/store-engines.ts";

const engines = await startEngines();
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

const LEASE = MINUTE;

describe.each(engines)("deliveries on $name", (engine) => {
  const clock = createFakeClock({ now: 0 });
  let store: AlertStore;
  beforeEach(async () => {
    store = await openQuietly(await engine.fresh(), clock);
    return async () => await store[Symbol.asyncDispose]();
  });

  const commit = (...alerts: Alert[]) => store.commit(makeBatch({ alerts }));
  const fire = (options: AlertOptions) => commit(makeAlert(options));
  const options = (now: number, more: Partial<ClaimOptions> = {}): ClaimOptions => ({
    now,
    lease: LEASE,
    restartPolicy: () => ({ threshold: 3, timeframe: 60 * MINUTE }),
    ...more,
  });
  const claim = (now: number, more: Partial<ClaimOptions> = {}, consumer = "default") =>
    store.deliveries.claim(consumer, options(now, more));
  const peek = (now: number, more: Partial<ClaimOptions> = {}, consumer = "default") =>
    store.deliveries.peek(consumer, options(now, more));
  const ids = (deliveries: readonly Delivery[]) => deliveries.map((delivery) => delivery.id);
  const claimAndConfirm = async (now: number, more: Partial<ClaimOptions> = {}, consumer = "default") => {
    const deliveries = await claim(now, more, consumer);
    await store.deliveries.confirm(consumer, ids(deliveries), now);
    return deliveries;
  };
  /** As `pod sequence×delivery`. */
  const brief = (deliveries: readonly Delivery[]) =>
    deliveries.map(({ alert, sequence, delivery }) => `${alert.labels.pod} ${sequence}×${delivery}`).join(", ");

  it("delivers a firing alert once", async () => {
    await commit(makeAlert({ pod: "b", firedAt: 2 }), makeAlert({ pod: "a", firedAt: 1 }));
    expect(brief(await claimAndConfirm(5))).toBe("a 1×1, b 2×1");
    expect(await claimAndConfirm(6)).toEqual([]);
    await fire({ pod: "c", firedAt: 7 });
    expect(brief(await claimAndConfirm(8))).toBe("c 3×1");
  });

  it("does not deliver pending alerts", async () => {
    await fire({ pendingSince: 1 });
    expect(await claimAndConfirm(5)).toEqual([]);
  });

  it("delivers an alert that resolved before the first claim", async () => {
    await fire({ firedAt: 1, resolvedAt: 2 });
    const [delivery] = await claimAndConfirm(5);
    expect(delivery?.alert.state.name).toBe("resolved");
  });

  it("does not deliver the end of a delivered alert, but delivers its next episode", async () => {
    await fire({ firedAt: 1 });
    await claimAndConfirm(2);
    await fire({ firedAt: 1, resolvedAt: 3 });
    expect(await claimAndConfirm(4)).toEqual([]);
    await fire({ episode: 2, pendingSince: 5 });
    expect(await claimAndConfirm(5)).toEqual([]);
    await fire({ episode: 2, firedAt: 5 });
    expect(ids(await claimAndConfirm(6))).toEqual([`${makeAlert().fingerprint}.2.1`]);
  });

  it("delivers both of two undelivered episodes", async () => {
    await commit(makeAlert({ firedAt: 1, resolvedAt: 2 }), makeAlert({ episode: 2, firedAt: 3 }));
    const { fingerprint } = makeAlert();
    expect(ids(await claimAndConfirm(4))).toEqual([`${fingerprint}.1.1`, `${fingerprint}.2.1`]);
  });

  it("repeats an unconfirmed delivery after its lease, with the same id and sequence number", async () => {
    await fire({ pod: "a" });
    const [first] = await claim(10);
    expect(first).toMatchObject({ sequence: 1, delivery: 1, leaseUntil: 10 + LEASE });
    expect(await claim(10 + LEASE - 1)).toEqual([]);
    const [second] = await claim(10 + LEASE);
    expect(second).toMatchObject({ id: first!.id, sequence: 1, delivery: 2, leaseUntil: 10 + 2 * LEASE });
  });

  it("returns the current state of the alert in a repeated delivery", async () => {
    await fire({ firedAt: 1 });
    await claim(2);
    await fire({ firedAt: 1, resolvedAt: 3 });
    expect((await claim(2 + LEASE))[0]?.alert.state.name).toBe("resolved");
  });

  it("rejects confirmations with unknown ids or after the lease, without effect", async () => {
    await fire({ pod: "a" });
    const [delivery] = await claim(0);
    expect(await store.deliveries.confirm("default", ["nonsense", delivery!.id, "a.1.1"], LEASE)).toEqual([
      "nonsense",
      delivery!.id,
      "a.1.1",
    ]);
    expect(brief(await claim(LEASE))).toBe("a 1×2");
    expect(await store.deliveries.confirm("nobody", [delivery!.id], LEASE)).toEqual([delivery!.id]);
    expect(await store.deliveries.confirm("default", [delivery!.id], LEASE)).toEqual([]);
    expect(await claim(10 * LEASE)).toEqual([]);
  });

  it("accepts a repeated confirmation: the first response may have been lost", async () => {
    await fire({});
    const deliveries = await claimAndConfirm(1);
    expect(await store.deliveries.confirm("default", ids(deliveries), 10 * LEASE)).toEqual([]);
  });

  it("delivers released alerts again immediately, and does not release confirmed ones", async () => {
    await commit(makeAlert({ pod: "a", firedAt: 1 }), makeAlert({ pod: "b", firedAt: 2 }));
    const both = await claim(5);
    await store.deliveries.confirm("default", [both[0]!.id], 6);
    await store.deliveries.release("default", ids(both), 7);
    expect(brief(await claim(7))).toBe("b 2×2");
    expect(await store.deliveries.confirm("default", [both[1]!.id], 8)).toEqual([]);
    await store.deliveries.release("nobody", ["x"], 9);
  });

  it("confirms and releases only deliveries in the caller's namespaces; others are unknown", async () => {
    await commit(makeAlert({ namespace: "shop" }), makeAlert({ namespace: "pay" }));
    const [shop, pay] = [makeAlert({ namespace: "shop" }), makeAlert({ namespace: "pay" })].map(
      ({ fingerprint }) => `${fingerprint}.1.1`,
    ) as [string, string];
    await claim(5);
    expect(await store.deliveries.release("default", [pay, shop], 6, { namespaces: ["shop"] })).toEqual([pay]);
    expect(ids(await claim(7))).toEqual([shop]);
    expect(await store.deliveries.confirm("default", [pay, shop], 8, { namespaces: ["shop"] })).toEqual([pay]);
    expect(await store.deliveries.confirm("default", [pay, shop], 9, { namespaces: [] })).toEqual([pay, shop]);
    expect(await store.deliveries.confirm("default", [pay, shop], 10)).toEqual([]);
  });

  it("does not change anything on peek", async () => {
    await commit(makeAlert({ pod: "a", firedAt: 1 }), makeAlert({ pod: "b", firedAt: 2 }));
    expect(brief(await peek(5))).toBe("a 1×1, b 2×1");
    expect(brief(await peek(5, {}, "other"))).toBe("a 1×1, b 2×1");
    expect((await store.deliveries.consumers()).map((consumer) => consumer.name)).toEqual(["default"]);
    await claim(6, { limit: 1 });
    expect(brief(await peek(7))).toBe("b 2×1");
    expect(brief(await peek(6 + LEASE))).toBe("a 1×2, b 2×1");
    expect(brief(await claim(6 + LEASE))).toBe("a 1×2, b 2×1");
  });

  it("delivers at most the requested number, repeated deliveries first", async () => {
    await commit(...["a", "b", "c"].map((pod, firedAt) => makeAlert({ pod, firedAt })));
    expect(brief(await claim(10, { limit: 1 }))).toBe("a 1×1");
    await store.deliveries.release("default", [`${makeAlert({ pod: "a" }).fingerprint}.1.1`], 11);
    expect(brief(await claim(12, { limit: 2 }))).toBe("a 1×2, b 2×1");
    expect(await claim(12, { limit: 0 })).toEqual([]);
    expect(brief(await claim(12))).toBe("c 3×1");
  });

  it("delivers only alerts in the given namespaces", async () => {
    await commit(makeAlert({ namespace: "shop", pod: "a" }), makeAlert({ namespace: "bank", pod: "b" }));
    expect(await claim(1, { namespaces: [] })).toEqual([]);
    expect(brief(await claim(1, { namespaces: ["bank"] }))).toBe("b 1×1");
    expect(await claim(1 + LEASE, { namespaces: ["shop"] })).toHaveLength(1);
    expect(brief(await claim(1 + LEASE, { namespaces: ["bank"] }))).toBe("b 1×2");
  });

  describe("consumers", () => {
    it("are independent, each with its own sequence numbers", async () => {
      await fire({ pod: "a" });
      expect(brief(await claimAndConfirm(1, {}, "nagios"))).toBe("a 1×1");
      expect(brief(await claimAndConfirm(1, {}, "zabbix ✓ ' \""))).toBe("a 1×1");
      expect(brief(await claimAndConfirm(1))).toBe("a 1×1");
      expect(await store.deliveries.confirm("nagios", [`${makeAlert({ pod: "a" }).fingerprint}.1.1`], 2)).toEqual([]);
    });

    it("start with the alerts firing at their first claim; `default` exists from the start", async () => {
      await commit(makeAlert({ pod: "over", firedAt: 1, resolvedAt: 2 }), makeAlert({ pod: "firing", firedAt: 1 }));
      expect(brief(await claimAndConfirm(5, {}, "new"))).toBe("firing 1×1");
      await fire({ pod: "brief", firedAt: 6, resolvedAt: 7 });
      expect(brief(await claimAndConfirm(8, {}, "new"))).toBe("brief 2×1");
      expect(brief(await claimAndConfirm(8))).toBe(
        "firing 1×1, over 2×1, brief 3×1".replace("firing 1×1, over 2×1", order()),
      );
    });
    // Alerts that fired at the same time are ordered by fingerprint.
    const order = () =>
      makeAlert({ pod: "firing" }).fingerprint < makeAlert({ pod: "over" }).fingerprint
        ? "firing 1×1, over 2×1"
        : "over 1×1, firing 2×1";

    it("are listed with their last sequence number and open leases", async () => {
      await commit(makeAlert({ pod: "a" }), makeAlert({ pod: "b" }));
      await claim(1, { lease: 5 * MINUTE }, "nagios");
      await store.deliveries.confirm("nagios", [`${makeAlert({ pod: "a" }).fingerprint}.1.1`], 2);
      expect(await store.deliveries.consumers()).toEqual([
        { name: "default", createdAt: 0, lastSeenAt: 0, lastSequence: 0, leased: 0 },
        { name: "nagios", createdAt: 1, lastSeenAt: 2, lastSequence: 2, leased: 1 },
      ]);
    });
  });

  describe("PodRestartingTooOften", () => {
    const often = (...restartsAt: number[]) =>
      makeAlert({ alertname: "PodRestartingTooOften", restartsAt, firedAt: 3 });

    it("is delivered again when restarts after the delivery cross the threshold", async () => {
      await commit(often(1, 2, 3));
      expect(brief(await claimAndConfirm(4))).toBe("checkout-1 1×1");
      await commit(often(1, 2, 3, 5, 6));
      expect(await claimAndConfirm(7)).toEqual([]);
      await commit(often(1, 2, 3, 5, 6, 7));
      const again = await claimAndConfirm(8);
      expect(brief(again)).toBe("checkout-1 2×1");
      expect(ids(again)).toEqual([`${often().fingerprint}.1.2`]);
      expect(await claimAndConfirm(9)).toEqual([]);
      await commit(often(5, 6, 7, 10, 11, 12));
      expect(ids(await claimAndConfirm(13))).toEqual([`${often().fingerprint}.1.3`]);
    });

    it("counts a restart that was seen before the delivery but is not part of it", async () => {
      await commit(often(1, 2, 3));
      await claimAndConfirm(6);
      await commit(often(1, 2, 3, 5, 7, 8));
      expect(brief(await claimAndConfirm(9))).toBe("checkout-1 2×1");
    });

    it("is not delivered again while the first delivery is unconfirmed", async () => {
      await commit(often(1, 2, 3));
      await claim(4);
      await commit(often(1, 2, 3, 5, 6, 7));
      expect(await claim(8)).toEqual([]);
      expect(brief(await claim(4 + LEASE))).toBe("checkout-1 1×2");
      await store.deliveries.confirm("default", [`${often().fingerprint}.1.1`], 5 + LEASE);
      expect(await claim(6 + LEASE)).toEqual([]);
    });

    it("does not count restarts outside of the timeframe", async () => {
      await commit(often(1, 2, 3));
      await claimAndConfirm(4);
      await commit(often(5, 6, 7));
      expect(await claimAndConfirm(7 + 60 * MINUTE)).toEqual([]);
    });
  });

  it("lists confirmed deliveries, newest first, one per alert", async () => {
    await fire({ pod: "a", firedAt: 1 });
    await claimAndConfirm(5);
    await fire({ pod: "b", firedAt: 6 });
    await claim(7);
    await commit(makeAlert({ pod: "a", firedAt: 1, resolvedAt: 8 }), makeAlert({ pod: "a", episode: 2, firedAt: 9 }));
    await claimAndConfirm(10);
    const a = makeAlert({ pod: "a" }).fingerprint;
    const b = makeAlert({ pod: "b" }).fingerprint;
    expect(await store.deliveries.confirmedDeliveries("default")).toEqual([{ fingerprint: a, episode: 2, at: 10 }]);
    await store.deliveries.confirm("default", [`${b}.1.1`], 11);
    expect(await store.deliveries.confirmedDeliveries("default")).toEqual([
      { fingerprint: a, episode: 2, at: 10 },
      { fingerprint: b, episode: 1, at: 7 },
    ]);
    expect(await store.deliveries.confirmedDeliveries("nobody")).toEqual([]);
  });

  it("delivers a new alert with the number of an old episode, which was evicted from memory but not from the store", async () => {
    await fire({ firedAt: 1, resolvedAt: 2 });
    await claimAndConfirm(3);
    await fire({ firedAt: 10 });
    expect(ids(await claimAndConfirm(11))).toEqual([`${makeAlert().fingerprint}.1.2`]);
    expect(await claimAndConfirm(12)).toEqual([]);
  });

  it("never delivers one alert to two concurrent claims", async () => {
    await commit(...Array.from({ length: 60 }, (_, index) => makeAlert({ pod: `p${index}` })));
    const claims = await Promise.all([
      ...Array.from({ length: 8 }, () => claim(1, { limit: 5 })),
      ...Array.from({ length: 4 }, () => claim(1, { limit: 10 }, "another")),
    ]);
    for (const [from, to] of [
      [0, 8],
      [8, 12],
    ] as const) {
      const sequences = claims.slice(from, to).flatMap((deliveries) => deliveries.map((delivery) => delivery.sequence));
      expect(sequences.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      const delivered = new Set(claims.slice(from, to).flatMap(ids));
      expect(delivered.size).toBe(40);
    }
  });
});
