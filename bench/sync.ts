/**
 * Cost of the initial sync of all pods of a cluster: `npm run bench -- sync [PODS…]`. The cluster, our watcher and the
 * informer of @kubernetes/client-node each run in a separate process.
 */
import { startSimulatorProcess } from "./support/simulator.ts";
import type { Report } from "./support/subject.ts";
import { type Contestant, OURS, PROGRAM, peer, startWatcher } from "./support/watcher.ts";

const NAMESPACES = Array.from({ length: 10 }, (_, index) => `load-${index}`);
/** The first commit follows the last pod; its cost counts too. */
const AFTERMATH_MS = 5_000;
/** Above this a benchmark of the peer takes minutes and gigabytes. */
const MAX_FOR_PEER = 20_000;

const counts = process.argv.slice(2).map(Number).filter(Number.isInteger);
const other = peer();
if (other.absent !== undefined) console.log(`${other.name} is left out: ${other.absent}\n`);

for (const pods of counts.length > 0 ? counts : [10_000, 50_000, 100_000]) {
  console.log(`sync of ${pods.toLocaleString("en")} pods in ${NAMESPACES.length} namespaces`);
  const protobuf = await measure(OURS, pods);
  print("pod-watcher, protobuf", protobuf, pods);
  const json = await measure(OURS, pods, "--no-protobuf");
  print("pod-watcher, JSON", json, pods, protobuf);
  print(PROGRAM.name, await measure(PROGRAM, pods), pods, protobuf);
  if (other.absent === undefined && pods <= MAX_FOR_PEER) print(other.name, await measure(other, pods), pods, protobuf);
  else if (other.absent === undefined)
    console.log(`  ${other.name}: only up to ${MAX_FOR_PEER.toLocaleString("en")} pods`);
  console.log();
}

async function measure(contestant: Contestant, pods: number, ...settings: readonly string[]): Promise<Report> {
  await using simulator = await startSimulatorProcess(
    ...["--namespaces", NAMESPACES.join(","), "--populate", String(pods), ...settings],
  );
  const { url, caPem } = simulator;
  const token = await simulator.call<string>("token", NAMESPACES);
  await using watcher = await startWatcher(contestant, { url, caPem, token, namespaces: NAMESPACES, pods });
  const report = await watcher.report();
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  const aftermath = await watcher.report();
  return {
    ...report,
    cpuSeconds: report.cpuSeconds + aftermath.cpuSeconds,
    peakRssMb: aftermath.peakRssMb,
    longestBlockMs: Math.max(report.longestBlockMs, aftermath.longestBlockMs),
  };
}

function print(name: string, report: Report, pods: number, ours?: Report): void {
  const perPod = ((report.heapMb * 1024) / pods).toFixed(2);
  const ratio =
    ours === undefined
      ? ""
      : `  ${(report.cpuSeconds / ours.cpuSeconds).toFixed(1)} × the CPU, ${(report.peakRssMb / ours.peakRssMb).toFixed(1)} × the memory of protobuf`;
  console.log(
    `  ${name.padEnd(24)} ${report.cpuSeconds.toFixed(2).padStart(7)} s CPU ${report.wallSeconds.toFixed(1).padStart(6)} s` +
      ` ${report.peakRssMb.toFixed(0).padStart(6)} MB peak RSS ${perPod.padStart(6)} KB heap a pod` +
      ` ${report.longestBlockMs.toFixed(0).padStart(5)} ms longest block${ratio}`,
  );
}
