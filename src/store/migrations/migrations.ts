import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import type { Tables } from "../schema.ts";
import * as alerts from "./20261122_000000_alerts.ts";
import * as telling from "./20261122_120000_telling.ts";
import * as evidence from "./20261122_200000_evidence.ts";
import * as outboxDue from "./20261122_220000_outbox_due.ts";
import type { Engine } from "./engine.ts";

type Step = { readonly up: (db: Kysely<unknown>, engine: Engine) => Promise<void> };

/** In the order in which they run. One that has been released is never changed: a mistake is mended by a new one. */
const STEPS: Readonly<Record<string, Step>> = {
  "20261122_000000_alerts": alerts,
  "20261122_120000_telling": telling,
  "20261122_200000_evidence": evidence,
  "20261122_220000_outbox_due": outboxDue,
};

export const MIGRATIONS: readonly string[] = Object.keys(STEPS);

const MIGRATION_TABLE = "migrations";

export interface MigrateOptions {
  readonly engine: Engine;
  /** PostgreSQL's schema, which must be first in the search path; SQLite has none. */
  readonly schema?: string;
  /** Stops at this step, for the tests of older schemas. */
  readonly upTo?: string;
}

/**
 * Brings the schema forward, all steps in one transaction. Rejects when a newer version of the program has been at this database: what its migrations mean is not known here,
 * and writing beside them could damage what they keep.
 */
export async function migrate(db: Kysely<Tables>, options: MigrateOptions): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(STEPS).map(([name, step]) => [
            name,
            { up: (target: Kysely<unknown>) => step.up(target, options.engine) },
          ]),
        ),
    },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: "migrations_lock",
    ...(options.schema === undefined ? {} : { migrationTableSchema: options.schema }),
  });
  const unknown = (await applied(db)).filter((name) => !MIGRATIONS.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  const { error } =
    options.upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(options.upTo);
  if (error !== undefined) throw error;
}

/** The state was written by a newer version of the program. */
export class NewerSchemaError extends Error {
  override readonly name = "NewerSchemaError";

  constructor(migrations: readonly string[]) {
    super(
      `it was written by a newer version of Pod Watcher (its schema has ${migrations.join(", ")}, which this version does not know)`,
    );
  }
}

/** The migrations that a database has seen, oldest first; none for a fresh one. */
export async function applied(db: Kysely<Tables>): Promise<readonly string[]> {
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
