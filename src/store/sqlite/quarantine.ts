import { access, rename } from "node:fs/promises";
import type { Instant } from "../../core/model/time.ts";

/**
 * Renames an unusable state file to `<path>.unreadable-<time>`, together with its write-ahead log, for later inspection.
 * Never overwrites a file. Resolves to the new name.
 */
export async function quarantine(path: string, now: Instant): Promise<string> {
  // A colon is not allowed in file names everywhere (SMB shares, Windows).
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(":", "-");
  let target = `${path}.unreadable-${time}Z`;
  for (let count = 2; await exists(target); count++) target = `${path}.unreadable-${time}Z-${count}`;
  await rename(path, target);
  for (const companion of ["-wal", "-shm", "-journal"]) {
    if (await exists(path + companion)) await rename(path + companion, target + companion);
  }
  return target;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
