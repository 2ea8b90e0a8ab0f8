/** Inside a measured process: watches, waits until all pods are there, and says what that cost. */
import { createInterface } from "node:readline";

export interface WatcherOptions {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  readonly namespaces: readonly string[];
  /** It is in sync when it knows so many. */
  readonly pods: number;
  readonly http?: "h2" | "http/1.1";
}

export interface Report {
  /** Of all pods that are there, how many it knows. */
  readonly pods: number;
  /** Changes that it was told of since the last report. */
  readonly changes: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The largest resident set since the process began. */
  readonly peakRssMb: number;
  readonly rssMb: number;
  /** After a garbage collection, less what was used before the watching began. */
  readonly heapMb: number;
  /** The most CPU time between two chances for anything else to run: a busy machine does not lengthen it. */
  readonly longestTurnMs: number;
}

export interface Subject {
  pods(): number;
  /** Changes told so far. */
  changes(): number;
}

const MB = 1024 * 1024;

/** Starts the watcher that the arguments ask for, and answers each line of input with a Report. */
export async function runSubject(start: (options: WatcherOptions) => Promise<Subject>): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? "{}") as WatcherOptions;
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  let cpu = process.cpuUsage();
  let since = performance.now();
  let changesBefore = 0;
  const subject = await start(options);
  // What it takes to get so far keeps nobody waiting: nobody is served yet.
  const turns = watchTurns();
  // A request is answered when all pods are known: what it cost until then is the cost of the sync.
  const synced = untilAll(subject, options.pods);
  for await (const _ of createInterface({ input: process.stdin })) {
    await synced;
    const used = process.cpuUsage(cpu);
    const wallSeconds = (performance.now() - since) / 1_000;
    const rssMb = process.memoryUsage.rss() / MB;
    const longestTurnMs = turns.take();
    collectGarbage();
    const report: Report = {
      pods: subject.pods(),
      changes: subject.changes() - changesBefore,
      cpuSeconds: (used.user + used.system) / 1e6,
      wallSeconds,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
      rssMb,
      heapMb: (process.memoryUsage().heapUsed - heapBefore) / MB,
      longestTurnMs,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    cpu = process.cpuUsage();
    since = performance.now();
    changesBefore = subject.changes();
    turns.take();
  }
  process.exit();
}

/** A timer that is due every millisecond comes as late as others let it: what the thread has used by then, they used. */
function watchTurns(): { take(): number } {
  let longest = 0;
  let before = process.threadCpuUsage();
  const look = () => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1_000);
    before = process.threadCpuUsage();
  };
  setInterval(look, 1).unref();
  return {
    take: () => {
      look();
      const taken = longest;
      longest = 0;
      return taken;
    },
  };
}

async function untilAll(subject: Subject, pods: number): Promise<void> {
  while (subject.pods() < pods) await new Promise((resolve) => setTimeout(resolve, 5));
}

function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
