#!/usr/bin/env node
// Plain JavaScript that any Node can parse: an old one must be able to say that it is too old.
import { existsSync } from "node:fs";

const OLDEST = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  process.stderr.write(
    `pod-watcher needs Node.js ${OLDEST} or newer, and this is ${process.versions.node} (${process.execPath}). ` +
      "In the checkout, `npx pod-watcher` and `npm run` bring their own after `npm ci`.\n",
  );
  // UNKNOWN to those who run `check` as a Nagios plugin: nothing was looked at.
  process.exitCode = 3;
} else {
  // The checkout runs from its source; the package has the compiled files, since Node strips no types in node_modules.
  const source = new URL("../src/main.ts", import.meta.url);
  await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
}
