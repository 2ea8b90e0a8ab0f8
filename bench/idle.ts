/**
 * CPU, wake-ups and memory of the program while nothing happens: `npm run bench -- idle [SECONDS]`. It watches four small namespaces and
 * runs as `npm start` runs it. Reads /proc, so it needs Linux.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startSimulatorProcess } from "./support/simulator.ts";

const NAMESPACES = ["shop", "pay", "batch", "tools"];
const PODS = 40;
const PROGRAM = fileURLToPath(new URL("../bin/pod-watcher.js", import.meta.url));
/** By then the first polls, permission checks and garbage collections are over. */
const SETTLE_MS = 20_000;

const seconds = Number(process.argv[2] ?? 60);

await using simulator = await startSimulatorProcess("--namespaces", NAMESPACES.join(","), "--populate", String(PODS));
const folder = mkdtempSync(join(tmpdir(), "bench-idle-"));
const ca = join(folder, "ca.crt");
writeFileSync(ca, simulator.caPem);
const child = spawn(process.execPath, ["--max-semi-space-size=4", PROGRAM, "serve", "--port", "0"], {
  env: {
    ...process.env,
    OPENSHIFT_HOST: new URL(simulator.url).host,
    OPENSHIFT_NAMESPACE: NAMESPACES.join(","),
    OPENSHIFT_TOKEN: await simulator.call<string>("token", NAMESPACES),
    OPENSHIFT_CA_FILE: ca,
    PODMONITOR_FILEPATH: folder,
    PODMONITOR_LOGLEVEL: "ERROR",
    BIND_ADDRESS: "127.0.0.1",
  },
  stdio: ["ignore", "ignore", "pipe"],
});
const ended = once(child, "exit");
try {
  await isServing(child.stderr);
  await sleep(SETTLE_MS);
  const before = usageOf(child.pid);
  await sleep(seconds * 1_000);
  const after = usageOf(child.pid);
  const cpu = ((after.cpuSeconds - before.cpuSeconds) * 60) / seconds;
  console.log(
    `${NAMESPACES.length} namespaces, ${PODS} pods, idle for ${seconds} s: ${cpu.toFixed(2)} s CPU per minute,` +
      ` ${((after.wakeUps - before.wakeUps) / seconds).toFixed(1)} wake-ups/s, ${after.rssMb.toFixed(0)} MB RSS`,
  );
} finally {
  child.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}

async function isServing(stderr: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: stderr })) if (line.includes("Pod Watcher is running at")) return;
  throw new Error("the program has ended before it served");
}

/** Hundredths of a second of CPU (proc_pid_stat(5)), and how often a thread of the process stopped waiting. */
function usageOf(pid: number | undefined) {
  const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/\(.*\)/, "")
    .split(" ");
  let wakeUps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    wakeUps += numberIn(`task/${thread}/status`, "voluntary_ctxt_switches");
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    wakeUps,
    rssMb: numberIn("status", "VmRSS") / 1024,
  };

  function numberIn(file: string, name: string): number {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1]);
  }
}
