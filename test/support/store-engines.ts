import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/ports/clock.ts";
import type { Store } from "../../src/ports/store.ts";
import { openStore, type StoreOptions } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { startPostgres } from "./postgres.ts";

/** A database for the tests of the store. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** Options of a new empty store; the same options open the same store again. */
  fresh(): Promise<StoreOptions>;
}

/** SQLite always; PostgreSQL where one is available. */
export async function startEngines(): Promise<readonly Engine[]> {
  const postgres = await startPostgres();
  const sqlite = sqliteEngine();
  if (postgres === undefined) return [sqlite];
  return [
    sqlite,
    {
      name: "PostgreSQL",
      fresh: async () => ({
        kind: "postgres",
        url: { read: async () => postgres.url },
        schema: `s_${randomBytes(6).toString("hex")}`,
      }),
      [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
    },
  ];
}

function sqliteEngine(): Engine {
  const folders: string[] = [];
  return {
    name: "SQLite",
    async fresh() {
      const folder = await mkdtemp(join(tmpdir(), "pod-watcher-store-"));
      folders.push(folder);
      return { kind: "sqlite", folder };
    },
    async [Symbol.asyncDispose]() {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens a store with a silent log. */
export async function openQuietly(options: StoreOptions, clock: Clock): Promise<Store> {
  return await openStore(options, { clock, logger: createLogger("silent") });
}
