import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** Builds the page into ui/dist, unless the existing build is newer than all of its sources. */
export function buildPage(): void {
  const built = join(ROOT, "ui/dist/index.html");
  if (existsSync(built) && newest() < statSync(built).mtimeMs) return;
  runTool("node_modules/vite/bin/vite.js", ["build", "--logLevel", "error"], join(ROOT, "ui"));
}

function newest(): number {
  const sources = globSync(["ui/{src,public}/**/*", "ui/*.*", "src/http/base/api-types.ts", "src/core/**/*.ts"], {
    cwd: ROOT,
  });
  return Math.max(...sources.map((path) => statSync(join(ROOT, path)).mtimeMs));
}

/** Runs a tool of the checkout with this very Node.js; ends the script with the tool's exit code when it fails. */
export function runTool(script: string, args: readonly string[], cwd = ROOT): void {
  const { status } = spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd, stdio: "inherit" });
  if (status === 0) return;
  console.error(`${script} ${args.join(" ")} failed`);
  process.exit(status ?? 1);
}
