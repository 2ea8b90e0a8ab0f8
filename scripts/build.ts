/** `npm run build`: dist/ (the program as bundled JavaScript, for the npm package and the image) and ui/dist/ (the page). */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "./build-page.ts";
import { bundle } from "./bundle.ts";

process.chdir(join(import.meta.dirname, ".."));

rmSync("dist", { recursive: true, force: true });
await bundle();
buildPage();
for (const folder of ["dist", "ui/dist"]) console.log(`${folder}: ${kilobytes(folder)} KiB`);

function kilobytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.round(files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1024);
}
