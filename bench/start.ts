/**
 * Time of a restart until all namespaces are synced: `npm run bench -- start [PODS] [TIMES]`. The real program runs in a
 * separate process, with the state of the previous run. The measurement starts before the process does.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startSimulatorProcess } from "./support/simulator.ts";

const NAMESPACES = Array.from({ length: 10 }, (_, index) => `load-${index}`);
/** Runs the bundle if it is built (`npm run build`) and current: sources are compiled at each start. */
const PROGRAM = fileURLToPath(new URL("../bin/pod-watcher.js", import.meta.url));
const CACHE = fileURLToPath(new URL("../dist/.compile-cache", import.meta.url));
const TARGET_MS = 2_000;

const [pods = 1_000, times = 5] = process.argv.slice(2).map(Number);

await using simulator = await startSimulatorProcess("--namespaces", NAMESPACES.join(","), "--populate", String(pods));
const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
const ca = join(folder, "ca.crt");
writeFileSync(ca, simulator.caPem);
const env = {
  ...process.env,
  OPENSHIFT_HOST: new URL(simulator.url).host,
  OPENSHIFT_NAMESPACE: NAMESPACES.join(","),
  OPENSHIFT_TOKEN: await simulator.call<string>("token", NAMESPACES),
  OPENSHIFT_CA_FILE: ca,
  PODMONITOR_FILEPATH: folder,
  PODMONITOR_LOGLEVEL: "ERROR",
  BIND_ADDRESS: "127.0.0.1",
};

try {
  console.log(`first start, ${pods.toLocaleString("en")} pods: ${toSentence(await startAndStop())}`);
  const restarts: Start[] = [];
  for (let time = 0; time < times; time++) restarts.push(await startAndStop());
  restarts.sort((a, b) => a.liveMs - b.liveMs);
  const median = restarts[Math.floor(restarts.length / 2)]!;
  console.log(`the program as ${existsSync(CACHE) ? "its bundle with the compile cache" : "its sources"}`);
  console.log(`restart, median of ${times}: ${toSentence(median)} (target: live in ${TARGET_MS / 1_000} s)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Start {
  /** From before the process began. */
  readonly servingMs: number;
  readonly liveMs: number;
  /** CPU time used by then: a better measure than wall-clock time on a busy machine. */
  readonly cpuMs: number | undefined;
}

async function startAndStop(): Promise<Start> {
  const begun = performance.now();
  const child = spawn(process.execPath, ["--max-semi-space-size=4", PROGRAM, "serve", "--port", "0"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  try {
    const url = await addressOf(child.stderr);
    const servingMs = performance.now() - begun;
    while (!(await fetch(new URL("readyz", url))).ok) await new Promise((resolve) => setTimeout(resolve, 5));
    return { servingMs, liveMs: performance.now() - begun, cpuMs: cpuOf(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stderr })) {
    const url = /Pod Watcher is running at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
    console.error(line);
  }
  throw new Error("the program has ended before it served");
}

/** User and system time in hundredths of a second (proc_pid_stat(5)), where there is such a file. */
function cpuOf(pid: number | undefined): number | undefined {
  try {
    const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/\(.*\)/, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

function toSentence({ servingMs, liveMs, cpuMs }: Start): string {
  const cpu = cpuMs === undefined ? "" : `, ${cpuMs} ms of CPU`;
  return `serves after ${servingMs.toFixed(0)} ms, live after ${liveMs.toFixed(0)} ms${cpu}`;
}
