import { STATE_UNAVAILABLE } from "../../ports/store.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html): the low byte of `errcode` in node:sqlite. */
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

/** Explains an error of SQLite to the operator: file, cause, remedy. */
export function explainSqlite(error: unknown, path: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const explained = (message: string) => Object.assign(new Error(message, { cause }), { code: STATE_UNAVAILABLE });
  switch (primaryCode(error)) {
    case SQLITE.BUSY:
      return explained(
        `${path} is in use by another process, and only one Pod Watcher may use it (\`fuser ${path}\` shows the process). ` +
          "Stop that process, or set PODMONITOR_FILEPATH to another folder.",
      );
    case SQLITE.FULL:
      return explained(`${path} cannot grow: the disk or the quota is full. Free some space or enlarge the volume.`);
    case SQLITE.READONLY:
    case SQLITE.PERM:
      return explained(
        `${path} cannot be written: the file, its folder or the volume is read-only for this user. Make the folder writable, or set PODMONITOR_FILEPATH to another one.`,
      );
    case SQLITE.CANTOPEN:
      return explained(
        `${path} cannot be opened or created. Check that its folder is writable for this user and that the path is not a folder, or set PODMONITOR_FILEPATH to another folder.`,
      );
    case SQLITE.IOERR:
    case SQLITE.PROTOCOL:
      return explained(
        `Reading or writing ${path} failed (${cause.message}). Check the volume: a full or broken disk, or a network file system that does not support locks.`,
      );
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return explained(
        `${path} is damaged (${cause.message}). Restart Pod Watcher: it renames the file and creates a new one. Then check the disk.`,
      );
    default:
      return cause;
  }
}

/** Explains an error of the file system. */
export function explainFile(error: unknown, path: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause ? String(cause.code) : "";
  const remedy = FILE_REMEDIES[code] ?? cause.message;
  return new Error(`${path} cannot be used for the state: ${remedy}`, { cause });
}

const ANOTHER_FOLDER = "or set PODMONITOR_FILEPATH to another folder.";

const FILE_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: `this user may not write there. Make it writable, ${ANOTHER_FOLDER}`,
  EPERM: `this user may not write there. Make it writable, ${ANOTHER_FOLDER}`,
  EROFS: `the file system is read-only. Mount a writable volume, ${ANOTHER_FOLDER}`,
  ENOSPC: `the disk is full. Free some space or enlarge the volume, ${ANOTHER_FOLDER}`,
  EDQUOT: `the quota is exceeded. Free some space or raise the quota, ${ANOTHER_FOLDER}`,
  ENOTDIR: `part of the path is a file, not a folder. Correct the path, ${ANOTHER_FOLDER}`,
  EEXIST: `it is a file, not a folder. Correct the path, ${ANOTHER_FOLDER}`,
  ENOENT: `it does not exist and cannot be created. Create it, ${ANOTHER_FOLDER}`,
};
