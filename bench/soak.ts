/**
 * Memory of a watcher over time: `npm run bench -- soak [SECONDS]`. The faults of an hour happen in a minute: pods change
 * constantly, watches end, connections break, history expires. Prints the memory of the watcher along the way, and
 * whether its cache still matches the cluster.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulatorProcess } from "./support/simulator.ts";
import { OURS, startWatcher } from "./support/watcher.ts";

const NAMESPACES = Array.from({ length: 10 }, (_, index) => `load-${index}`);
const PODS = 10_000;
const RATE = 1_000;
const LOOKS = 12;

const seconds = Number(process.argv[2] ?? 60);
const watches = { verb: "watch" };

await using simulator = await startSimulatorProcess(
  ...["--namespaces", NAMESPACES.join(","), "--populate", String(PODS)],
  // History expires after 2 s instead of 75 s: a watcher that is disconnected for longer gets 410.
  ...["--history-age", "2000", "--bookmark-interval", "1000"],
);
const { url, caPem } = simulator;
const token = await simulator.call<string>("token", NAMESPACES);
await using watcher = await startWatcher(OURS, { url, caPem, token, namespaces: NAMESPACES, pods: PODS });
await watcher.report();
await simulator.call("churn", RATE);

console.log(`${RATE} changes/s among ${PODS} pods, with reconnects, for ${seconds} s`);
console.log("   after     RSS    heap   % of a core   changes   pods known");
const heaps: number[] = [];
for (let look = 1; look <= LOOKS; look++) {
  await weather(look, (seconds * 1_000) / LOOKS);
  const report = await watcher.report();
  heaps.push(report.heapMb);
  console.log(
    [
      `${((look * seconds) / LOOKS).toFixed(0)} s`.padStart(8),
      `${report.rssMb.toFixed(0)} MB`.padStart(7),
      `${report.heapMb.toFixed(1)} MB`.padStart(7),
      ((100 * report.cpuSeconds) / report.wallSeconds).toFixed(1).padStart(13),
      String(report.changes).padStart(9),
      String(report.pods).padStart(12),
    ].join(" "),
  );
}
await simulator.call("churn", 0);
await sleep(2_000);
const last = await watcher.report();
const growth = 100 * (mean(heaps.slice(-3)) / mean(heaps.slice(2, 5)) - 1);
const { pods } = await simulator.call<{ pods: number }>("stats");
console.log(`heap at the end against after a quarter: ${growth >= 0 ? "+" : ""}${growth.toFixed(1)} %`);
console.log(`pods known: ${last.pods} of ${pods}`);
if (last.pods !== pods) process.exitCode = 1;

/** The faults of an hour, one at a time. */
async function weather(look: number, duration: number): Promise<void> {
  await sleep(duration / 3);
  await simulator.call("breakRequests", watches, { how: look % 2 === 0 ? "end" : "stream", code: 8 });
  await sleep(duration / 3);
  if (look % 3 === 0) await simulator.call("dropConnections", "reset");
  if (look % 4 === 0) await simulator.call("cluster.storage.compact");
  if (look % 5 === 0) await simulator.call("goaway");
  await sleep(duration / 3);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
