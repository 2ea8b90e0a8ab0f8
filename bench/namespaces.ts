/**
 * Cost of the number of namespaces: `npm run bench -- namespaces [PODS_PER_NAMESPACE] [NAMESPACES…]`. The whole program
 * watches a few and then many namespaces of equal size; what it costs per namespace should be the same.
 */
import { startSimulatorProcess } from "./support/simulator.ts";
import { PROGRAM, startWatcher } from "./support/watcher.ts";

/** Its first polls, checkpoints and permission checks cost too. */
const AFTERMATH_MS = 15_000;
/** Afterwards nothing changes. */
const IDLE_MS = 30_000;

const [podsEach = 10, ...given] = process.argv.slice(2).map(Number);
const counts = given.length > 0 ? given : [500, 2_000];

interface Cost {
  readonly namespaces: number;
  readonly liveSeconds: number;
  /** Until it is live and its first polls are done. */
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly heapMb: number;
  /** Share of a core while nothing changes. */
  readonly idleShare: number;
}

const costs: Cost[] = [];
for (const count of counts) {
  const cost = await measure(count);
  costs.push(cost);
  console.log(toLine(cost));
}
const [first, last] = [costs[0], costs.at(-1)];
if (first !== undefined && last !== undefined && first !== last) {
  const ratio = (value: (cost: Cost) => number) => (value(last) / value(first)).toFixed(1);
  console.log(
    `${ratio(({ namespaces }) => namespaces)} × the namespaces: ${ratio(({ cpuSeconds }) => cpuSeconds)} × the CPU, ` +
      `${ratio(({ liveSeconds }) => liveSeconds)} × the time to live, ${ratio(({ idleShare }) => idleShare)} × the CPU when idle`,
  );
  const bytes = ((last.heapMb - first.heapMb) * 1024) / (last.namespaces - first.namespaces);
  console.log(`${bytes.toFixed(1)} KB of heap for each additional namespace, its ${podsEach} pods included`);
}

async function measure(count: number): Promise<Cost> {
  const namespaces = Array.from({ length: count }, (_, index) => `load-${index}`);
  const pods = count * podsEach;
  await using simulator = await startSimulatorProcess(
    ...["--namespaces", namespaces.join(","), "--populate", String(pods)],
  );
  const { url, caPem } = simulator;
  const token = await simulator.call<string>("token", namespaces);
  await using watcher = await startWatcher(PROGRAM, { url, caPem, token, namespaces, pods, withoutBlocks: true });
  const start = await watcher.report();
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  const aftermath = await watcher.report();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = await watcher.report();
  return {
    namespaces: count,
    liveSeconds: start.wallSeconds,
    cpuSeconds: start.cpuSeconds + aftermath.cpuSeconds,
    peakRssMb: aftermath.peakRssMb,
    heapMb: aftermath.heapMb,
    idleShare: idle.cpuSeconds / idle.wallSeconds,
  };
}

function toLine({ namespaces, liveSeconds, cpuSeconds, peakRssMb, heapMb, idleShare }: Cost): string {
  return (
    `${namespaces.toLocaleString("en").padStart(6)} namespaces × ${podsEach} pods: ${cpuSeconds.toFixed(2).padStart(6)} s CPU,` +
    ` live after ${liveSeconds.toFixed(1)} s, ${((1e3 * cpuSeconds) / namespaces).toFixed(1)} ms CPU per namespace,` +
    ` ${peakRssMb.toFixed(0)} MB peak RSS, ${heapMb.toFixed(0)} MB heap, idle at ${(100 * idleShare).toFixed(1)} % of a core`
  );
}
