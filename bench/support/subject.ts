/** Runs inside a measured process: watches, waits until all pods are cached, and reports the cost. */
import { createInterface } from "node:readline";

export interface WatcherOptions {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  readonly namespaces: readonly string[];
  /** It is synced when its cache has this many pods. */
  readonly pods: number;
  readonly http?: "h2" | "http/1.1";
  /** Measuring blocks takes a timer that is due every millisecond, which is most of the CPU time of an idle program. */
  readonly withoutBlocks?: boolean;
}

export interface Report {
  /** Pods in its cache. */
  readonly pods: number;
  /** Changes received since the last report. */
  readonly changes: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The largest resident set since the process started. */
  readonly peakRssMb: number;
  readonly rssMb: number;
  /** After a garbage collection, minus the heap before watching started. */
  readonly heapMb: number;
  /** The longest event-loop block as CPU time, so a busy machine does not lengthen it. */
  readonly longestBlockMs: number;
}

export interface Subject {
  pods(): number;
  /** Changes received so far. */
  changes(): number;
}

const MB = 1024 * 1024;

/** Starts the watcher that the arguments describe, and writes a Report for each line of input. */
export async function runSubject(start: (options: WatcherOptions) => Promise<Subject>): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? "{}") as WatcherOptions;
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  let cpu = process.cpuUsage();
  let since = performance.now();
  let changesBefore = 0;
  const subject = await start(options);
  // Blocks before this point delay no request: the server is not listening yet.
  const blocks = options.withoutBlocks ? { take: () => 0 } : watchBlocks();
  // The report is written once all pods are cached: the cost until then is the cost of the sync.
  const synced = untilAll(subject, options.pods);
  for await (const _ of createInterface({ input: process.stdin })) {
    await synced;
    const used = process.cpuUsage(cpu);
    const wallSeconds = (performance.now() - since) / 1_000;
    const rssMb = process.memoryUsage.rss() / MB;
    const longestBlockMs = blocks.take();
    collectGarbage();
    const report: Report = {
      pods: subject.pods(),
      changes: subject.changes() - changesBefore,
      cpuSeconds: (used.user + used.system) / 1e6,
      wallSeconds,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
      rssMb,
      heapMb: (process.memoryUsage().heapUsed - heapBefore) / MB,
      longestBlockMs,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    cpu = process.cpuUsage();
    since = performance.now();
    changesBefore = subject.changes();
    blocks.take();
  }
  process.exit();
}

/** A timer that is due every millisecond runs late by the length of a block: the CPU time used since is the block's. */
function watchBlocks(): { take(): number } {
  let longest = 0;
  let before = process.threadCpuUsage();
  const measure = () => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1_000);
    before = process.threadCpuUsage();
  };
  setInterval(measure, 1).unref();
  return {
    take: () => {
      measure();
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
