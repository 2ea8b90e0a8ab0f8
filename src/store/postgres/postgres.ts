import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Logger } from "../../telemetry/logger.ts";
import type { Backend } from "../backend.ts";
import { migrate, NewerSchemaError } from "../migrations/migrations.ts";
import type { Tables } from "../schema.ts";
import { databaseOf, explainPostgres } from "./postgres-errors.ts";
import { becomeOwner, OwnedByAnotherError, type Owner } from "./postgres-owner.ts";

export interface PostgresOptions {
  /** The connection string. It contains the password and must not be shown. */
  readonly url: { read(): Promise<string> };
  /** The schema of the tables, created when missing. */
  readonly schema?: string;
  /** Maximum number of connections. */
  readonly connections?: number;
}

const INT8 = 20;

/** Opens a schema that only one process may use at a time. */
export async function openPostgres(options: PostgresOptions, logger: Logger): Promise<Backend> {
  const schema = options.schema ?? "pod_watcher";
  const url = await options.url.read();
  const database = databaseOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 5,
    application_name: "pod-watcher",
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // The pool handles errors of idle connections only. One that breaks in a transaction emits an error as well, which
  // would end the process without a listener. The failing query reports it.
  pool.on("connect", (client) => void client.on("error", () => {}));
  // The pool replaces a connection that breaks while idle; without a listener the error would end the process.
  pool.on("error", (error) => {
    logger.warn(
      { event: "database_connection_lost", database, reason: error.message },
      "An idle database connection was lost.",
    );
  });
  const dialect = new PostgresDialect({
    pool,
    onCreateConnection: async (connection) => {
      const path = sql`set search_path to ${sql.id(schema)}`;
      const settings = [path, sql`set synchronous_commit to on`, sql`set lock_timeout to '30s'`];
      for (const setting of settings) await connection.executeQuery(setting.compile(compiler));
    },
  });
  const compiler = new Kysely<Tables>({ dialect });
  const db = new Kysely<Tables>({ dialect });
  const close = async () => {
    await db.destroy();
    if (!pool.ended) await pool.end();
    await owner?.[Symbol.asyncDispose]();
  };
  let owner: Owner | undefined;
  try {
    owner = await becomeOwner({ connectionString: url, schema, database, logger });
    await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
    await migrate(db, { engine: "postgres", schema });
  } catch (error) {
    await close();
    if (error instanceof NewerSchemaError) {
      throw new Error(
        `The database ${database} cannot be used: ${error.message}. Upgrade Pod Watcher to that version.`,
        { cause: error },
      );
    }
    throw error instanceof OwnedByAnotherError ? error : explainPostgres(error, database);
  }
  return {
    engine: "postgres",
    db,
    assertOwned: owner.assertHeld,
    async size() {
      const { rows } = await sql<{ bytes: number | null }>`
        select sum(pg_total_relation_size(c.oid))::bigint as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ${schema} and c.relkind = 'r'`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
    shrink: async () => {},
    backUp: async () => {
      throw new Error(`The state is in the database ${database}. Back up its schema ${schema} with pg_dump.`);
    },
    explain: (error) => explainPostgres(error, database),
    close,
  };
}

/** pg returns 64-bit integers as text. Our counts and times all fit a double. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8 && format !== "binary") return Number;
  return pg.types.getTypeParser(oid, format as "text");
}
