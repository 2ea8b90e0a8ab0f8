/** Several processes on one PostgreSQL schema: one owns the state, and nothing of a previous owner is written. */
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import type { Clock } from "../../src/ports/clock.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { type OpenStore, openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createReplicaEvents } from "../../src/telemetry/replica-events.ts";
import { makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { startPostgres } from "../support/postgres.ts";

const postgres = await startPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("replicas on one schema", () => {
  const logger = createLogger("silent");

  async function admin(statement: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: postgres!.url });
    await client.connect();
    try {
      return await client.query(statement, values);
    } finally {
      await client.end();
    }
  }

  function open(schema: string, version = "1", clock: Clock = systemClock) {
    const stopping = new AbortController();
    const standingBy = Promise.withResolvers<void>();
    const store = openStore(
      { kind: "postgres", url: { read: async () => postgres!.url }, schema },
      {
        clock,
        logger,
        replica: {
          version,
          url: () => undefined,
          events: createReplicaEvents(logger, createRegistry()),
          standingBy: () => standingBy.resolve(),
          changed: () => {},
          stopping: stopping.signal,
        },
      },
    );
    return { store, standingBy: standingBy.promise, stop: () => stopping.abort(new Error("stopped")) };
  }

  /** Takes the state away as another replica does when this one was silent, and prevents its next heartbeat. */
  const fence = async (schema: string) => {
    await admin(`delete from ${schema}.members`);
    await admin(`delete from ${schema}.member_fences`);
  };

  it("the second one stands by, and takes over when the first has ended", async () => {
    const first = await open("ended").store;
    const second = open("ended", "2");
    await second.standingBy;
    await expect
      .poll(() => first.replicas?.members().map(({ role, version }) => [role, version]))
      .toEqual([
        ["owner", "1"],
        ["standby", "2"],
      ]);
    await first.commit(makeBatch({ alerts: [makeAlert({ pod: "a" })] }));
    await first[Symbol.asyncDispose]();
    await using store = await second.store;
    expect(await store.alerts({})).toHaveLength(1);
    expect(store.replicas?.members()).toMatchObject([{ role: "owner", isSelf: true }]);
    expect(store.replicas?.takeovers().map(({ cause }) => cause)).toEqual(["released", "released"]);
  });

  it("schemas do not affect each other", async () => {
    await using _here = await open("here").store;
    await using _there = await open("there").store;
  });

  it("of two that wait, the newest takes over", async () => {
    const owner = await open("newest", "1").store;
    const older = open("newest", "2");
    await older.standingBy;
    const newest = open("newest", "3");
    await newest.standingBy;
    await owner[Symbol.asyncDispose]();
    await using store = await newest.store;
    expect(store.replicas?.members().map(({ version, role }) => [version, role])).toEqual([
      ["2", "standby"],
      ["3", "owner"],
    ]);
    older.stop();
    await expect(older.store).rejects.toThrow("stopped");
    await expect.poll(() => store.replicas?.members().length).toBe(1);
  });

  it("one whose fence is gone writes nothing, says so, and does not come back", async () => {
    const store = await open("fenced").store;
    await using _close = store;
    await fence("fenced");
    const writes: ((one: OpenStore) => Promise<unknown>)[] = [
      (one) => one.commit(makeBatch({ alerts: [makeAlert({ pod: "late" })] })),
      (one) => one.checkWritable(),
      (one) => one.outbox.enqueue({ notifications: [], groups: new Map([["g", undefined]]) }),
      (one) => one.prune(1),
    ];
    for (const write of writes)
      await expect(write(store)).rejects.toThrow(/Another replica has taken over schema fenced/);
    expect(String(await store.replicas?.lost)).toMatch(/This process ends/);
    expect(store.replicas?.isTrusted()).toBe(false);
    const { rows } = await admin("select count(*)::int as count from fenced.alerts");
    expect(rows).toEqual([{ count: 0 }]);
  });

  it("a heartbeat finds out as well", async () => {
    await using store = await open("noticed").store;
    expect(store.replicas?.isTrusted()).toBe(true);
    await fence("noticed");
    expect(String(await store.replicas?.lost)).toMatch(/Another replica has taken over/);
  });

  it("a takeover waits for the transaction of the owner, and ends it when it takes too long", async () => {
    // Its clock stands still: it sends no heartbeat and expires.
    await using store = await open("slow", "1", createFakeClock()).store;
    const { rows } = await admin("select owner from slow.ownership");
    const owner: string = rows[0].owner;
    // A transaction of the owner that does not end: its process is frozen.
    const frozen = new pg.Client({ connectionString: postgres!.url, application_name: `pod-watcher ${owner}` });
    const ended = new Promise((resolve) => frozen.once("error", resolve));
    frozen.on("error", () => {});
    await frozen.connect();
    await frozen.query("begin");
    await frozen.query("select from slow.member_fences where id = $1 for key share", [owner]);
    const next = open("slow", "2");
    await next.standingBy;
    await using successor = await next.store;
    await ended;
    expect(successor.replicas?.takeovers()[0]?.cause).toBe("expired");
    await expect(store.commit(makeBatch({ alerts: [makeAlert({})] }))).rejects.toThrow(
      /Another replica has taken over/,
    );
  });

  it("survives a restart of its connections without losing the state", async () => {
    await using store = await open("cut").store;
    for (let round = 0; round < 3; round++) {
      await admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pod-watcher %' and pid <> pg_backend_pid() and datname = current_database()",
      );
      await expect
        .poll(() => store.commit(makeBatch({ alerts: [makeAlert({ pod: `p${round}` })] })).then(() => "", String))
        .toBe("");
    }
    expect(await store.alerts({})).toHaveLength(3);
    await expect.poll(() => store.replicas?.problem()).toBeUndefined();
  });
});
