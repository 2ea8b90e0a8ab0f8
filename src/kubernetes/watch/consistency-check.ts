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
 * Holds the picture against a full list every now and then, while the watch goes on: the API server's own watch cache
 * has lost events before (kubernetes#123072). What the watch has told of a pod since the comparison began counts as
 * told; so does what it tells until it has come as far as the list. What is left are differences, and is put right.
 */
export interface ConsistencyChecker {
  /** The watch has told something of this pod. */
  told(name: string): void;
  /** The watch has come this far. */
  movedTo(resourceVersion: string): void;
  /** A watch is under way that has sent what was missed; or it has ended. */
  watching(isUp: boolean): void;
  /** The watch is no longer a witness: everything is looked at anew anyway. */
  interrupt(): void;
}

export interface ConsistencyCheckerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly store: PodCache;
  readonly health: HealthRecord;
  readonly syncSlots: Semaphore;
  readonly list: (sink: Pick<ListOptions, "onPod" | "onRestart">) => Promise<ListResult>;
  readonly signal: AbortSignal;
}

/** Between 30 and 60 minutes, so that many namespaces do not list together. */
const INTERVAL: Duration = 30 * MINUTE;
/** Two bookmarks and a half: a watch that has not come as far by then will not. */
const WAIT_FOR_WATCH: Duration = 150 * SECOND;

interface Comparison {
  /** Of which the watch told something since it began. */
  readonly told: Set<string>;
  /** Listed other than known. */
  readonly suspects: Map<string, PodSnapshot>;
  /** Known at its beginning and not listed yet. */
  unlisted: Set<string>;
  waitingFor: { readonly resourceVersion: string; readonly done: () => void } | undefined;
  interrupted: boolean;
}

export function createConsistencyChecker(options: ConsistencyCheckerOptions): ConsistencyChecker {
  const { namespace, clock, events, store, health, syncSlots, list, signal } = options;
  let running: Comparison | undefined;
  let isUp = false;
  let timer: Timer | undefined;

  function schedule(): void {
    if (signal.aborted) return;
    timer = clock.after(INTERVAL * (1 + clock.random()), () => {
      void compareWhenLive().finally(schedule);
    });
  }

  async function compareWhenLive(): Promise<void> {
    if (health.state !== "live") return;
    try {
      await compare();
    } catch (error) {
      if (!signal.aborted) events.consistencyCheckFailed(namespace, failureOf(error).message);
    } finally {
      running = undefined;
    }
  }

  async function compare(): Promise<void> {
    const release = await syncSlots.acquire(signal);
    const comparison: Comparison = {
      told: new Set(),
      suspects: new Map(),
      unlisted: namesOf(store),
      waitingFor: undefined,
      interrupted: false,
    };
    running = comparison;
    let result: ListResult;
    try {
      result = await list({
        onPod: (pod) => {
          comparison.unlisted.delete(pod.name);
          const known = store.get(pod.name);
          // Where the watch is ahead of the list, it has told so since the comparison began.
          const isKnown = known?.uid === pod.uid && known.resourceVersion === pod.resourceVersion;
          if (!isKnown) comparison.suspects.set(pod.name, pod);
        },
        onRestart: () => {
          comparison.suspects.clear();
          comparison.unlisted = namesOf(store);
        },
      });
    } finally {
      release();
    }
    await watchComesAsFar(comparison, result.resourceVersion);
    if (comparison.interrupted || signal.aborted) return;
    // Whoever did not hear cannot say that nothing was told.
    if (!isUp) throw new Error("the watch was interrupted meanwhile");
    running = undefined;
    health.synced("comparison");
    const differences = repair(comparison);
    health.difference(differences.length);
    events.compared(namespace, result.count, differences);
  }

  function watchComesAsFar(comparison: Comparison, resourceVersion: string): Promise<void> {
    const known = health.position;
    const isThere = known !== undefined && (compareResourceVersions(known, resourceVersion) ?? -1) >= 0;
    if (comparison.interrupted || isThere) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = clock.after(WAIT_FOR_WATCH, resolve);
      const done = () => {
        deadline.cancel();
        resolve();
      };
      comparison.waitingFor = { resourceVersion, done };
    });
  }

  function repair({ told, suspects, unlisted }: Comparison): string[] {
    const differences: string[] = [];
    for (const [name, pod] of suspects) {
      if (told.has(name)) continue;
      differences.push(name);
      store.correct(pod);
    }
    for (const name of unlisted) {
      if (!told.has(name) && store.forget(name)) differences.push(name);
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
    told: (name) => void running?.told.add(name),
    movedTo: (resourceVersion) => {
      const waiting = running?.waitingFor;
      if (waiting !== undefined && !isOlder(resourceVersion, waiting.resourceVersion)) waiting.done();
    },
    watching: (up) => {
      isUp = up;
    },
    interrupt,
  };
}

function namesOf(store: PodCache): Set<string> {
  return new Set(store.values().map((pod) => pod.name));
}
