import type { Duplex } from "node:stream";
import pg, { type ClientBase } from "pg";
import { HEARTBEAT_TIMEOUT } from "../../core/membership/membership.ts";
import type { Duration } from "../../core/model/time.ts";
import { SECOND } from "../../core/model/time.ts";

/** The longest that one statement may take. Migrations are not limited. */
const STATEMENT_TIMEOUT: Duration = 30 * SECOND;
/** Longer than a statement and than an idle connection is kept: only a connection that is dead is silent for so long. */
const SILENT_FOR: Duration = STATEMENT_TIMEOUT + 5 * SECOND;

/** A connection that is not used for this time is closed. */
export const IDLE_TIMEOUT: Duration = STATEMENT_TIMEOUT;

/** Keepalives of the client start after this time; the kernel then sends one each second. */
export const KEEPALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 5 * SECOND } as const;

/**
 * Settings of each session. The server ends a transaction whose process is frozen, and notices a vanished client: its own
 * default for that is more than two hours.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  synchronous_commit: "on",
  lock_timeout: "20s",
  statement_timeout: `${STATEMENT_TIMEOUT}`,
  idle_in_transaction_session_timeout: "5s",
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "10s",
};

/** One statement that applies the settings to a session. */
export const SESSION_SETTINGS = {
  text: `select set_config('search_path', quote_ident($1), false), ${Object.entries(SETTINGS)
    .map(([name, value]) => `set_config('${name}', '${value}', false)`)
    .join(", ")}`,
  values: (schema: string): [string] => [schema],
} as const;

/** A connection for some statements, each of which may take this long. */
export async function connectBriefly(
  connectionString: string,
  applicationName: string,
  timeout: Duration,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: applicationName,
    connectionTimeoutMillis: Math.min(timeout, HEARTBEAT_TIMEOUT),
    query_timeout: timeout,
    ...KEEPALIVE,
  });
  // The query in progress rejects; without a listener the error would end the process.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/**
 * Ends a connection from which nothing comes while a query waits. The driver's `query_timeout` gives up the query, but
 * leaves the dead connection in the pool.
 */
export function limitSilence(client: ClientBase): void {
  const stream = streamOf(client);
  stream.setTimeout(SILENT_FOR, () => {
    stream.destroy(Object.assign(new Error("The database does not answer."), { code: "ETIMEDOUT" }));
  });
}

/** Ends a connection without waiting for the server. Its queries reject. */
export function cut(client: ClientBase): void {
  streamOf(client).destroy();
}

/**
 * Rejects when the connections go through a pooler that gives each transaction any connection of the server, as PgBouncer
 * does with pool_mode=transaction: the settings of a session would be lost.
 */
export async function refuseTransactionPooler(first: ClientBase, second: ClientBase, database: string): Promise<void> {
  const pid = async (client: ClientBase) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return rows[0]?.pid;
  };
  const before = await pid(first);
  // It takes the connection of the server that the first client has just used, and keeps it.
  await second.query("begin");
  const pids = [before, await pid(second), await pid(first)];
  await second.query("rollback");
  if (pids[0] === pids[2] && pids[1] !== pids[0]) return;
  throw new Error(
    `The database ${database} is behind a connection pooler in transaction mode, which loses the settings of a session. Set pool_mode = session for this user or database, or let database.url name PostgreSQL itself.`,
  );
}

type Stream = Duplex & { setTimeout(silentFor: number, callback: () => void): void };

/** With TLS it is the encrypted socket. The types of pg do not have it. */
function streamOf(client: ClientBase): Stream {
  return (client as ClientBase & { readonly connection: { readonly stream: Stream } }).connection.stream;
}
