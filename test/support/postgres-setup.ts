import { startPostgres } from "./postgres.ts";

/** Vitest's global setup of the project "program": one PostgreSQL server for all files, each with a database of its own. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const { env } = process;
  if (env.POD_WATCHER_TEST_POSTGRES) return undefined;
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  env.POD_WATCHER_TEST_POSTGRES = postgres.url;
  return async () => {
    await postgres[Symbol.asyncDispose]();
  };
}
