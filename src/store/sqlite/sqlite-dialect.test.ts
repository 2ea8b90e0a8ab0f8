import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromSqlite, sqliteDialect, toSqlite } from "./sqlite-dialect.ts";

interface Numbers {
  numbers: { value: number; label: string | null };
}

describe("sqliteDialect", () => {
  let database: DatabaseSync;
  let db: Kysely<Numbers>;
  beforeEach(() => {
    database = new DatabaseSync(":memory:");
    database.exec("create table numbers (value integer unique, label text)");
    db = new Kysely<Numbers>({ dialect: sqliteDialect(database) });
  });
  afterEach(() => db.destroy());

  const values = async () =>
    (await db.selectFrom("numbers").select("value").orderBy("value").execute()).map((r) => r.value);

  it("writes, reads and counts affected rows", async () => {
    const inserted = await db
      .insertInto("numbers")
      .values([1, 2, 3].map((value) => ({ value })))
      .executeTakeFirst();
    expect(inserted.numInsertedOrUpdatedRows).toBe(3n);
    const deleted = await db.deleteFrom("numbers").where("value", ">", 1).returning("value").execute();
    expect(deleted).toEqual([{ value: 2 }, { value: 3 }]);
    expect(await values()).toEqual([1]);
  });

  it("prepares each statement once", async () => {
    const prepare = vi.spyOn(database, "prepare");
    for (let value = 0; value < 50; value++) await db.insertInto("numbers").values({ value, label: null }).execute();
    expect(prepare).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 500; n++) await sql`select ${sql.lit(n)} as n`.execute(db);
    expect(await values()).toHaveLength(50);
    await db.insertInto("numbers").values({ value: 50, label: null }).execute();
    expect(prepare.mock.calls.filter(([text]) => text.startsWith("insert"))).toHaveLength(2);
  });

  it("rolls back a failed transaction and rejects with the first error", async () => {
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto("numbers").values({ value: 1, label: null }).execute();
      await trx.insertInto("numbers").values({ value: 1, label: null }).execute();
    });
    await expect(failing).rejects.toThrow(/UNIQUE/);
    expect(await values()).toEqual([]);
  });

  it("rejects with the error of a commit that SQLite has rolled back itself", async () => {
    database.exec("pragma max_page_count = 4");
    const failing = db.transaction().execute(async (trx) => {
      for (let value = 0; value < 100; value++) {
        await trx
          .insertInto("numbers")
          .values({ value, label: "x".repeat(1_000) })
          .execute();
      }
    });
    await expect(failing).rejects.toThrow(/full/);
    database.exec("pragma max_page_count = 1000");
    expect(await values()).toEqual([]);
  });

  it("streams rows while the same query runs elsewhere", async () => {
    await db
      .insertInto("numbers")
      .values([1, 2, 3].map((value) => ({ value })))
      .execute();
    const seen: number[] = [];
    for await (const row of db.selectFrom("numbers").select("value").orderBy("value").stream()) {
      seen.push(row.value);
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it("keeps integers that a double can represent, and rejects others on read", async () => {
    await db.insertInto("numbers").values({ value: Number.MAX_SAFE_INTEGER, label: null }).execute();
    expect(await values()).toEqual([Number.MAX_SAFE_INTEGER]);
    await sql`insert into numbers values (${2n ** 60n}, null)`.execute(db);
    await expect(values()).rejects.toThrow(RangeError);
  });
});

describe("toSqlite", () => {
  it.each([
    [undefined, null],
    [null, null],
    [true, 1],
    [false, 0],
    [new Date(5), 5],
    ["text \0", "text \0"],
    [1.5, 1.5],
    [2n ** 60n, 2n ** 60n],
  ])("makes %s what it means", (value, expected) => expect(toSqlite(value)).toEqual(expected));

  it.each([[{}], [[]], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 60], [() => 1], [Symbol("x")]])(
    "refuses %s rather than store something else",
    (value) => expect(() => toSqlite(value)).toThrow(),
  );

  it("keeps bytes", () => expect(toSqlite(Uint8Array.of(1))).toEqual(Uint8Array.of(1)));
});

it("returns rows with a prototype", () => {
  const row: Record<string, unknown> = Object.assign(Object.create(null), { a: 1 });
  expect(Object.getPrototypeOf(fromSqlite(row))).toBe(Object.prototype);
});
