import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Logger } from "../../telemetry/logger.ts";
import type { Backend } from "../backend.ts";
import { migrate, NewerSchemaError } from "../migrations/migrations.ts";
import type { Tables } from "../schema.ts";
import { explainPostgres, placeOf } from "./postgres-errors.ts";
import { becomeOwner, OwnedByAnotherError, type Owner } from "./postgres-owner.ts";

export interface PostgresOptions {
  /** Where the connection string comes from. It holds the password: it is read here and shown nowhere. */
  readonly url: { read(): Promise<string> };
  /** The schema that holds the tables; made when missing. */
  readonly schema?: string;
  /** Connections at most. */
  readonly connections?: number;
}

const INT8 = 20;

/** Opens the tables in a schema of their own, which one process at a time may use. */
export async function openPostgres(options: PostgresOptions, logger: Logger): Promise<Backend> {
  const schema = options.schema ?? "pod_watcher";
  const url = await options.url.read();
  const place = placeOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 5,
    application_name: "pod-watcher",
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // The pool listens to a connection only while it is idle. One that breaks in the middle of a transaction says so on
  // itself, and without a listener that ends the process; whoever uses it learns of it from the query that fails.
  pool.on("connect", (client) => void client.on("error", () => {}));
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on("error", (error) => {
    logger.warn(
      { event: "database_connection_lost", place, reason: error.message },
      "An idle database connection broke.",
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
    owner = await becomeOwner({ connectionString: url, schema, place, logger });
    await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
    await migrate(db, { engine: "postgres", schema });
  } catch (error) {
    await close();
    if (error instanceof NewerSchemaError) {
      throw new Error(
        `The database ${place} cannot be used: ${error.message}. Bring this program to that version as well.`,
        { cause: error },
      );
    }
    throw error instanceof OwnedByAnotherError ? error : explainPostgres(error, place);
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
      throw new Error(`The state is kept in the database ${place}: copy its schema ${schema} with pg_dump.`);
    },
    explain: (error) => explainPostgres(error, place),
    close,
  };
}

/** Counts and moments come as 64-bit integers, which pg gives as text; ours all fit a double. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8 && format !== "binary") return Number;
  return pg.types.getTypeParser(oid, format as "text");
}
