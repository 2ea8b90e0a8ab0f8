import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { expect, it } from "vitest";
import { migrate, NewerSchemaError } from "../../src/store/migrations/migrations.ts";
import type { Tables } from "../../src/store/schema.ts";
import { sqliteDialect } from "../../src/store/sqlite/sqlite-dialect.ts";

/** Names of tables and indexes, without SQLite's own. */
function declared(database: DatabaseSync): readonly unknown[] {
  return database
    .prepare("select name from sqlite_master where name not like 'sqlite_%' order by name")
    .all()
    .map((row) => row.name);
}

function open(): { database: DatabaseSync; db: Kysely<Tables> } & AsyncDisposable {
  const database = new DatabaseSync(":memory:");
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  return { database, db, [Symbol.asyncDispose]: () => db.destroy() };
}

it("applies each migration once", async () => {
  await using state = open();
  await migrate(state.db, { engine: "sqlite" });
  const tables = declared(state.database);
  expect(tables).toContain("alerts");
  await migrate(state.db, { engine: "sqlite" });
  expect(declared(state.database)).toEqual(tables);
});

it("rejects a schema with a migration that it does not have", async () => {
  await using state = open();
  await migrate(state.db, { engine: "sqlite" });
  state.database.exec("insert into migrations (name, timestamp) values ('29991231_000000_future', '2999')");
  await expect(migrate(state.db, { engine: "sqlite" })).rejects.toThrow(NewerSchemaError);
});

it("leaves the schema unchanged when a migration fails", async () => {
  await using state = open();
  state.database.exec("create table silences (in_the_way integer)");
  await expect(migrate(state.db, { engine: "sqlite" })).rejects.toThrow(/silences/);
  expect(declared(state.database)).not.toContain("alerts");
});
