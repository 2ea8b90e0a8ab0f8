/**
 * `npm run test:flake -- [RUNS] [PATH…]`: runs `npm test` again and again, or the tests under the paths, while other work
 * loads every core. Prints each failure with its first lines and how often it occurred; exits with 1 if there was one.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const [first = "", ...rest] = process.argv.slice(2);
const runs = /^\d+$/.test(first) ? Number(first) : 20;
const paths = first === "" || /^\d+$/.test(first) ? rest : [first, ...rest];
const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "pod-watcher-flake-"));

/** Keeps one core busy, and its memory too, as a compiler would. Ends with its parent, whose end closes its input. */
const LOAD = `process.stdin.on("end", () => process.exit()).resume();
(function work() { for (let i = 0; i < 200; i++) JSON.parse(JSON.stringify(Array.from({ length: 500 }, (_, n) => ({ n })))); setImmediate(work); })();`;

const loads = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ["-e", LOAD], { stdio: ["pipe", "ignore", "inherit"] }),
);

function runTests(output: string): Promise<number | null> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--reporter=json", `--outputFile=${output}`, ...paths];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "ignore"] });
  return new Promise((resolve) => child.once("exit", resolve));
}

/** The failed tests and files of one run, each with the first lines of its error. */
function failuresIn(report: Report): Map<string, string> {
  const failures = new Map<string, string>();
  for (const file of report.testResults) {
    const path = relative(root, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    for (const test of failed) failures.set(`${path} > ${test.fullName}`, test.failureMessages?.[0] ?? "");
    if (file.status === "failed" && failed.length === 0) failures.set(path, file.message);
  }
  return failures;
}

const counts = new Map<string, number>();
for (let run = 1; run <= runs; run++) {
  const began = performance.now();
  const output = join(folder, "report.json");
  rmSync(output, { force: true });
  const code = await runTests(output);
  const failures = failuresIn(JSON.parse(readFileSync(output, "utf8")) as Report);
  if (failures.size === 0 && code !== 0) failures.set(`the run itself, which exited with ${code}`, "");
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(`run ${run} of ${runs}: ${failures.size} failed, ${minutes} min`);
  for (const [test, message] of failures) {
    counts.set(test, (counts.get(test) ?? 0) + 1);
    console.log(`  ${test}\n    ${message.split("\n").slice(0, 4).join("\n    ")}`);
  }
}

for (const load of loads) load.stdin.end();
rmSync(folder, { recursive: true, force: true });
console.log(counts.size === 0 ? `No failures in ${runs} runs.` : "How often each test failed:");
for (const [test, count] of counts) console.log(`${count} of ${runs}: ${test}`);
process.exitCode = counts.size === 0 ? 0 : 1;
