/** The contract of `AlertStore`, the same for every database. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { alertCursor } from "../../src/core/delivery/cursor.ts";
import type { PodHistory, WorkloadHistory } from "../../src/core/model/history.ts";
import { DAY, HOUR } from "../../src/core/model/time.ts";
import type { Store } from "../../src/ports/store.ts";
import type { StoreOptions } from "../../src/store/open-store.ts";
import { makeAlert, makeBatch, makeTransition } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly, startEngines } from "../support/store-engines.ts";

const engines = await startEngines();
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

const clock = createFakeClock({ now: 0 });

const history = (uid: string, restartCount = 1): PodHistory => ({
  uid,
  namespace: "shop",
  pod: `pod-of-${uid}`,
  containers: {
    app: {
      restartCount,
      containerID: "0123456789abcdef",
      lastTerminationId: undefined,
      restarts: [{ at: 5, reason: "Error", exitCode: 1, inferred: false }],
      recentCrashes: [5],
      crashLoopingSince: undefined,
      oomKilledAt: undefined,
    },
  },
});

const workload = (name: string): WorkloadHistory => ({
  namespace: "shop",
  kind: "Job",
  name,
  shortLivedPods: [{ uid: "u1", name: "web-7f-a", createdAt: 3, endedAt: 4, removedAt: 5, owner: "web-7f" }],
});

describe.each(engines)("AlertStore on $name", (engine) => {
  let options: StoreOptions;
  let store: Store;
  beforeEach(async () => {
    options = await engine.fresh();
    store = await openQuietly(options, clock);
    return async () => await store[Symbol.asyncDispose]();
  });

  /** Closes the store and opens it again, like a new process. */
  const reopen = async () => {
    await store[Symbol.asyncDispose]();
    store = await openQuietly(options, clock);
  };

  it("writes a large batch in chunks without blocking the event loop, and no reader sees a part of it", async () => {
    let turns = 0;
    let isOver = false;
    const reads: Promise<readonly unknown[]>[] = [];
    const others = () => {
      if (isOver) return;
      turns++;
      if (turns % 5 === 0 && reads.length < 3) reads.push(store.alerts({}));
      setImmediate(others);
    };
    const names = Array.from({ length: 3_000 }, (_, index) => `pod-${index}`);
    const committed = store
      .commit(
        makeBatch({
          pods: new Map(names.map((name) => [name, history(name)])),
          alerts: names.map((pod) => makeAlert({ pod })),
        }),
      )
      .finally(() => {
        isOver = true;
      });
    setImmediate(others);
    await committed;
    expect(turns).toBeGreaterThan(15);
    for (const read of await Promise.all(reads)) expect([0, names.length]).toContain(read.length);
    expect(reads.length).toBeGreaterThan(0);
  });

  it("is empty at first", async () => {
    expect(await store.load()).toEqual({
      pods: [],
      workloads: [],
      alerts: [],
      terminations: [],
      checkpoints: new Map(),
    });
  });

  it("loads committed state unchanged after a restart", async () => {
    const alert = { ...makeAlert(), acknowledgement: { by: "eva", at: 7, note: "mine: “é”", notifyOnWorsening: true } };
    await store.commit(
      makeBatch({
        pods: new Map([["u1", history("u1")]]),
        workloads: new Map([["shop/Job/import", workload("import")]]),
        alerts: [alert],
        terminations: [{ namespace: "shop", workload: "Job/import", container: "app", reason: "OOMKilled", count: 2 }],
        checkpoints: new Map([["shop", 1_795_377_957_440]]),
      }),
    );
    await reopen();
    expect(await store.load()).toEqual({
      pods: [history("u1")],
      workloads: [workload("import")],
      alerts: [alert],
      terminations: [{ namespace: "shop", workload: "Job/import", container: "app", reason: "OOMKilled", count: 2 }],
      checkpoints: new Map([["shop", 1_795_377_957_440]]),
    });
  });

  it("replaces, adds up and deletes rows as later batches require", async () => {
    const counted = { namespace: "shop", workload: "Deployment/web", container: "app", reason: "Error" };
    await store.commit(
      makeBatch({
        pods: new Map([
          ["u1", history("u1", 1)],
          ["u2", history("u2")],
        ]),
        workloads: new Map([
          ["shop/Job/import", workload("import")],
          ["shop/Job/export", workload("export")],
        ]),
        alerts: [makeAlert({ pendingSince: 1 }), makeAlert({ pod: "other", pendingSince: 1 })],
        terminations: [
          { ...counted, count: 2 },
          { ...counted, count: 3 },
        ],
        checkpoints: new Map([
          ["shop", 10],
          ["former", 10],
        ]),
      }),
    );
    await store.commit(
      makeBatch({
        pods: new Map([
          ["u1", history("u1", 2)],
          ["u2", undefined],
        ]),
        workloads: new Map([["shop/Job/export", undefined]]),
        alerts: [makeAlert({ firedAt: 1 })],
        dropped: [makeAlert({ pod: "other" })],
        terminations: [{ ...counted, count: 1 }],
        checkpoints: new Map([
          ["shop", 20],
          ["former", undefined],
        ]),
      }),
    );
    expect(await store.load()).toEqual({
      pods: [history("u1", 2)],
      workloads: [workload("import")],
      alerts: [makeAlert({ firedAt: 1 })],
      terminations: [{ ...counted, count: 6 }],
      checkpoints: new Map([["shop", 20]]),
    });
  });

  it("drops only pending alerts: one that fired stays", async () => {
    await store.commit(makeBatch({ alerts: [makeAlert()] }));
    await store.commit(makeBatch({ dropped: [makeAlert()] }));
    expect((await store.load()).alerts).toEqual([makeAlert()]);
  });

  it("stores the last version of an alert in a batch, and loads the newest episode of each alert", async () => {
    await store.commit(
      makeBatch({
        alerts: [
          makeAlert({ firedAt: 1, resolvedAt: 2 }),
          makeAlert({ episode: 2, pendingSince: 3 }),
          makeAlert({ episode: 2, firedAt: 3 }),
        ],
      }),
    );
    expect((await store.load()).alerts).toEqual([makeAlert({ episode: 2, firedAt: 3 })]);
    expect(await store.alerts({})).toHaveLength(2);
  });

  it("writes a batch of thousands completely", async () => {
    const uids = Array.from({ length: 2_500 }, (_, index) => `u${index}`);
    await store.commit(
      makeBatch({
        pods: new Map(uids.map((uid) => [uid, history(uid)])),
        alerts: uids.map((uid) => makeAlert({ pod: uid })),
        transitions: uids.map((uid) => makeTransition(makeAlert({ pod: uid }), 1)),
      }),
    );
    const { pods, alerts } = await store.load();
    expect([pods.length, alerts.length, (await store.transitions({})).length]).toEqual([2_500, 2_500, 2_500]);
    await store.commit(makeBatch({ pods: new Map(uids.map((uid) => [uid, undefined])) }));
    expect((await store.load()).pods).toEqual([]);
  });

  it("writes nothing of a batch that fails partway, and accepts the next one", async () => {
    const broken = { ...makeTransition(makeAlert(), 1), at: undefined as unknown as number };
    await expect(
      store.commit(makeBatch({ alerts: [makeAlert()], transitions: [makeTransition(makeAlert(), 1), broken] })),
    ).rejects.toThrow(/null/i);
    expect((await store.load()).alerts).toEqual([]);
    expect(await store.transitions({})).toEqual([]);
    await store.commit(makeBatch({ alerts: [makeAlert()] }));
    expect((await store.load()).alerts).toHaveLength(1);
  });

  it("never shows part of a batch to a concurrent reader", async () => {
    const batches = Array.from({ length: 20 }, (_, round) =>
      store.commit(
        makeBatch({
          alerts: Array.from({ length: 50 }, (_, index) => makeAlert({ pod: `p${round}-${index}` })),
          pods: new Map(
            Array.from({ length: 50 }, (_, index) => [`p${round}-${index}`, history(`p${round}-${index}`)]),
          ),
        }),
      ),
    );
    const looks = Array.from({ length: 20 }, () => store.load());
    await Promise.all(batches);
    for (const look of await Promise.all(looks)) {
      expect(look.alerts.length % 50).toBe(0);
      expect(look.pods.length).toBe(look.alerts.length);
    }
  });

  describe("alerts", () => {
    beforeEach(async () => {
      await store.commit(
        makeBatch({
          alerts: [
            makeAlert({ pod: "a", firedAt: 1, resolvedAt: 9 }),
            makeAlert({ pod: "b", firedAt: 2 }),
            makeAlert({ pod: "c", namespace: "test", firedAt: 3 }),
            makeAlert({ pod: "d", pendingSince: 4 }),
          ],
        }),
      );
    });
    const pods = async (query: Parameters<Store["alerts"]>[0]) =>
      (await store.alerts(query)).map((alert) => alert.labels.pod).join("");

    it("are listed newest first, with filters", async () => {
      expect(await pods({})).toBe("dcba");
      expect(await pods({ states: ["firing"] })).toBe("cb");
      expect(await pods({ states: ["firing", "resolved"] })).toBe("cba");
      expect(await pods({ states: [] })).toBe("");
      expect(await pods({ namespace: "test" })).toBe("c");
      expect(await pods({ fingerprint: makeAlert({ pod: "a" }).fingerprint })).toBe("a");
      expect(await pods({ limit: 2 })).toBe("dc");
    });

    it("are listed in pages, without duplicates or omissions", async () => {
      await store.commit(makeBatch({ alerts: [..."efg"].map((pod) => makeAlert({ pod, firedAt: 2 })) }));
      let seen = "";
      let cursor: string | undefined;
      for (;;) {
        const page = await store.alerts({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        if (page.length === 0) break;
        seen += page.map((alert) => alert.labels.pod).join("");
        cursor = alertCursor(page.at(-1)!);
      }
      expect([...seen].sort().join("")).toBe("abcdefg");
      expect(seen).toBe(await pods({}));
      await expect(store.alerts({ cursor: "1; drop" })).rejects.toThrow(RangeError);
    });
  });

  it("lists transitions newest first, in pages", async () => {
    const web = makeAlert({ pod: "web" });
    const db = makeAlert({ pod: "db", namespace: "data" });
    const log = [makeTransition(web, 1), makeTransition(db, 2), makeTransition(web, 2, "pending")];
    await store.commit(makeBatch({ transitions: log.slice(0, 2) }));
    await store.commit(makeBatch({ transitions: log.slice(2) }));
    const all = await store.transitions({});
    expect(all.map(({ id: _, ...transition }) => transition)).toEqual(log.toReversed());
    expect((await store.transitions({ limit: 1 })).map((one) => one.from)).toEqual(["pending"]);
    expect(await store.transitions({ cursor: String(all[0]!.id) })).toEqual(all.slice(1));
    expect(await store.transitions({ fingerprint: web.fingerprint })).toHaveLength(2);
    expect(await store.transitions({ namespace: "data", pod: "db" })).toHaveLength(1);
    await expect(store.transitions({ cursor: "x" })).rejects.toThrow(RangeError);
  });

  it("prunes rows older than the retention and no others", async () => {
    const old = makeAlert({ pod: "old", firedAt: 1, resolvedAt: 10 });
    const recent = makeAlert({ pod: "recent", firedAt: 1, resolvedAt: DAY + 1 });
    const open = makeAlert({ pod: "open", firedAt: 1 });
    await store.commit(
      makeBatch({
        alerts: [old, recent, open],
        transitions: [
          ...Array.from({ length: 1_200 }, (_, at) => makeTransition(old, at)),
          makeTransition(recent, DAY + 1, "firing"),
        ],
        pods: new Map([["u1", history("u1")]]),
      }),
    );
    expect(await store.prune(DAY)).toBe(1_201);
    expect((await store.load()).alerts.map((alert) => alert.labels.pod).sort()).toEqual(["open", "recent"]);
    expect(await store.transitions({})).toHaveLength(1);
    expect((await store.load()).pods).toHaveLength(1);
    expect(await store.prune(DAY)).toBe(0);
  });

  it("keeps an alert with an unconfirmed delivery to an active consumer, and its sequence number", async () => {
    const claim = (consumer: string, now: number) =>
      store.deliveries.claim(consumer, {
        now,
        lease: HOUR,
        restartPolicy: () => ({ threshold: 5, timeframe: HOUR }),
      });
    await store.commit(makeBatch({ alerts: [makeAlert({ firedAt: 1 })] }));
    expect(await claim("dead", 2)).toHaveLength(1);
    expect(await claim("alive", 2)).toHaveLength(1);
    await store.commit(makeBatch({ alerts: [makeAlert({ firedAt: 1, resolvedAt: 3 })] }));
    await claim("alive", DAY + 1 - HOUR);
    await store.prune(DAY - 2 * HOUR);
    expect((await store.deliveries.consumers()).map((consumer) => consumer.name)).toEqual(["alive", "default"]);
    expect(await store.alerts({})).toHaveLength(1);
    const again = await claim("alive", DAY + 1);
    expect(again.map(({ sequence, delivery }) => [sequence, delivery])).toEqual([[1, 3]]);
    await store.deliveries.confirm("alive", [again[0]!.id], DAY + 2);
    await store.prune(DAY);
    expect(await store.alerts({})).toHaveLength(0);
  });

  it("keeps the evidence of an alert as long as the alert", async () => {
    const alert = makeAlert({ firedAt: 1, resolvedAt: 3 });
    const evidence = {
      takenAt: 2,
      events: [{ reason: "BackOff" }],
      log: undefined,
      pod: undefined,
      siblings: [],
      notes: [],
    };
    await store.commit(makeBatch({ alerts: [alert] }));
    expect(await store.evidence.get(alert)).toBeUndefined();
    await store.evidence.put(alert, { ...evidence, notes: ["first"] });
    await store.evidence.put(alert, evidence);
    expect(await store.evidence.get(alert)).toEqual({
      takenAt: 2,
      events: [{ reason: "BackOff" }],
      siblings: [],
      notes: [],
    });
    await store.prune(DAY);
    expect(await store.alerts({})).toEqual([]);
    expect(await store.evidence.get(alert)).toBeUndefined();
  });

  it("reports its size and whether it is writable", async () => {
    const before = await store.size();
    expect(before).toBeGreaterThan(10_000);
    await store.commit(makeBatch({ alerts: Array.from({ length: 2_000 }, (_, pod) => makeAlert({ pod: `p${pod}` })) }));
    expect(await store.size()).toBeGreaterThan(before + 1_000_000);
    await store.checkWritable();
    await store.checkWritable();
  });
});
