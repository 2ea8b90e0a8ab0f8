import { STATE_UNAVAILABLE } from "../../ports/store.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html): the low byte of what node:sqlite calls `errcode`. */
export const SQLITE = {
  PERM: 3,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  AUTH: 23,
  NOTADB: 26,
} as const;

export function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** What SQLite complains of, for the operator: the file, the cause, the remedy. */
export function explainSqlite(error: unknown, path: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const say = (message: string) => Object.assign(new Error(message, { cause }), { code: STATE_UNAVAILABLE });
  switch (primaryCode(error)) {
    case SQLITE.BUSY:
      return say(
        `${path} is in use by another process, and only one Pod Watcher may keep its state there (\`fuser ${path}\` names it). ` +
          "Stop that one, or give this one another folder with PODMONITOR_FILEPATH.",
      );
    case SQLITE.FULL:
      return say(`${path} cannot grow: the disk or the quota is full. Free some space or enlarge the volume.`);
    case SQLITE.READONLY:
    case SQLITE.PERM:
      return say(
        `${path} cannot be written: the file, its folder or the volume is read-only for this user. Make the folder writable, or name another with PODMONITOR_FILEPATH.`,
      );
    case SQLITE.CANTOPEN:
      return say(
        `${path} cannot be opened or made. Check that its folder is writable for this user and that nothing but a file has that name, or name another folder with PODMONITOR_FILEPATH.`,
      );
    case SQLITE.IOERR:
    case SQLITE.PROTOCOL:
      return say(
        `Reading or writing ${path} failed (${cause.message}). Check the volume: a full or broken disk, or a network file system that does not support locks.`,
      );
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return say(
        `${path} is damaged (${cause.message}). Restart Pod Watcher: it keeps the file beside under another name and begins a fresh one. Then check the disk.`,
      );
    default:
      return cause;
  }
}

/** What the file system complains of before SQLite has come to it. */
export function explainFile(error: unknown, path: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause ? String(cause.code) : "";
  const remedy = FILE_REMEDIES[code] ?? cause.message;
  return new Error(`${path} cannot be used to keep state in: ${remedy}`, { cause });
}

const ANOTHER_FOLDER = "or name another folder with PODMONITOR_FILEPATH.";

const FILE_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: `this user may not write there. Make it writable, ${ANOTHER_FOLDER}`,
  EPERM: `this user may not write there. Make it writable, ${ANOTHER_FOLDER}`,
  EROFS: `the file system is read-only. Mount a writable volume, ${ANOTHER_FOLDER}`,
  ENOSPC: `the disk is full. Free some space or enlarge the volume, ${ANOTHER_FOLDER}`,
  EDQUOT: `the quota is used up. Free some space or have it raised, ${ANOTHER_FOLDER}`,
  ENOTDIR: `part of the path is a file, not a folder. Correct the path, ${ANOTHER_FOLDER}`,
  EEXIST: `it is a file, not a folder. Correct the path, ${ANOTHER_FOLDER}`,
  ENOENT: `it does not exist and cannot be made. Make it, ${ANOTHER_FOLDER}`,
};
