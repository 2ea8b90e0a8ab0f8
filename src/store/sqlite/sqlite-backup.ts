import { rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import type { Backup } from "../backend.ts";
import { explainFile, explainSqlite, primaryCode } from "./sqlite-errors.ts";

const COPY_NAME = "pod-watcher.backup.db";

/** Copies at a time: the next copy would write over what the first one has begun. */
let last: Promise<unknown> = Promise.resolve();

/**
 * A copy of the state file beside it, made by SQLite's own backup: pages are copied in another thread, and what is
 * committed meanwhile is copied as well. No other process could do it, for the file is locked for as long as it is open.
 * The copy before is replaced only when the new one is whole and on the disk.
 */
export function copyBeside(database: DatabaseSync, path: string): Promise<Backup> {
  const copied = last.then(() => copy(database, path));
  last = copied.catch(() => {});
  return copied;
}

async function copy(database: DatabaseSync, path: string): Promise<Backup> {
  if (path === ":memory:") throw new Error("The state is kept in memory alone: there is nothing to copy.");
  const target = join(dirname(path), COPY_NAME);
  const part = `${target}.part`;
  try {
    await rm(part, { force: true });
    await backup(database, part);
    await rename(part, target);
    return { path: target, bytes: (await stat(target)).size };
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw primaryCode(error) === undefined ? explainFile(error, target) : explainSqlite(error, part);
  }
}
