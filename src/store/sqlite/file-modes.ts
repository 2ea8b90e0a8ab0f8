import { chmod, writeFile } from "node:fs/promises";

/** The state contains log lines, specifications and names: nobody but the owner reads it. */
export const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Creates the file if it is missing, for the owner only, and removes the permissions of others from an existing one and
 * its write-ahead log. SQLite gives its other files the mode of the database. An existing file is never opened: closing
 * that descriptor would release SQLite's locks in this process.
 */
export async function makePrivate(path: string): Promise<void> {
  await writeFile(path, "", { flag: "wx", mode: FILE_MODE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  for (const file of [path, `${path}-wal`]) {
    // The file of another owner on a volume that a group shares: its mode is the administrator's.
    await chmod(file, FILE_MODE).catch(() => {});
  }
}
