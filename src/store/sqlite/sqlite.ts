import { statSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Kysely } from "kysely";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Backend } from "../backend.ts";
import { migrate, NewerSchemaError } from "../migrations/migrations.ts";
import type { Tables } from "../schema.ts";
import { quarantine } from "./keep-beside.ts";
import { makeFolder } from "./make-folder.ts";
import { copyBeside } from "./sqlite-backup.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { explainFile, explainSqlite, primaryCode, SQLITE } from "./sqlite-errors.ts";

export const FILE_NAME = "pod-watcher.db";

/** "PodW": stands in the file's header, so that nobody takes another program's database for ours. */
export const APPLICATION_ID = 0x506f6457;

export interface SqliteContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens `pod-watcher.db` in a folder that is made when it is missing. The file belongs to this process until it is
 * closed (docs/adr/0014-one-process-per-state-file.md). A file that cannot be ours is kept beside under another name
 * and a fresh one begun; one of a newer version refuses the start, for it is good and only this program is too old.
 */
export async function openSqlite(folder: string, context: SqliteContext): Promise<Backend> {
  const path = join(folder, FILE_NAME);
  await makeFolder(folder).catch((error: unknown) => {
    throw explainFile(error, folder);
  });
  // SQLite would open it for reading and then fail to lock it, in words that lead nowhere.
  await access(path, constants.R_OK | constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw explainFile(error, path);
  });
  const found = tryOpen(path);
  if ("database" in found) return await prepare(found.database, path);

  const kept = await quarantine(path, context.clock.now()).catch((error: unknown) => {
    throw explainFile(error, path);
  });
  context.logger.warn(
    { event: "state_quarantined", path, kept, reason: found.unusable },
    "The state file could not be used: it was kept beside under another name, and a fresh one is begun.",
  );
  const fresh = tryOpen(path);
  if ("database" in fresh) return await prepare(fresh.database, path);
  throw new Error(`${path} cannot be used, although it was made just now: ${fresh.unusable}. Check the disk.`);
}

/** For tests and the demo: the same queries and migrations, nothing on disk. */
export async function openMemory(): Promise<Backend> {
  return await prepare(new DatabaseSync(":memory:"), ":memory:");
}

type Found = { readonly database: DatabaseSync } | { readonly unusable: string };

/** Observations before it writes: a file of somebody else must not change by our having looked at it. */
function tryOpen(path: string): Found {
  let database: DatabaseSync | undefined;
  try {
    const owner = readApplicationId(path);
    if (owner !== undefined && owner !== 0 && owner !== APPLICATION_ID)
      return { unusable: "it belongs to another program" };
    database = new DatabaseSync(path, { timeout: 0 });
    // Before the first read, so that the lock is taken by it and the WAL index lives in memory instead of a third file.
    database.exec("pragma locking_mode = exclusive");
    const unusable = whyUnusable(database);
    if (unusable === undefined) return { database };
    database.close();
    return { unusable };
  } catch (error) {
    database?.close();
    const code = primaryCode(error);
    if (code === SQLITE.NOTADB) return { unusable: "it is not an SQLite database" };
    if (code === SQLITE.CORRUPT) return { unusable: "it is damaged" };
    throw explainSqlite(error, path);
  }
}

/**
 * Whose file it is, from its header; undefined when there is none. Opened as immutable, for then SQLite neither locks
 * it nor works off a write-ahead log that lies beside it. Reading the header without SQLite would not do: closing that
 * descriptor would drop the locks that this process may hold on the file (fcntl(2)).
 */
function readApplicationId(path: string): unknown {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const location = pathToFileURL(path);
  location.searchParams.set("immutable", "1");
  const database = new DatabaseSync(location, { readOnly: true });
  try {
    return pragma(database, "application_id");
  } finally {
    database.close();
  }
}

function whyUnusable(database: DatabaseSync): string | undefined {
  if (pragma(database, "application_id") === APPLICATION_ID) {
    const verdict = pragma(database, "quick_check(1)");
    return verdict === "ok" ? undefined : `it is damaged (${String(verdict)})`;
  }
  const { tables } = database.prepare("select count(*) as tables from sqlite_master").get() as { tables: number };
  return tables === 0 ? undefined : "it is a database, but not one of Pod Watcher";
}

/** The value of a pragma, which SQLite gives as a row whose only column may have any name. */
function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
}

async function prepare(database: DatabaseSync, path: string): Promise<Backend> {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  try {
    // Only a database without tables takes this one; on others it changes nothing.
    database.exec("pragma auto_vacuum = incremental");
    database.exec(`pragma application_id = ${APPLICATION_ID}`);
    database.exec("pragma journal_mode = wal");
    // With WAL, anything less than FULL may lose what was committed last when the power fails.
    database.exec("pragma synchronous = full");
    database.exec("pragma journal_size_limit = 16777216");
    // Takes the lock also on a file that nobody has read yet.
    database.exec("begin immediate; commit");
    await migrate(db, {
      engine: "sqlite",
    });
  } catch (error) {
    await close(db, database);
    if (error instanceof NewerSchemaError) {
      throw new Error(
        `${path} cannot be opened: ${error.message}. Start that version again, or give this one another folder with PODMONITOR_FILEPATH.`,
        { cause: error },
      );
    }
    throw explainSqlite(error, path);
  }
  return {
    engine: "sqlite",
    // The lock on the file is held for as long as it is open.
    assertOwned: () => {},
    db,
    async size() {
      const pages = pragma(database, "page_count") as number;
      const bytes = pages * (pragma(database, "page_size") as number);
      if (path === ":memory:") return bytes;
      const log = await stat(`${path}-wal`).catch(() => undefined);
      return bytes + (log?.size ?? 0);
    },
    async shrink() {
      // Between the portions of a large batch its transaction is open, in which neither is possible.
      const batchIsOver = async () => {
        while (database.isTransaction) await setImmediate();
      };
      await batchIsOver();
      while ((pragma(database, "freelist_count") as number) > 0) {
        database.exec("pragma incremental_vacuum(500)");
        await setImmediate();
        await batchIsOver();
      }
      database.exec("pragma wal_checkpoint(truncate)");
    },
    backUp: () => copyBeside(database, path),
    explain: (error) => explainSqlite(error, path),
    close: () => close(db, database),
  };
}

async function close(db: Kysely<Tables>, database: DatabaseSync): Promise<void> {
  await db.destroy();
  // Kysely closes only what it has used.
  if (database.isOpen) database.close();
}
