/**
 * Runs at the end of `npm ci` in a checkout: the page is there then, and `npm run demo` has nothing to build. Without
 * development dependencies there is nothing to build it with; the program then shows its page without JavaScript.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "./build-page.ts";

if (existsSync(join(import.meta.dirname, "../node_modules/vite/bin/vite.js"))) buildPage();
