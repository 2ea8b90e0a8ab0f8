#!/usr/bin/env node
// Plain JavaScript that any version of Node.js can parse, so that an old one can report that it is too old.
import { existsSync, readdirSync, statSync } from "node:fs";
// Named imports that an old Node.js lacks would be a syntax error.
import module from "node:module";
import { fileURLToPath } from "node:url";

const MIN_VERSION = 24;

if (Number(process.versions.node.split(".")[0]) < MIN_VERSION) {
  const problem =
    `pod-watcher needs Node.js ${MIN_VERSION} or newer; this is ${process.versions.node} (${process.execPath}). ` +
    "In the checkout, `npx pod-watcher` and `npm run` use their own Node.js after `npm ci`.\n";
  // Nagios shows only stdout.
  if (/^check .*nagios/.test(process.argv.slice(2).join(" "))) process.stdout.write(`POD WATCHER UNKNOWN - ${problem}`);
  else process.stderr.write(problem);
  // UNKNOWN for callers that run `check` as a Nagios plugin: nothing was checked.
  process.exitCode = 3;
} else {
  const bundle = new URL("../dist/pod-watcher.mjs", import.meta.url);
  const isCurrent = isBundleCurrent(fileURLToPath(bundle));
  // Next to the code, so that only someone who can change the program can change its cache. Where the folder cannot be
  // written, such as in a read-only installation, nothing is cached.
  if (isCurrent) module.enableCompileCache(fileURLToPath(new URL("../dist/.compile-cache", import.meta.url)));
  await import(isCurrent ? bundle.href : new URL("../src/main.ts", import.meta.url).href);
}

/**
 * A checkout runs its bundle while that is newer than all sources: it starts in a third of the time. The npm package has
 * only the bundle, because Node.js strips no types below node_modules. Folders count, because a file may be deleted.
 */
function isBundleCurrent(bundle) {
  const sources = ["../src", "../packages/simulator/src", "../package-lock.json"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  if (!existsSync(sources[0])) return true;
  const built = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isOlder = (path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < built;
  return sources.every(
    (source) =>
      isOlder(source) &&
      (!statSync(source, { throwIfNoEntry: false })?.isDirectory() ||
        readdirSync(source, { recursive: true }).every((name) => isOlder(`${source}/${name}`))),
  );
}
