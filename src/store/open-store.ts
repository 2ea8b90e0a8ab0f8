import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Backend, Backup } from "./backend.ts";
import { openPostgres, type PostgresOptions } from "./postgres/postgres.ts";
import { openMemory, openSqlite } from "./sqlite/sqlite.ts";
import { createStore } from "./store.ts";

export type StoreOptions =
  /** One process, one file: `pod-watcher.db` in this folder. */
  | { readonly kind: "sqlite"; readonly folder: string }
  /** A schema of its own in a PostgreSQL. */
  | ({ readonly kind: "postgres" } & PostgresOptions)
  /** Gone with the process. */
  | { readonly kind: "memory" };

/** The store, and what only its operator asks for. */
export interface OpenStore extends Store {
  /** Copies the state while it is in use, over the copy made before. Rejects with a sentence for the operator. */
  backUp(): Promise<Backup>;
}

export interface StoreContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the committed state and brings its schema up to date. Rejects with a message for the operator when the place
 * cannot be used: held by another process, not writable, written by a newer version.
 */
export async function openStore(options: StoreOptions, context: StoreContext): Promise<OpenStore> {
  const backend = await open(options, context);
  try {
    return { ...(await createStore(backend, context.clock)), backUp: backend.backUp };
  } catch (error) {
    await backend.close();
    throw backend.explain(error);
  }
}

async function open(options: StoreOptions, { clock, logger }: StoreContext): Promise<Backend> {
  switch (options.kind) {
    case "sqlite":
      return await openSqlite(options.folder, { clock, logger });
    case "postgres":
      return await openPostgres(options, logger);
    case "memory":
      return await openMemory();
  }
}
