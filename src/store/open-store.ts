import type { Clock } from "../ports/clock.ts";
import type { Replicas } from "../ports/replicas.ts";
import type { Store } from "../ports/store.ts";
import { VERSION } from "../ports/version.ts";
import type { Logger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createReplicaEvents } from "../telemetry/replica-events.ts";
import type { Backend, Backup } from "./backend.ts";
import type { PostgresContext, PostgresOptions } from "./postgres/postgres.ts";
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
  /** Undefined where no other process can share the state. */
  readonly replicas: Replicas | undefined;
  /** Copies the state while it is in use, and replaces the previous copy. Rejects with a message for the operator. */
  backUp(): Promise<Backup>;
}

export interface StoreContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Used with PostgreSQL. */
  readonly replica?: Pick<PostgresContext, "version" | "url" | "events" | "standingBy" | "changed" | "stopping">;
}

/**
 * Opens the state and migrates its schema. Rejects with a message for the operator when the state cannot be used: held by
 * another process, not writable, written by a newer version. With PostgreSQL it waits while another replica owns the state.
 */
export async function openStore(options: StoreOptions, context: StoreContext): Promise<OpenStore> {
  const backend = await open(options, context);
  try {
    const store = await createStore(backend, context.clock);
    return { ...store, backUp: backend.backUp, replicas: backend.replicas };
  } catch (error) {
    await backend.close();
    throw backend.explain(error);
  }
}

async function open(
  options: StoreOptions,
  { clock, logger, replica = alone(logger) }: StoreContext,
): Promise<Backend & { readonly replicas?: Replicas }> {
  switch (options.kind) {
    case "sqlite":
      return await openSqlite(options.folder, { clock, logger });
    case "postgres":
      // Loaded only where it is used: the driver takes a few megabytes.
      return await (await import("./postgres/postgres.ts")).openPostgres(options, { clock, logger, ...replica });
    case "memory":
      return await openMemory();
  }
}

/** A process that other replicas need not reach. */
function alone(logger: Logger): NonNullable<StoreContext["replica"]> {
  return {
    version: VERSION,
    url: () => undefined,
    events: createReplicaEvents(logger, createRegistry()),
    standingBy: () => {},
    changed: () => {},
    stopping: new AbortController().signal,
  };
}
