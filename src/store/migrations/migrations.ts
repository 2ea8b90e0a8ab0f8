import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import type { Engine } from "../backend.ts";
import type { Tables } from "../schema.ts";
import * as initial from "./20261130_000000_initial.ts";

/** In the order in which they run. Never change a released migration: correct a mistake with a new one. */
const MIGRATIONS: Readonly<Record<string, { up(db: Kysely<unknown>, engine: Engine): Promise<void> }>> = {
  "20261130_000000_initial": initial,
};

const MIGRATION_TABLE = "migrations";

export interface MigrateOptions {
  readonly engine: Engine;
  /** PostgreSQL's schema, which must be first in the search path; SQLite has none. */
  readonly schema?: string;
}

/**
 * Applies all missing migrations in one transaction. Rejects with a `NewerSchemaError` when a newer version of the
 * program has migrated this database: writing to tables of an unknown schema could damage them.
 */
export async function migrate(db: Kysely<Tables>, { engine, schema }: MigrateOptions): Promise<void> {
  const unknown = (await applied(db)).filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(MIGRATIONS).map(([name, migration]) => [
            name,
            { up: (target: Kysely<unknown>) => migration.up(target, engine) },
          ]),
        ),
    },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: "migrations_lock",
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** A newer version of the program wrote the state. */
export class NewerSchemaError extends Error {
  override readonly name = "NewerSchemaError";

  constructor(migrations: readonly string[]) {
    super(
      `it was written by a newer version of Pod Watcher (its schema has ${migrations.join(", ")}, which this version does not know)`,
    );
  }
}

/** The migrations that were applied to a database, oldest first; none for a new one. */
async function applied(db: Kysely<Tables>): Promise<readonly string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(
      db,
    );
    return rows.map((row) => row.name);
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw error;
  }
}

function isMissingTable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // undefined_table of PostgreSQL; SQLite has no code of its own for it.
  return ("code" in error && error.code === "42P01") || error.message.startsWith("no such table");
}
