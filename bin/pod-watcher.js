#!/usr/bin/env node
// Plain JavaScript that any version of Node.js can parse, so that an old one can report that it is too old.
import { existsSync } from "node:fs";

const MIN_VERSION = 24;

if (Number(process.versions.node.split(".")[0]) < MIN_VERSION) {
  process.stderr.write(
    `pod-watcher needs Node.js ${MIN_VERSION} or newer; this is ${process.versions.node} (${process.execPath}). ` +
      "In the checkout, `npx pod-watcher` and `npm run` use their own Node.js after `npm ci`.\n",
  );
  // UNKNOWN for callers that run `check` as a Nagios plugin: nothing was checked.
  process.exitCode = 3;
} else {
  // A checkout runs from source. The npm package has the bundle, because Node.js strips no types below node_modules.
  const source = new URL("../src/main.ts", import.meta.url);
  await import(existsSync(source) ? source.href : new URL("../dist/pod-watcher.mjs", import.meta.url).href);
}
