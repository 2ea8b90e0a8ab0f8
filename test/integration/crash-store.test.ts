/** kill -9 in the middle of commits: what was said to be durable is there, nothing is torn, the file opens again. */
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

const CHILD = fileURLToPath(new URL("../support/store-child.ts", import.meta.url));
const KILLS = 20;

describe("a store whose process is killed in mid-commit", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pod-watcher-crash-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const count = async () => {
    await using store = await openQuietly({ kind: "sqlite", folder }, createFakeClock());
    return await countBatches(store);
  };

  it(`has lost nothing and torn nothing after ${KILLS} kills, each on what the last one left`, {
    timeout: 120_000,
  }, async () => {
    let before = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [CHILD, folder, "commit"], { stdio: ["ignore", "pipe", "inherit"] });
      // Between the first commits and some hundreds: also while the log is being worked into the file.
      const durable = await killAfter(child, 1 + ((kill * 37) % 150));
      const found = await count();
      expect(found).toBeGreaterThanOrEqual(durable);
      expect(found).toBeGreaterThan(before);
      // At most the one batch whose commit had been done but not yet been told of.
      expect(found).toBeLessThanOrEqual(durable + 1);
      before = found;
    }
    expect(await readdir(folder)).toEqual(["pod-watcher.db"]);
  });

  it("opens again when it is killed while it is being made", { timeout: 60_000 }, async () => {
    for (let kill = 0; kill < 8; kill++) {
      const fresh = await mkdtemp(join(tmpdir(), "pod-watcher-crash-"));
      const child = spawn(process.execPath, [CHILD, fresh, "hold"], { stdio: "ignore" });
      // The process needs some 150 ms to come to its file, and 20 more to make the tables.
      await fileAppears(fresh);
      await new Promise((resolve) => setTimeout(resolve, kill * 2));
      await killed(child);
      await using store = await openQuietly({ kind: "sqlite", folder: fresh }, createFakeClock());
      expect(await countBatches(store)).toBe(0);
      expect((await readdir(fresh)).filter((name) => name.includes("unreadable"))).toEqual([]);
      await rm(fresh, { recursive: true });
    }
  });
});

/** Kills the process once it has said that many commits are durable; the number of the last one that it told of. */
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
