import { statSync } from "node:fs";
import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Kysely } from "kysely";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Backend } from "../backend.ts";
import { migrate, NewerSchemaError } from "../migrations/migrations.ts";
import type { Tables } from "../schema.ts";
import { FOLDER_MODE, makePrivate } from "./file-modes.ts";
import { quarantine } from "./quarantine.ts";
import { backUpFile } from "./sqlite-backup.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { explainFile, explainSqlite, primaryCode, SQLITE } from "./sqlite-errors.ts";

export const FILE_NAME = "pod-watcher.db";

/** "PodW" in the file's header: distinguishes our database from that of another program. */
export const APPLICATION_ID = 0x506f6457;

export interface SqliteContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens `pod-watcher.db` in this folder, which is created when missing. The process owns the file until it is closed
 * (docs/adr/0014-one-process-per-state-file.md). An unusable file is renamed and a new one created. The file of a newer
 * version is valid and not renamed: opening it rejects.
 */
export async function openSqlite(folder: string, context: SqliteContext): Promise<Backend> {
  const path = join(folder, FILE_NAME);
  await makeFolder(folder).catch((error: unknown) => {
    throw explainFile(error, folder);
  });
  // SQLite would open a read-only file and fail to lock it, with a message that does not help.
  await access(path, constants.R_OK | constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw explainFile(error, path);
  });
  await makePrivate(path).catch((error: unknown) => {
    throw explainFile(error, path);
  });
  const found = tryOpen(path);
  if ("database" in found) return await prepare(found.database, path);

  const renamedTo = await quarantine(path, context.clock.now()).catch((error: unknown) => {
    throw explainFile(error, path);
  });
  context.logger.warn(
    { event: "state_quarantined", path, renamedTo, reason: found.unusable },
    "The state file is unusable. It was renamed, and a new one is created.",
  );
  await makePrivate(path);
  const fresh = tryOpen(path);
  if ("database" in fresh) return await prepare(fresh.database, path);
  throw new Error(`${path} cannot be used although it was just created: ${fresh.unusable}. Check the disk.`);
}

/** The same queries and migrations, without a file. */
export async function openMemory(): Promise<Backend> {
  return await prepare(new DatabaseSync(":memory:"), ":memory:");
}

/**
 * Creates a folder and its missing parents. Rejects with the error of the first that cannot be created. `mkdir` with
 * `recursive` does not return in Node 24 below a folder that answers every mkdir with ENOENT, such as /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && (await isMissing(parent))) await makeFolder(parent);
  await mkdir(folder, { mode: FOLDER_MODE }).catch(async (error: unknown) => {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true) throw error;
  });
}

/** False for any other problem with the path, which mkdir reports. */
async function isMissing(path: string): Promise<boolean> {
  return await stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

type Found = { readonly database: DatabaseSync } | { readonly unusable: string };

/** Checks the file before it writes: the file of another program must not change. */
function tryOpen(path: string): Found {
  let database: DatabaseSync | undefined;
  try {
    const owner = readApplicationId(path);
    if (owner !== undefined && owner !== 0 && owner !== APPLICATION_ID)
      return { unusable: "it belongs to another program" };
    database = new DatabaseSync(path, { timeout: 0 });
    // Before the first read, which then takes the lock and keeps the WAL index in memory instead of in a third file.
    database.exec("pragma locking_mode = exclusive");
    const unusable = problemOf(database);
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
 * The application id in the file's header; undefined without a file. Opened as immutable, so that SQLite neither locks the
 * file nor applies its write-ahead log. The header cannot be read without SQLite: closing that descriptor would release
 * the locks that this process may hold on the file (fcntl(2)).
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

function problemOf(database: DatabaseSync): string | undefined {
  if (pragma(database, "application_id") === APPLICATION_ID) {
    const verdict = pragma(database, "quick_check(1)");
    return verdict === "ok" ? undefined : `it is damaged (${String(verdict)})`;
  }
  const { tables } = database.prepare("select count(*) as tables from sqlite_master").get() as { tables: number };
  return tables === 0 ? undefined : "it is the database of another program";
}

/** The value of a pragma: SQLite returns a row whose only column may have any name. */
function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
}

async function prepare(database: DatabaseSync, path: string): Promise<Backend> {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  try {
    // Takes effect in a database without tables only.
    database.exec("pragma auto_vacuum = incremental");
    database.exec(`pragma application_id = ${APPLICATION_ID}`);
    database.exec("pragma journal_mode = wal");
    // With WAL, less than FULL may lose the last commits in a power failure.
    database.exec("pragma synchronous = full");
    database.exec("pragma journal_size_limit = 16777216");
    // Takes the lock on a new file as well.
    database.exec("begin immediate; commit");
    await migrate(db, { engine: "sqlite" });
  } catch (error) {
    await close(db, database);
    if (error instanceof NewerSchemaError) {
      throw new Error(
        `${path} cannot be opened: ${error.message}. Start that version, or set PODMONITOR_FILEPATH to another folder.`,
        { cause: error },
      );
    }
    throw explainSqlite(error, path);
  }
  return {
    engine: "sqlite",
    // The file is locked while it is open.
    assertOwned: () => {},
    fence: async () => {},
    db,
    async size() {
      const pages = pragma(database, "page_count") as number;
      const bytes = pages * (pragma(database, "page_size") as number);
      if (path === ":memory:") return bytes;
      const log = await stat(`${path}-wal`).catch(() => undefined);
      return bytes + (log?.size ?? 0);
    },
    async shrink() {
      // Neither is possible while the transaction of a large batch is open.
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
    backUp: () => backUpFile(database, path),
    explain: (error) => explainSqlite(error, path),
    close: () => close(db, database),
  };
}

async function close(db: Kysely<Tables>, database: DatabaseSync): Promise<void> {
  await db.destroy();
  // Kysely closes only a database that it has used.
  if (database.isOpen) database.close();
}
