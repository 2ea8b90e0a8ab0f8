/** Every schema that was ever released opens, keeps what is in it, and ends up as a fresh one is made. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { MIGRATIONS, migrate } from "../../src/store/migrations/migrations.ts";
import { openPostgres } from "../../src/store/postgres/postgres.ts";
import type { Tables } from "../../src/store/schema.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { startPostgres } from "../support/postgres.ts";
import { openQuietly } from "../support/store-engines.ts";

const SCHEMAS = fileURLToPath(new URL("../fixtures/schemas/", import.meta.url));
const clock = createFakeClock({ now: 70_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pod-watcher-migrations-"));
  return async () => await rm(folder, { recursive: true, force: true });
});

/** Makes the state file as a version left it. */
async function leave(version: string): Promise<void> {
  const database = new DatabaseSync(join(folder, "pod-watcher.db"));
  database.exec(await readFile(join(SCHEMAS, `${version}.sql`), "utf8"));
  database.close();
}

/** Tables and indexes as they are declared. */
function declarations(where: string): unknown[] {
  const database = new DatabaseSync(join(where, "pod-watcher.db"));
  const rows = database
    .prepare("select name, sql from sqlite_master where name not like 'sqlite_%' order by name")
    .all();
  database.close();
  return rows;
}

it("has a fixture for every version, and none of another", async () => {
  expect((await readdir(SCHEMAS)).toSorted()).toEqual(MIGRATIONS.map((version) => `${version}.sql`));
});

describe.each(MIGRATIONS)("the schema after %s", (version) => {
  it("opens, keeps what is in it, and becomes the present one", async () => {
    await leave(version);
    {
      await using store = await openQuietly({ kind: "sqlite", folder }, clock);
      const remembered = await store.load();
      expect(remembered.pods).toMatchObject([{ uid: "uid-1", pod: "checkout-1" }]);
      expect(remembered.workloads).toMatchObject([{ kind: "Job", name: "import" }]);
      expect(remembered.alerts).toMatchObject([{ fingerprint: "45f22100b7355481", state: { name: "firing" } }]);
      expect(remembered.terminations).toMatchObject([{ reason: "Error", count: 3 }]);
      expect(remembered.confirmed).toEqual(new Map([["shop", 2_000]]));
      expect(await store.transitions({})).toMatchObject([{ id: 1, to: "firing" }]);
      expect(await store.deliveries.consumers()).toMatchObject([{ name: "default", createdAt: 500, lastSequence: 1 }]);
      expect(await store.deliveries.confirmedDeliveries("default")).toEqual([
        { fingerprint: "45f22100b7355481", episode: 1, at: 1_500 },
      ]);
      const hasEvidence = MIGRATIONS.indexOf(version) >= MIGRATIONS.indexOf("20261122_200000_evidence");
      const kept = await store.evidence.kept({ fingerprint: "45f22100b7355481", episode: 1 });
      expect(kept?.notes).toEqual(hasEvidence ? ["kept"] : undefined);
      const hasNotifications = MIGRATIONS.indexOf(version) >= MIGRATIONS.indexOf("20261122_120000_telling");
      expect(await store.outbox.messages({})).toHaveLength(hasNotifications ? 1 : 0);
      expect(await store.outbox.groups()).toHaveLength(hasNotifications ? 1 : 0);
      expect(await store.silences.silences()).toHaveLength(hasNotifications ? 1 : 0);
      expect(await store.actions.actions({ about: "s1" })).toHaveLength(hasNotifications ? 1 : 0);
    }
    const fresh = join(folder, "fresh");
    await (await openQuietly({ kind: "sqlite", folder: fresh }, clock))[Symbol.asyncDispose]();
    expect(declarations(folder)).toEqual(declarations(fresh));
  });
});

describe("on PostgreSQL", async () => {
  const postgres = await startPostgres();
  afterAll(() => postgres?.[Symbol.asyncDispose]());

  it.skipIf(postgres === undefined)("each step follows on the one before it, with what is in it", async () => {
    const url = { read: async () => postgres!.url };
    for (const [index, version] of MIGRATIONS.entries()) {
      const schema = `after_${index}`;
      const logger = createLogger("silent");
      const backend = await openPostgres({ url, schema, upTo: version }, logger);
      await backend.db.insertInto("pod_histories").values({ uid: "uid-1", payload: '{"uid":"uid-1"}' }).execute();
      await backend.close();
      await using store = await openQuietly({ kind: "postgres", url, schema }, clock);
      expect((await store.load()).pods).toEqual([{ uid: "uid-1" }]);
      expect(await store.outbox.messages({})).toEqual([]);
    }
  });
});

it("does half a migration never: what fails leaves the schema as it was", async () => {
  const { Kysely } = await import("kysely");
  const { sqliteDialect } = await import("../../src/store/sqlite/sqlite-dialect.ts");
  const database = new DatabaseSync(":memory:");
  database.exec("create table silences (in_the_way integer)");
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  await expect(migrate(db, { engine: "sqlite" })).rejects.toThrow(/silences/);
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  expect(tables.map((row) => row.name)).not.toContain("alerts");
  await db.destroy();
});
