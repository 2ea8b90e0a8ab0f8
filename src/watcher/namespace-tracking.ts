import { DAY, type Duration, type Instant } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { NamespaceHealth } from "../ports/pods.ts";
import type { BatchWriter } from "./batch-writer.ts";
import { type DelayQueue, IMMEDIATELY } from "./delay-queue.ts";
import { createDowntimeGaps } from "./downtime-gaps.ts";

/** The part of a `PodObservation` that depends on the namespace. */
export interface ObservationContext {
  readonly baseline: boolean;
  readonly listing: boolean;
  readonly resumedFrom?: Instant;
}

/** Whether each namespace is synced, when its gap started, and the evaluations that wait for its next sync. */
export interface NamespaceTracking {
  load(checkpoints: ReadonlyMap<string, Instant>): void;
  contextOf(namespace: string): ObservationContext;
  synced(namespace: string): void;
  healthChanged(health: NamespaceHealth): void;
  unwatched(namespace: string): void;
  isSynced(namespace: string): boolean;
  /** Keeps a key of the delay queue until the namespace is synced: a stale cache does not show a recovery. */
  defer(namespace: string, key: string): void;
  /** Stores when each namespace was last synced: a restart overestimates its gap by at most the checkpoint interval. */
  checkpoint(health: Iterable<NamespaceHealth>): void;
  /** Namespaces that were synced at least once, before a restart too. */
  baselined(): Iterable<string>;
  /** Namespaces that were watched when the program stopped. */
  watchedBefore(): readonly string[];
  withDowntime(health: NamespaceHealth): NamespaceHealth;
  /** How many of the watched namespaces have been synced, or cannot be because the API server refuses. */
  settled(): number;
}

/** No sync follows until someone acts. An alert, the page and /api/v1/health report it. */
const REFUSED: ReadonlySet<NamespaceHealth["state"]> = new Set(["forbidden", "unauthenticated", "missing"]);

/** A namespace synced within this time before shutdown was being watched at shutdown. */
const RECENT: Duration = DAY;

export function createNamespaceTracking(clock: Clock, writer: BatchWriter, delays: DelayQueue): NamespaceTracking {
  /** When each namespace was last synced before the gap that its next sync ends. */
  const gapStart = new Map<string, Instant>();
  const unsynced = new Set<string>();
  const deferred = new Map<string, Set<string>>();
  const baselinedNamespaces = new Set<string>();
  const settled = new Set<string>();
  /** Namespaces that were synced since the start. */
  const listed = new Set<string>();
  const downtime = createDowntimeGaps();

  function resume(namespace: string): void {
    unsynced.delete(namespace);
    listed.add(namespace);
    gapStart.delete(namespace);
    for (const key of deferred.get(namespace) ?? []) delays.set(key, IMMEDIATELY);
    deferred.delete(namespace);
  }

  const isComplete = (namespace: string) => listed.has(namespace) && !unsynced.has(namespace);

  return {
    load(checkpoints) {
      for (const [namespace, at] of checkpoints) {
        gapStart.set(namespace, at);
        downtime.start(namespace, at);
        baselinedNamespaces.add(namespace);
      }
    },

    contextOf(namespace) {
      const baseline = !baselinedNamespaces.has(namespace);
      const resumedFrom = gapStart.get(namespace);
      const listing = !isComplete(namespace);
      return { baseline, listing, ...(resumedFrom !== undefined && { resumedFrom }) };
    },

    synced(namespace) {
      baselinedNamespaces.add(namespace);
      downtime.end(namespace, clock.now());
      resume(namespace);
      writer.pending.checkpoint(namespace, clock.now());
    },

    healthChanged({ namespace, state, syncedSince, lastSyncedAt }) {
      if (lastSyncedAt !== undefined || REFUSED.has(state)) settled.add(namespace);
      else settled.delete(namespace);
      if (syncedSince !== undefined) {
        resume(namespace);
        return;
      }
      unsynced.add(namespace);
      if (lastSyncedAt !== undefined && !gapStart.has(namespace)) gapStart.set(namespace, lastSyncedAt);
    },

    unwatched(namespace) {
      baselinedNamespaces.delete(namespace);
      settled.delete(namespace);
      downtime.remove(namespace);
      resume(namespace);
      listed.delete(namespace);
      writer.pending.checkpoint(namespace, undefined);
    },

    isSynced: (namespace) => !unsynced.has(namespace),

    defer(namespace, key) {
      const keys = deferred.get(namespace);
      if (keys === undefined) deferred.set(namespace, new Set([key]));
      else keys.add(key);
    },

    checkpoint(health) {
      for (const { namespace, lastSyncedAt } of health) {
        if (lastSyncedAt !== undefined) writer.pending.checkpoint(namespace, lastSyncedAt);
      }
    },

    baselined: () => baselinedNamespaces,

    watchedBefore() {
      const last = Math.max(...gapStart.values());
      return [...gapStart].filter(([, lastSyncedAt]) => lastSyncedAt > last - RECENT).map(([namespace]) => namespace);
    },

    withDowntime: downtime.addTo,
    settled: () => settled.size,
  };
}
