import { CompiledQuery, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Replicas } from "../../ports/replicas.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { ReplicaEvents } from "../../telemetry/replica-events.ts";
import type { Backend } from "../backend.ts";
import { migrate, NewerSchemaError } from "../migrations/migrations.ts";
import type { Tables } from "../schema.ts";
import { joinMembers, type Membership, type ReplicaIdentity } from "./membership.ts";
import { databaseOf, explainPostgres } from "./postgres-errors.ts";
import {
  connectBriefly,
  cut,
  IDLE_TIMEOUT,
  KEEPALIVE,
  limitSilence,
  refuseTransactionPooler,
  SESSION_SETTINGS,
} from "./postgres-session.ts";

export interface PostgresOptions {
  /** The connection string. It contains the password and must not be shown. */
  readonly url: { read(): Promise<string> };
  /** The schema of the tables, created when missing. */
  readonly schema?: string;
  /** Maximum number of connections. */
  readonly connections?: number;
}

export interface PostgresContext extends ReplicaIdentity {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: ReplicaEvents;
  /** Called once when another replica owns the state. */
  readonly standingBy: (replicas: Replicas) => void;
  /** Called when what `Replicas` says has changed. */
  readonly changed: () => void;
  /** Ends the wait for the state. */
  readonly stopping: AbortSignal;
}

const INT8 = 20;
const START_TIMEOUT: Duration = 10 * SECOND;

/**
 * Opens a schema that only one process uses at a time. Resolves when this process owns it, which on a standby may
 * never happen (docs/adr/0029-standby-on-postgresql.md), and migrates it then.
 */
export async function openPostgres(
  options: PostgresOptions,
  context: PostgresContext,
): Promise<Backend & { readonly replicas: Replicas }> {
  const { logger, events, stopping } = context;
  const schema = options.schema ?? "pod_watcher";
  const connectionString = await options.url.read();
  const database = databaseOf(connectionString);
  await refusePooler(connectionString, database);
  const membership = await joinMembers({ ...context, connectionString, schema, database });
  try {
    if (!membership.isOwner) {
      const owner = membership.members().find(({ role }) => role === "owner");
      events.standingBy(owner?.url ?? owner?.id);
      context.standingBy(membership);
    }
    await membership.owned(stopping);
    await migrateSchema(connectionString, schema, database);
  } catch (error) {
    await membership[Symbol.asyncDispose]();
    throw error;
  }
  const { db, close } = openPool({ ...options, connectionString, schema, database, logger, membership });
  return {
    engine: "postgres",
    db,
    replicas: membership,
    assertOwned: () => membership.assertNotLost(),
    async fence(trx) {
      const { rows } = await sql`select id from member_fences where id = ${membership.id} for key share`.execute(trx);
      if (rows.length === 0) throw membership.lose();
    },
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

async function refusePooler(connectionString: string, database: string): Promise<void> {
  const clients: pg.Client[] = [];
  const connect = async () => {
    const client = await connectBriefly(connectionString, "pod-watcher (start)", START_TIMEOUT);
    clients.push(client);
    return client;
  };
  try {
    await refuseTransactionPooler(await connect(), await connect(), database);
  } catch (error) {
    throw explainPostgres(error, database);
  } finally {
    for (const client of clients) cut(client);
  }
}

/** On a connection of its own without time limits: changing a large table can take long. */
async function migrateSchema(connectionString: string, schema: string, database: string): Promise<void> {
  const pool = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 10_000, ...KEEPALIVE });
  pool.on("error", () => {});
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(
          CompiledQuery.raw("select set_config('search_path', quote_ident($1), false)", [schema]),
        );
      },
    }),
  });
  try {
    await migrate(db, { engine: "postgres", schema });
  } catch (error) {
    if (error instanceof NewerSchemaError) {
      throw new Error(
        `The database ${database} cannot be used: ${error.message}. Upgrade Pod Watcher to that version.`,
        { cause: error },
      );
    }
    throw explainPostgres(error, database);
  } finally {
    await db.destroy();
  }
}

interface PoolOptions extends Pick<PostgresOptions, "connections"> {
  readonly connectionString: string;
  readonly schema: string;
  readonly database: string;
  readonly logger: Logger;
  readonly membership: Membership;
}

function openPool({ connectionString, schema, database, logger, membership, connections = 5 }: PoolOptions) {
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    application_name: membership.applicationName,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: IDLE_TIMEOUT,
    ...KEEPALIVE,
    types: { getTypeParser },
  });
  const clients = new Set<pg.PoolClient>();
  // The pool handles errors of idle connections only. One that breaks in a transaction emits an error as well, which
  // would end the process without a listener. The failing query reports it.
  pool.on("connect", (client) => {
    client.on("error", () => {});
    limitSilence(client);
    clients.add(client);
  });
  pool.on("remove", (client) => clients.delete(client));
  // The pool replaces a connection that breaks while idle; without a listener the error would end the process.
  pool.on("error", (error) => {
    logger.warn(
      { event: "database_connection_lost", database, reason: error.message },
      "An idle database connection was lost.",
    );
  });
  // TCP would let a query wait for a vanished database for a quarter of an hour.
  membership.onUntrusted(() => {
    for (const client of clients) cut(client);
  });
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(SESSION_SETTINGS.text, SESSION_SETTINGS.values(schema)));
      },
    }),
  });
  const close = async () => {
    await db.destroy();
    if (!pool.ended) await pool.end();
    await membership[Symbol.asyncDispose]();
  };
  return { db, close };
}

/** pg returns 64-bit integers as text. Our counts and times all fit a double. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === INT8 && format !== "binary") return Number;
  return pg.types.getTypeParser(oid, format as "text");
}
