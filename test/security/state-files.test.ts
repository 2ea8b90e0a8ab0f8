/** Other accounts of the host cannot read the state. */
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "pod-watcher-modes-"));
  folder = join(parent, "state");
  const umask = process.umask(0);
  return async () => {
    process.umask(umask);
    await rm(parent, { recursive: true, force: true });
  };
});

async function writeState() {
  const context = { clock: createFakeClock(), logger: createLogger("silent") };
  await using store = await openStore({ kind: "sqlite", folder }, context);
  await store.commit(makeBatch({ alerts: [makeAlert()] }));
  await store.backUp();
  return await modes();
}

async function modes(): Promise<Record<string, string>> {
  const found: Record<string, string> = { ".": await modeOf(folder) };
  for (const name of (await readdir(folder)).toSorted()) found[name] = await modeOf(join(folder, name));
  return found;
}

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

it("creates the folder, the database, its log and the backup for the owner only", async () => {
  const expected = {
    ".": "700",
    "pod-watcher.backup.db": "600",
    "pod-watcher.db": "600",
    "pod-watcher.db-wal": "600",
  };
  expect(await writeState()).toEqual(expected);
});

it("removes the permissions of others from existing files, and leaves an existing folder as it is", async () => {
  await writeState();
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644);
  await chmod(folder, 0o750);
  const after = await writeState();
  expect(after).toMatchObject({ ".": "750", "pod-watcher.db": "600", "pod-watcher.backup.db": "600" });
});
