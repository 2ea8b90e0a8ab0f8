import pLimit from "p-limit";
import type { FailedJob } from "../core/model/job.ts";
import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import { type Duration, type Instant, SECOND } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { JobReader, JobReading } from "../ports/jobs.ts";
import type { Logger } from "../telemetry/logger.ts";
import { createRateLimiter, type RateLimit } from "../util/rate-limiter.ts";
import { createDelayQueue } from "./delay-queue.ts";

/** The Job of some pods. */
export interface JobName {
  readonly namespace: string;
  readonly name: string;
  /** The CronJob that created it, or the Job itself. */
  readonly workload: Workload;
}

/** A Job that is read until nothing of it is open. */
export interface TrackedJob extends JobName {
  /** The last pod that failed or was being removed. */
  pod: PodSnapshot | undefined;
  /** As last read, if it has failed. */
  failure: FailedJob | undefined;
  reading: boolean;
  /** Reads since the last change of a pod. */
  reads: number;
  /** Failed requests since the last answer. */
  failures: number;
  lastReadAt: Instant;
  nextReadAt: Instant;
}

export interface JobReadsOptions {
  readonly clock: Clock;
  readonly jobs: JobReader;
  readonly answered: (job: TrackedJob, reading: JobReading) => void;
  readonly requestFailed: (job: TrackedJob, error: unknown) => void;
  readonly logger: Logger;
  /** See `DelayQueueOptions`. */
  readonly failed: (key: string, error: unknown) => void;
}

/** When each Job is read: few requests at a time, and one per Job. */
export interface JobReads extends Disposable {
  tracked(job: Omit<JobName, "workload">): TrackedJob | undefined;
  all(): Iterable<TrackedJob>;
  track(job: JobName): TrackedJob;
  /** Something may have changed. */
  readSoon(job: TrackedJob): void;
  /** Later and later while nothing changes, up to this delay. */
  readLater(job: TrackedJob, longest: Duration): void;
  /** Reads the failed Jobs of a namespace, once: those that are not tracked. One namespace after the other. */
  readFailed(namespace: string): void;
  /** At this time, if the Job is not tracked then. */
  readWhenOverdue(job: JobName, at: Instant): void;
  isDue(job: Omit<JobName, "workload">): boolean;
  forget(job: Omit<JobName, "workload">): void;
  forgetNamespace(namespace: string): void;
}

/** By then the Job controller has usually counted the pod: it collects changes for one second (syncJobBatchPeriod). */
const FIRST_READ: Duration = 2 * SECOND;
/** The first of the later delays. It also limits the reads of a Job of which many pods fail. */
const NEXT_READ: Duration = 10 * SECOND;
const MAX_DOUBLINGS = 10;
const REQUESTS: RateLimit = { perSecond: 10, burst: 20 };
const CONCURRENCY = 4;
/** At the start, of all namespaces. */
const LISTS: RateLimit = { perSecond: 5, burst: 5 };

export function createJobReads({ clock, jobs, answered, requestFailed, logger, failed }: JobReadsOptions): JobReads {
  const tracked = new Map<string, TrackedJob>();
  /** The Jobs that are read when they have been active for long, until then. */
  const overdue = new Map<string, JobName>();
  const limit = pLimit(CONCURRENCY);
  const limiter = createRateLimiter(clock, REQUESTS);
  const listLimit = pLimit(1);
  const listed = new Set<string>();
  const listLimiter = createRateLimiter(clock, LISTS);
  const stopping = new AbortController();
  const delays = createDelayQueue({ clock, process: read, failed });

  function track({ namespace, name, workload }: JobName): TrackedJob {
    const key = keyOf({ namespace, name });
    const known = tracked.get(key);
    if (known !== undefined) return known;
    const job: TrackedJob = {
      namespace,
      name,
      workload,
      pod: undefined,
      failure: undefined,
      reading: false,
      reads: 0,
      failures: 0,
      lastReadAt: Number.NEGATIVE_INFINITY,
      nextReadAt: Number.POSITIVE_INFINITY,
    };
    tracked.set(key, job);
    return job;
  }

  function readAt(job: TrackedJob, at: Instant): void {
    if (at >= job.nextReadAt) return;
    job.nextReadAt = at;
    delays.set(keyOf(job), at);
  }

  /** At the deadline of a Job. */
  function read(key: string): void {
    const due = overdue.get(key);
    const job = tracked.get(key) ?? (due && track(due));
    if (job === undefined) return;
    job.nextReadAt = Number.POSITIVE_INFINITY;
    if (job.reading) {
      readAt(job, clock.now() + NEXT_READ);
      return;
    }
    job.reading = true;
    void limit(async () => {
      await limiter.admitted(stopping.signal);
      const isTracked = () => tracked.get(key) === job && !stopping.signal.aborted;
      if (!isTracked()) return;
      job.lastReadAt = clock.now();
      try {
        const reading = await jobs.read(job.namespace, job.name);
        job.reading = false;
        if (isTracked()) answered(job, reading);
      } catch (error) {
        job.reading = false;
        if (isTracked()) requestFailed(job, error);
      }
    });
  }

  function forget(job: Omit<JobName, "workload">): void {
    const key = keyOf(job);
    tracked.delete(key);
    overdue.delete(key);
    delays.set(key, undefined);
  }

  async function readFailed(namespace: string): Promise<void> {
    await listLimiter.admitted(stopping.signal);
    if (stopping.signal.aborted) return;
    for (const job of await jobs.failed(namespace)) {
      const name = { namespace, ...job };
      if (!stopping.signal.aborted && !tracked.has(keyOf(name))) readSoon(track(name));
    }
  }

  function readSoon(job: TrackedJob): void {
    job.reads = 0;
    readAt(job, Math.max(clock.now() + FIRST_READ, job.lastReadAt + NEXT_READ));
  }

  return {
    readFailed(namespace) {
      if (listed.has(namespace)) return;
      listed.add(namespace);
      // Without the list, a failed Job is noticed with its next pod.
      void listLimit(() => readFailed(namespace)).catch((error: unknown) =>
        logger.debug({ namespace, err: error }, "The failed Jobs of a namespace could not be listed."),
      );
    },
    tracked: (job) => tracked.get(keyOf(job)),
    all: () => tracked.values(),
    track,
    readSoon,
    readLater(job, longest) {
      readAt(job, clock.now() + Math.min(NEXT_READ * 2 ** Math.min(job.reads++, MAX_DOUBLINGS), longest));
    },
    readWhenOverdue(job, at) {
      const key = keyOf(job);
      if (tracked.has(key) || overdue.has(key)) return;
      overdue.set(key, job);
      delays.set(key, at);
    },
    isDue: (job) => overdue.has(keyOf(job)),
    forget,
    forgetNamespace(namespace) {
      listed.delete(namespace);
      for (const job of [...tracked.values(), ...overdue.values()]) if (job.namespace === namespace) forget(job);
    },
    [Symbol.dispose]() {
      stopping.abort();
      delays[Symbol.dispose]();
    },
  };
}

/** Neither part can contain a slash (RFC 1123). */
function keyOf({ namespace, name }: Omit<JobName, "workload">): string {
  return `${namespace}/${name}`;
}
