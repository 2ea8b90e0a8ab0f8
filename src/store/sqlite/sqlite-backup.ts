import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import type { Backup } from "../backend.ts";
import { makePrivate } from "./file-modes.ts";
import { explainFile, explainSqlite, primaryCode } from "./sqlite-errors.ts";

const COPY_NAME = "pod-watcher.backup.db";

/** One backup at a time: they use the same temporary file. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Copies the state file to the same folder with SQLite's backup API: it copies pages in another thread, including those
 * that are committed meanwhile. No other process can do that, because the file is locked while it is open. The previous
 * copy is replaced only when the new one is complete.
 */
export function backUpFile(database: DatabaseSync, path: string): Promise<Backup> {
  const copied = last.then(() => copy(database, path));
  last = copied.catch(() => {});
  return copied;
}

async function copy(database: DatabaseSync, path: string): Promise<Backup> {
  if (path === ":memory:") throw new Error("The state is in memory only: there is nothing to back up.");
  const target = join(dirname(path), COPY_NAME);
  const part = `${target}.part`;
  try {
    await rm(part, { force: true });
    await makePrivate(part);
    await backup(database, part);
    await rename(part, target);
    return { path: target, bytes: (await stat(target)).size };
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw primaryCode(error) === undefined ? explainFile(error, target) : explainSqlite(error, part);
  }
}
