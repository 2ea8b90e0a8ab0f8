/**
 * `npm run build`: dist/ (the program as JavaScript, for the npm package and S2I) and ui/dist/ (the page).
 * `npm run build -- --bundle`: dist/ is one file instead, for the image.
 */
import { cpSync, globSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPage, runTool } from "./build-page.ts";
import { bundle } from "./bundle.ts";

process.chdir(join(import.meta.dirname, ".."));

rmSync("dist", { recursive: true, force: true });
if (process.argv.includes("--bundle")) await bundle();
else {
  runTool("node_modules/typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
  for (const path of globSync("src/**/*", { exclude: ["**/*.ts"] })) {
    if (statSync(path).isFile()) cpSync(path, path.replace(/^src/, "dist"));
  }
}
buildPage();
for (const folder of ["dist", "ui/dist"]) console.log(`${folder}: ${kilobytes(folder)} KiB`);

function kilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.round(files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1024);
}
