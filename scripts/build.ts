/**
 * `npm run build`: dist/ (the program as JavaScript, for the npm package, S2I and the image) and ui/dist/ (the page).
 * With `--bundle`, dist/pod-watcher.mjs as well: the program and its packages in one file, for the image.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
process.chdir(root);

rmSync("dist", { recursive: true, force: true });
run("node_modules/typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
for (const path of globSync("src/**/*", { exclude: ["**/*.ts"] })) {
  if (statSync(path).isFile()) cpSync(path, path.replace(/^src/, "dist"), { recursive: true });
}
if (existsSync("ui/vite.config.ts")) run("node_modules/vite/bin/vite.js", ["build"], join(root, "ui"));
for (const folder of ["dist", "ui/dist"]) if (existsSync(folder)) console.log(`${folder}: ${kilobytes(folder)} KiB`);

function run(script: string, args: readonly string[], cwd = root): void {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd, stdio: "inherit" });
  if (status !== 0) {
    console.error(`${dirname(script)} failed: nothing of it is usable`);
    process.exit(status ?? 1);
  }
}

function kilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.round(files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1024);
}
