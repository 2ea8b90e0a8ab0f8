import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bin-"));
  for (const folder of ["bin", "src/core", "dist"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  cpSync(join(import.meta.dirname, "../bin/pod-watcher.js"), join(root, "bin/pod-watcher.js"));
  writeFileSync(join(root, "src/main.ts"), 'console.log("source" satisfies string);');
  writeFileSync(join(root, "src/core/rule.ts"), "");
  writeFileSync(join(root, "dist/pod-watcher.mjs"), 'console.log("bundle");');
  for (const path of ["src/main.ts", "src/core/rule.ts", "src/core", "src"]) changedAt(path, 1_000);
  changedAt("dist/pod-watcher.mjs", 2_000);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function changedAt(path: string, seconds: number): void {
  utimesSync(join(root, path), seconds, seconds);
}

function run(): string {
  // Vitest sets this while it measures coverage.
  const { NODE_DISABLE_COMPILE_CACHE: _, ...env } = process.env;
  return spawnSync(process.execPath, [join(root, "bin/pod-watcher.js")], { encoding: "utf8", env }).stdout.trim();
}

it("runs the bundle of a checkout while it is newer than the sources, and caches its compiled code", () => {
  expect(run()).toBe("bundle");
  expect(existsSync(join(root, "dist/.compile-cache"))).toBe(true);
});

it.each(["src/main.ts", "src/core/rule.ts", "src/core"])("runs the sources when %s is newer", (path) => {
  changedAt(path, 3_000);
  expect(run()).toBe("source");
});

it("runs the sources without a bundle", () => {
  rmSync(join(root, "dist"), { recursive: true });
  expect(run()).toBe("source");
});

it("runs the bundle without sources, as in the npm package", () => {
  rmSync(join(root, "src"), { recursive: true });
  changedAt("dist/pod-watcher.mjs", 0);
  expect(run()).toBe("bundle");
});

it("reports an old Node.js with exit code 3, to Nagios in one line on stdout", () => {
  const bin = join(root, "bin/pod-watcher.js");
  writeFileSync(bin, readFileSync(bin, "utf8").replace("MIN_VERSION = 24", "MIN_VERSION = 9999"));
  const start = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { encoding: "utf8" });
  expect(start("serve")).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining("Node.js 9999") });
  const plugin = start("check", "shop", "--format", "nagios");
  expect(plugin).toMatchObject({ status: 3, stderr: "" });
  expect(plugin.stdout).toMatch(/^POD WATCHER UNKNOWN - pod-watcher needs Node.js 9999 .*\n$/);
});
