import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./lock.ts";

const ROOT = join(import.meta.dirname, "../../..");
const UI = join(ROOT, "ui");

/** The built page's folder; builds it when there is none, or when a source is newer. */
export async function builtPage(): Promise<string> {
  const dist = join(UI, "dist");
  return withLock("ui-build", async () => {
    const built = await modifiedAt(join(dist, "index.html"));
    if (built < (await newestSource())) await build();
    return dist;
  });
}

async function newestSource(): Promise<number> {
  const files = ["index.html", "package.json", "vite.config.ts", "compress.ts"].map((name) => join(UI, name));
  for (const folder of ["src", "public"]) {
    const names = await readdir(join(UI, folder), { recursive: true });
    files.push(...names.filter((name) => !/\.test\./.test(name)).map((name) => join(UI, folder, name)));
  }
  const times = await Promise.all(files.map(modifiedAt));
  return Math.max(...times);
}

async function modifiedAt(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return mtimeMs;
}

async function build(): Promise<void> {
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  // Vitest's own NODE_ENV would put React's development version into the page.
  const env = { ...process.env, NODE_ENV: "production" };
  const child = spawn(process.execPath, [vite, "build"], { cwd: UI, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += String(piece)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`The page could not be built (exit ${code}):\n${said}`);
}
