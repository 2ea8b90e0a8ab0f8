/**
 * Runs at the end of `npm ci` in a checkout and builds the page, so that `npm run demo` does not have to. Without
 * development dependencies it cannot; the program then serves its page without JavaScript.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "./build-page.ts";

if (existsSync(join(import.meta.dirname, "../node_modules/vite/bin/vite.js"))) buildPage();
