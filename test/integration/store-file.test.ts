/** The state file: ownership, unusable files, and the messages for the operator. */
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { type OpenStore, openStore } from "../../src/store/open-store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { makeAlert, makeBatch } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const CHILD = fileURLToPath(new URL("../support/store-child.ts", import.meta.url));
const clock = createFakeClock({ now: Date.parse("2026-11-22T19:45:00.123Z") });

let folder: string;
let path: string;
let log: Record<string, unknown>[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pod-watcher-file-"));
  path = join(folder, "pod-watcher.db");
  log = [];
  return async () => await rm(folder, { recursive: true, force: true });
});

async function open(where = folder): Promise<OpenStore> {
  const logger = createLogger("info", { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) });
  return await openStore({ kind: "sqlite", folder: where }, { clock, logger });
}

/** Creates a valid state file with one alert. */
async function leaveState(): Promise<void> {
  await using store = await open();
  await store.commit(makeBatch({ alerts: [makeAlert()] }));
}

describe("a folder for the state", () => {
  it("is created when missing, without a change to other files in it", async () => {
    const nested = join(folder, "not", "yet");
    await mkdir(nested, { recursive: true });
    await writeFile(join(nested, "podwatcher.pickle"), "of the Python program");
    await using store = await open(join(nested, "there"));
    await store.checkWritable();
    await using other = await open(nested);
    await other.checkWritable();
    expect(await readFile(join(nested, "podwatcher.pickle"), "utf8")).toBe("of the Python program");
    expect((await readdir(join(nested, "there"))).toSorted()).toEqual(["pod-watcher.db", "pod-watcher.db-wal"]);
    expect(log).toEqual([]);
  });

  it("is rejected with an explanation when it is a file", async () => {
    await writeFile(join(folder, "taken"), "");
    await expect(open(join(folder, "taken"))).rejects.toThrow(
      /taken cannot be used for the state: it is a file, not a folder\. .*PODMONITOR_FILEPATH/,
    );
    await expect(open(join(folder, "taken", "below"))).rejects.toThrow(/part of the path is a file/);
  });

  it.skipIf(process.platform !== "linux")(
    "is rejected with an explanation when a parent does not allow folders",
    () => {
      // In its own process, because a hanging mkdir would block a thread.
      const answer = spawnSync(process.execPath, [CHILD, "/proc/nowhere/state", "hold"], {
        encoding: "utf8",
        timeout: 120_000,
        killSignal: "SIGKILL",
      });
      expect(answer.stdout).toMatch(
        /^refused: \/proc\/nowhere\/state cannot be used for the state: it does not exist and cannot be created\. .*PODMONITOR_FILEPATH/,
      );
    },
  );

  it("is rejected with an explanation when the name of the file is taken", async () => {
    await mkdir(path);
    await expect(open()).rejects.toThrow(/pod-watcher\.db cannot be opened or created/);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "is rejected with an explanation when this user cannot write to it (needs root)",
    () => {
      const asNobody = { uid: 65_534, gid: 65_534, encoding: "utf8", timeout: 120_000 } as const;
      const answer = spawnSync(process.execPath, [CHILD, join(folder, "x"), "hold"], asNobody);
      expect(answer.stdout).toMatch(/^refused: .*\/x cannot be used for the state: this user may not write there/);
      expect(answer.status).toBe(3);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    "is rejected with an explanation when its file is read-only for this user",
    async () => {
      await leaveState();
      spawnSync("chmod", ["a+rx", folder]);
      const asNobody = { uid: 65_534, gid: 65_534, encoding: "utf8", timeout: 120_000 } as const;
      const answer = spawnSync(process.execPath, [CHILD, folder, "hold"], asNobody);
      expect(answer.stdout).toMatch(
        /^refused: .*pod-watcher\.db cannot be used for the state: this user may not write/,
      );
    },
  );
});

describe("two processes on one file", () => {
  it("the second one is rejected, even within one process, and the first one continues", async () => {
    await using first = await open();
    const second = spawnSync(process.execPath, [CHILD, folder, "hold"], { encoding: "utf8", timeout: 120_000 });
    expect(second.stdout).toBe(
      `refused: ${path} is in use by another process, and only one Pod Watcher may use it (\`fuser ${path}\` shows the process). ` +
        "Stop that process, or set PODMONITOR_FILEPATH to another folder.\n",
    );
    await expect(open()).rejects.toThrow(/in use by another process/);
    await first.commit(makeBatch({ alerts: [makeAlert()] }));
    expect(await first.alerts({})).toHaveLength(1);
  });

  it("a killed one leaves no lock", async () => {
    const holder = spawn(process.execPath, [CHILD, folder, "hold"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    await expect(open()).rejects.toThrow(/in use by another process/);
    const gone = new Promise((resolve) => holder.once("exit", resolve));
    holder.kill("SIGKILL");
    await gone;
    await using store = await open();
    await store.checkWritable();
  });
});

describe("an unusable file", () => {
  const kept = "pod-watcher.db.unreadable-2026-11-22T19-45-00Z";

  it.each<[string, () => Promise<void>]>([
    ["is not SQLite", () => writeFile(path, "{}".repeat(5_000))],
    ["is text shorter than a header", () => writeFile(path, "hello")],
    ["is damaged in the middle", () => damage()],
    ["is truncated", async () => writeFile(path, (await goodFile()).subarray(0, 10_000))],
    ["belongs to another program", async () => foreign("pragma application_id = 252006674; create table t (x)")],
    ["is a database without an application id", async () => foreign("create table alerts (mine text)")],
  ])("that %s is renamed and logged, and a new one is created", async (_, make) => {
    await make();
    const before = await readFile(path);
    {
      await using store = await open();
      expect(await store.alerts({})).toEqual([]);
      await store.commit(makeBatch({ alerts: [makeAlert()] }));
    }
    expect(await readFile(join(folder, kept))).toEqual(before);
    expect(log).toEqual([
      expect.objectContaining({
        level: "warn",
        event: "state_quarantined",
        path,
        renamedTo: join(folder, kept),
        reason: expect.stringMatching(/not an SQLite|damaged|another program|not one of Pod Watcher/),
      }),
    ]);
    log = [];
    await using again = await open();
    expect(await again.alerts({})).toHaveLength(1);
    expect(log).toEqual([]);
  });

  it("is renamed with its write-ahead log, and overwrites no file", async () => {
    await writeFile(join(folder, kept), "kept before");
    const text = "not a database at all ".repeat(500);
    await writeFile(path, text);
    await writeFile(`${path}-wal`, "its log");
    await using store = await open();
    await store.checkWritable();
    expect(await readFile(join(folder, kept), "utf8")).toBe("kept before");
    expect(await readFile(join(folder, `${kept}-2`), "utf8")).toBe(text);
    expect(await readFile(join(folder, `${kept}-2-wal`), "utf8")).toBe("its log");
  });

  it("is not an empty one, which a kill during its creation leaves", async () => {
    await writeFile(path, "");
    await using store = await open();
    await store.checkWritable();
    expect(log).toEqual([]);
  });

  async function goodFile(): Promise<Buffer> {
    {
      await using store = await open();
      await store.commit(
        makeBatch({ alerts: Array.from({ length: 100 }, (_, index) => makeAlert({ pod: `p${index}` })) }),
      );
    }
    return await readFile(path);
  }

  async function damage(): Promise<void> {
    const bytes = await goodFile();
    bytes.fill(0xff, 8_192, 16_384);
    await writeFile(path, bytes);
  }

  function foreign(sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  }
});

it("rejects the state of a newer version and leaves it unchanged", async () => {
  await leaveState();
  const database = new DatabaseSync(path);
  database.exec("insert into migrations values ('29991231_000000_telepathy', '2999-12-31T00:00:00Z')");
  database.close();
  await expect(open()).rejects.toThrow(
    /pod-watcher\.db cannot be opened: it was written by a newer version of Pod Watcher .*29991231_000000_telepathy.* PODMONITOR_FILEPATH/,
  );
  expect(await readdir(folder)).toEqual(["pod-watcher.db"]);
});

it("explains why a commit cannot be written, keeps earlier commits, and accepts later ones", async () => {
  const script = `ulimit -f 2000 && exec "${process.execPath}" "${CHILD}" "${folder}" fill`;
  const answer = spawnSync("bash", ["-c", script], { encoding: "utf8", timeout: 120_000 });
  const lines = answer.stdout.trim().split("\n");
  const durable = lines.filter((line) => line.startsWith("committed")).length;
  expect(durable).toBeGreaterThan(0);
  expect(lines.slice(-3)).toEqual(
    Array(3).fill(expect.stringMatching(/^failed: .*pod-watcher\.db .*(disk|volume).*full/)),
  );
  await using store = await open();
  expect((await store.load()).pods).toHaveLength(3 * durable);
  await store.checkWritable();
});

describe("a backup of a running store", () => {
  it("is a complete state file with all commits, and can replace the original", async () => {
    await using store = await open();
    await store.commit(makeBatch({ alerts: [makeAlert()] }));
    const { path: copy, bytes } = await store.backUp();
    await store.commit(makeBatch({ alerts: [makeAlert({ pod: "checkout-2" })] }));
    expect(copy).toBe(join(folder, "pod-watcher.backup.db"));
    expect(bytes).toBe((await stat(copy)).size);
    expect((await readdir(folder)).toSorted()).toEqual([
      "pod-watcher.backup.db",
      "pod-watcher.db",
      "pod-watcher.db-wal",
    ]);

    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    await rename(copy, join(elsewhere, "pod-watcher.db"));
    await using restored = await open(elsewhere);
    expect((await restored.load()).alerts).toEqual([makeAlert()]);
    expect(log).toEqual([]);
  });

  it("runs during commits, loses none, and replaces the previous one only when complete", async () => {
    await using store = await open();
    await store.commit(makeBatch({ alerts: many("a", 2_000) }));
    await store.backUp();
    const copying = store.backUp();
    for (const prefix of ["b", "c", "d"]) await store.commit(makeBatch({ alerts: many(prefix, 100) }));
    const { path: copy } = await copying;
    expect((await store.load()).alerts).toHaveLength(2_300);
    using database = new DatabaseSync(copy);
    expect(database.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    const { kept } = database.prepare("select count(*) as kept from alerts").get() as { kept: number };
    expect(kept).toBeGreaterThanOrEqual(2_000);
  });

  it("explains why it failed, and leaves no partial file", async () => {
    await using store = await open();
    await mkdir(join(folder, "pod-watcher.backup.db"));
    await expect(store.backUp()).rejects.toThrow(/pod-watcher\.backup\.db cannot be used for the state: /);
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });

  it("is rejected for a store in memory", async () => {
    await using store = await openStore({ kind: "memory" }, { clock, logger: createLogger("silent") });
    await expect(store.backUp()).rejects.toThrow("The state is in memory only: there is nothing to back up.");
  });
});

function many(prefix: string, count: number) {
  return Array.from({ length: count }, (_, index) => makeAlert({ pod: `${prefix}-${index}` }));
}
