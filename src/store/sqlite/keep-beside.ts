import { access, rename } from "node:fs/promises";
import type { Instant } from "../../core/model/time.ts";

/**
 * Gives an unusable state file another name, `<path>.unreadable-<time>`, and its write-ahead log with it, so that a
 * person can look into it later. Never overwrites what has that name already. Returns the new name.
 */
export async function quarantine(path: string, now: Instant): Promise<string> {
  // A colon is not allowed in file names everywhere (SMB shares, Windows).
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(":", "-");
  let kept = `${path}.unreadable-${time}Z`;
  for (let count = 2; await exists(kept); count++) kept = `${path}.unreadable-${time}Z-${count}`;
  await rename(path, kept);
  for (const companion of ["-wal", "-shm", "-journal"]) {
    if (await exists(path + companion)) await rename(path + companion, kept + companion);
  }
  return kept;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
