import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import type { HealthRecord } from "./health-record.ts";
import type { ListOptions, ListResult } from "./list.ts";
import type { PodCache } from "./pod-cache.ts";
import { compareResourceVersions, isOlder } from "./resource-version.ts";
import type { Semaphore } from "./semaphore.ts";
import { failureOf } from "./watch-failure.ts";

/**
 * Compares the cache with a full list every 30 to 60 minutes while the watch continues, because the API server's watch
 * cache has lost events before (kubernetes#123072). Pods that the watch reports between the start of the check and the
 * list's resourceVersion are not counted. Every other difference is counted and corrected.
 */
export interface ConsistencyChecker {
  /** The watch reported this pod. */
  reported(name: string): void;
  /** The watch has reached this version. */
  advanced(resourceVersion: string): void;
  /** A watch is running and has caught up, or it has ended. */
  watching(isUp: boolean): void;
  /** Abandons the current check, because a full sync follows. */
  interrupt(): void;
}

export interface ConsistencyCheckerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly cache: PodCache;
  readonly health: HealthRecord;
  readonly syncSlots: Semaphore;
  readonly list: (sink: Pick<ListOptions, "onPod" | "onRestart">) => Promise<ListResult>;
  readonly signal: AbortSignal;
}

/** Jitter makes it 30 to 60 minutes, so that namespaces do not all list together. */
const INTERVAL: Duration = 30 * MINUTE;
/** Two and a half bookmark intervals: a watch that has not caught up by then never will. */
const WAIT_FOR_WATCH: Duration = 150 * SECOND;

interface Check {
  /** Pods that the watch has reported since the check started. */
  readonly reported: Set<string>;
  /** Listed pods that differ from the cache. */
  readonly suspects: Map<string, PodSnapshot>;
  /** Cached pods that have not been listed yet. */
  unlisted: Set<string>;
  waitingFor: { readonly resourceVersion: string; readonly done: () => void } | undefined;
  interrupted: boolean;
}

export function createConsistencyChecker(options: ConsistencyCheckerOptions): ConsistencyChecker {
  const { namespace, clock, events, cache, health, syncSlots, list, signal } = options;
  let running: Check | undefined;
  let isUp = false;
  let timer: Timer | undefined;

  function schedule(): void {
    if (signal.aborted) return;
    timer = clock.after(INTERVAL * (1 + clock.random()), () => {
      void checkWhenLive().finally(schedule);
    });
  }

  async function checkWhenLive(): Promise<void> {
    if (health.state !== "live") return;
    try {
      await check();
    } catch (error) {
      if (!signal.aborted) events.consistencyCheckFailed(namespace, failureOf(error).message);
    } finally {
      running = undefined;
    }
  }

  async function check(): Promise<void> {
    const release = await syncSlots.acquire(signal);
    const current: Check = {
      reported: new Set(),
      suspects: new Map(),
      unlisted: namesOf(cache),
      waitingFor: undefined,
      interrupted: false,
    };
    running = current;
    let result: ListResult;
    try {
      result = await list({
        onPod: (pod) => {
          current.unlisted.delete(pod.name);
          const known = cache.get(pod.name);
          // If the watch is ahead of the list, it has reported the pod since the check started.
          const isKnown = known?.uid === pod.uid && known.resourceVersion === pod.resourceVersion;
          if (!isKnown) current.suspects.set(pod.name, pod);
        },
        onRestart: () => {
          current.suspects.clear();
          current.unlisted = namesOf(cache);
        },
      });
    } finally {
      release();
    }
    await waitForWatch(current, result.resourceVersion);
    if (current.interrupted || signal.aborted) return;
    // If the watch was down meanwhile, a missing event proves nothing.
    if (!isUp) throw new Error("the watch was interrupted meanwhile");
    running = undefined;
    health.synced("consistency_check");
    const differences = repair(current);
    health.difference(differences.length);
    events.consistencyChecked(namespace, result.count, differences);
  }

  function waitForWatch(current: Check, resourceVersion: string): Promise<void> {
    const known = health.position;
    const hasArrived = known !== undefined && (compareResourceVersions(known, resourceVersion) ?? -1) >= 0;
    if (current.interrupted || hasArrived) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = clock.after(WAIT_FOR_WATCH, resolve);
      const done = () => {
        deadline.cancel();
        resolve();
      };
      current.waitingFor = { resourceVersion, done };
    });
  }

  function repair({ reported, suspects, unlisted }: Check): string[] {
    const differences: string[] = [];
    for (const [name, pod] of suspects) {
      if (reported.has(name)) continue;
      differences.push(name);
      cache.correct(pod);
    }
    for (const name of unlisted) {
      if (!reported.has(name) && cache.remove(name)) differences.push(name);
    }
    return differences;
  }

  function interrupt(): void {
    if (running === undefined) return;
    running.interrupted = true;
    running.waitingFor?.done();
  }

  signal.addEventListener("abort", () => {
    timer?.cancel();
    interrupt();
  });
  schedule();
  return {
    reported: (name) => void running?.reported.add(name),
    advanced: (resourceVersion) => {
      const waiting = running?.waitingFor;
      if (waiting !== undefined && !isOlder(resourceVersion, waiting.resourceVersion)) waiting.done();
    },
    watching: (up) => {
      isUp = up;
    },
    interrupt,
  };
}

function namesOf(cache: PodCache): Set<string> {
  return new Set(cache.values().map((pod) => pod.name));
}
