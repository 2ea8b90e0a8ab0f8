import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Backend, Backup } from "./backend.ts";
import type { PostgresOptions } from "./postgres/postgres.ts";
import { openMemory, openSqlite } from "./sqlite/sqlite.ts";
import { createStore } from "./store.ts";

export type StoreOptions =
  /** One process, one file: `pod-watcher.db` in this folder. */
  | { readonly kind: "sqlite"; readonly folder: string }
  /** A schema in a PostgreSQL database. */
  | ({ readonly kind: "postgres" } & PostgresOptions)
  /** Lost when the process ends. */
  | { readonly kind: "memory" };

/** The store, with the operation for operators. */
export interface OpenStore extends Store {
  /** Copies the state while it is in use, and replaces the previous copy. Rejects with a message for the operator. */
  backUp(): Promise<Backup>;
}

export interface StoreContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the state and migrates its schema. Rejects with a message for the operator when the state cannot be used: held by
 * another process, not writable, written by a newer version.
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
      // Loaded only where it is used: the driver takes a few megabytes.
      return await (await import("./postgres/postgres.ts")).openPostgres(options, logger);
    case "memory":
      return await openMemory();
  }
}
