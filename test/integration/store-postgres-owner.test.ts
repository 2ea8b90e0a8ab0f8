/** A PostgreSQL schema has one owner at a time. */
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { startPostgres } from "../support/postgres.ts";
import { openQuietly } from "../support/store-engines.ts";

const postgres = await startPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("a PostgreSQL schema", () => {
  const clock = createFakeClock();
  const options = (schema: string) => ({ kind: "postgres" as const, url: { read: async () => postgres!.url }, schema });

  it("is not available to a second process until the first one has ended", async () => {
    const first = await openQuietly(options("owned"), clock);
    await expect(openQuietly(options("owned"), clock)).rejects.toThrow(/Another Pod Watcher uses schema owned/);
    await using _elsewhere = await openQuietly(options("elsewhere"), clock);
    await first[Symbol.asyncDispose]();
    await using _second = await openQuietly(options("owned"), clock);
  });

  it("rejects writes of a process that has lost its lock, until it has acquired it again", async () => {
    await using store = await openQuietly(options("lost"), clock);
    const admin = new pg.Client({ connectionString: postgres!.url });
    await admin.connect();
    const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pod-watcher (owner)'";
    await admin.query(end);
    await expect
      .poll(() => store.commit(makeBatch({})).then(() => "", String), { interval: 5 })
      .toMatch(/lock on the state was lost/);
    await expect.poll(() => store.commit(makeBatch({})).then(() => "written", String)).toBe("written");
    await admin.end();
  });
});
