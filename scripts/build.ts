/**
 * `npm run build`: dist/ (the program as JavaScript, for the npm package, S2I and the image) and ui/dist/ (the page).
 */
import { cpSync, globSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPage, runTool } from "./build-page.ts";

process.chdir(join(import.meta.dirname, ".."));

rmSync("dist", { recursive: true, force: true });
runTool("node_modules/typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
for (const path of globSync("src/**/*", { exclude: ["**/*.ts"] })) {
  if (statSync(path).isFile()) cpSync(path, path.replace(/^src/, "dist"));
}
buildPage();
for (const folder of ["dist", "ui/dist"]) console.log(`${folder}: ${kilobytes(folder)} KiB`);

function kilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.round(files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1024);
}
