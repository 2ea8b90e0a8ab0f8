/** SIGKILL during commits: durable batches are complete, no batch is partial, and the file opens again. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countBatches } from "../support/crash-batch.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { openQuietly } from "../support/store-engines.ts";
import { isThorough } from "../support/thorough.ts";

const CHILD = fileURLToPath(new URL("../support/store-child.ts", import.meta.url));
const KILLS = isThorough ? 100 : 6;
const KILLS_DURING_CREATION = isThorough ? 40 : 3;

describe("a store whose process is killed during a commit", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pod-watcher-crash-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const count = async () => {
    await using store = await openQuietly({ kind: "sqlite", folder }, createFakeClock());
    return await countBatches(store);
  };

  it(`has lost no batch and written none partially after ${KILLS} consecutive kills`, {
    timeout: 1_200_000,
  }, async () => {
    let before = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [CHILD, folder, "commit"], { stdio: ["ignore", "pipe", "inherit"] });
      // After the first commits or some hundreds, so that a checkpoint of the write-ahead log may be running.
      const durable = await killAfter(child, 1 + ((kill * 37) % 150));
      const found = await count();
      expect(found).toBeGreaterThanOrEqual(durable);
      expect(found).toBeGreaterThan(before);
      // At most one batch was committed but not yet reported.
      expect(found).toBeLessThanOrEqual(durable + 1);
      before = found;
    }
    expect(await readdir(folder)).toEqual(["pod-watcher.db"]);
  });

  it("opens again when it was killed during its creation", { timeout: 1_200_000 }, async () => {
    for (let kill = 0; kill < KILLS_DURING_CREATION; kill++) {
      const fresh = await mkdtemp(join(tmpdir(), "pod-watcher-crash-"));
      const child = spawn(process.execPath, [CHILD, fresh, "hold"], { stdio: "ignore" });
      // The process opens its file after about 150 ms, and creates the tables within 20 ms.
      await fileAppears(fresh);
      await new Promise((resolve) => setTimeout(resolve, (kill * 7) % 17));
      await killed(child);
      await using store = await openQuietly({ kind: "sqlite", folder: fresh }, createFakeClock());
      expect(await countBatches(store)).toBe(0);
      expect((await readdir(fresh)).filter((name) => name.includes("unreadable"))).toEqual([]);
      await rm(fresh, { recursive: true });
    }
  });
});

/** Kills the process when it has reported this many durable commits; resolves to the number of the last one. */
async function killAfter(child: ChildProcess, commits: number): Promise<number> {
  let last = 0;
  let seen = 0;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for await (const line of createInterface({ input: child.stdout! })) {
    const match = /^committed (\d+)$/.exec(line);
    if (match === null) continue;
    last = Number(match[1]);
    seen += 1;
    if (seen === commits) child.kill("SIGKILL");
  }
  await ended;
  return last;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

async function fileAppears(folder: string): Promise<void> {
  while ((await readdir(folder)).length === 0) await new Promise((resolve) => setImmediate(resolve));
}
