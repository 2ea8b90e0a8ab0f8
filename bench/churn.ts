/**
 * Cost of watching a cluster in which pods change constantly: `npm run bench -- churn [CHANGES_PER_SECOND]`. Each change
 * is a whole pod of about 9 KB, like a status update of a kubelet.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulatorProcess } from "./support/simulator.ts";
import type { Report } from "./support/subject.ts";
import { type Contestant, OURS, peer, startWatcher } from "./support/watcher.ts";

const NAMESPACES = Array.from({ length: 10 }, (_, index) => `load-${index}`);
const PODS = 10_000;
const SECONDS = 15;
/** By then the code is compiled and the buffers have grown. */
const WARM_UP = 3;

const rate = Number(process.argv[2] ?? 1_000);
const other = peer();
if (other.absent !== undefined) console.log(`${other.name} is left out: ${other.absent}\n`);

console.log(`${rate.toLocaleString("en")} changes/s among ${PODS.toLocaleString("en")} pods, for ${SECONDS} s`);
const protobuf = await measure(OURS);
print("pod-watcher, protobuf", protobuf);
print("pod-watcher, JSON", await measure(OURS, "--no-protobuf"), protobuf);
if (other.absent === undefined) print(other.name, await measure(other), protobuf);

interface Measured extends Report {
  /** Changes that the cluster made in the same time. */
  readonly written: number;
}

async function measure(contestant: Contestant, ...settings: readonly string[]): Promise<Measured> {
  await using simulator = await startSimulatorProcess(
    ...["--namespaces", NAMESPACES.join(","), "--populate", String(PODS), ...settings],
  );
  const { url, caPem } = simulator;
  const token = await simulator.call<string>("token", NAMESPACES);
  await using watcher = await startWatcher(contestant, { url, caPem, token, namespaces: NAMESPACES, pods: PODS });
  await watcher.report();
  await simulator.call("churn", rate);
  await sleep(WARM_UP * 1_000);
  const writtenSoFar = async () => (await simulator.call<{ written: number }>("stats")).written;
  await watcher.report();
  const before = await writtenSoFar();
  await sleep(SECONDS * 1_000);
  const report = await watcher.report();
  return { ...report, written: (await writtenSoFar()) - before };
}

function print(name: string, report: Measured, ours?: Report): void {
  const share = (of: Report) => (100 * of.cpuSeconds) / of.wallSeconds;
  const seen = `${report.changes} of ${report.written} seen`;
  const each = (1e6 * report.cpuSeconds) / report.changes;
  const ratio =
    ours === undefined ? "" : `  ${(each / ((1e6 * ours.cpuSeconds) / ours.changes)).toFixed(1)} × the CPU of protobuf`;
  console.log(
    `  ${name.padEnd(24)} ${share(report).toFixed(1).padStart(6)} % of a core ${each.toFixed(0).padStart(6)} µs a change` +
      ` ${seen.padStart(20)} ${report.rssMb.toFixed(0).padStart(5)} MB RSS${ratio}`,
  );
}
