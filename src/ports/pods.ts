import type { ClusterCause } from "../core/detect/namespace-health.ts";
import type { RemovalReason } from "../core/evaluate/observation.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Instant } from "../core/model/time.ts";

/**
 * The cached pods of the watched namespaces. The contract, as for client-go's SharedInformer:
 * - The cache is eventually consistent; the sink receives a *subsequence* of a pod's states.
 * - The changes of one pod arrive in order; there is no order between pods.
 * - A state may arrive twice. A pod that was deleted and recreated under the same name is two pods with two UIDs, and
 *   the first one is `removed` before the second one is `updated`.
 * - After a missed deletion, `removed` carries the last known state (reason `missing`).
 * - The sink is called synchronously and must return within microseconds. Its errors are counted and logged.
 */
export interface PodSource extends AsyncDisposable {
  /** Starts watching and returns immediately. Call once. */
  start(sink: PodSink): void;
  /** All cached pods, of one namespace or of all, unordered. Valid until control returns to the event loop. */
  pods(namespace?: string): Iterable<PodSnapshot>;
  pod(namespace: string, name: string): PodSnapshot | undefined;
  /** The watched namespaces, by name. The same array until they change. */
  namespaces(): readonly string[];
  /** One entry per watched namespace, by name. With thousands of namespaces, prefer `healthOf`. */
  health(): readonly NamespaceHealth[];
  /** Undefined when the namespace is not watched. */
  healthOf(namespace: string): NamespaceHealth | undefined;
}

export type PodChange =
  | {
      readonly type: "updated";
      readonly pod: PodSnapshot;
      /** Undefined when the pod was not in the cache. */
      readonly previous: PodSnapshot | undefined;
      /**
       * The cluster was restored from an etcd backup. Nothing happened to the pod: the snapshot is a new baseline, and
       * its differences from `previous` are not restarts.
       */
      readonly rolledBack?: boolean;
    }
  /** `pod` is the last known state; for `deleted` it is the final state that the API server sent. */
  | { readonly type: "removed"; readonly pod: PodSnapshot; readonly reason: RemovalReason };

export interface PodSink {
  changed(change: PodChange): void;
  /** The cache of a namespace is complete: first after the initial sync, then after every gap. */
  synced(namespace: string): void;
  /** The state or the problem of a namespace changed. */
  healthChanged(health: NamespaceHealth): void;
  /** A namespace is no longer watched; its pods have been reported as removed. */
  unwatched(namespace: string): void;
}

export type WatchState =
  | "starting"
  | "syncing"
  | "live"
  /** The cache was complete once, and its watch is not confirmed now. */
  | "stale"
  /** Listed periodically because the watch is refused. */
  | "polling"
  /** 401. */
  | "unauthenticated"
  /** 403. */
  | "forbidden"
  /** 404: the namespace does not exist. */
  | "missing";

export interface NamespaceHealth {
  readonly namespace: string;
  readonly state: WatchState;
  readonly pods: number;
  /** When the cache became synced, without a break since; undefined while it is not synced. */
  readonly syncedSince: Instant | undefined;
  /** When the cache became stale, initially the start; undefined while it is synced. */
  readonly staleSince: Instant | undefined;
  /** When the cache was last known to be complete; undefined before the first sync. */
  readonly lastSyncedAt: Instant | undefined;
  readonly lastEventAt: Instant | undefined;
  readonly lastBookmarkAt: Instant | undefined;
  readonly resourceVersion: string | undefined;
  /** Counts by cause: full syncs ("start", "expired", "consistency_check"…), reconnects ("timeout", "reset"…). */
  readonly syncs: Readonly<Record<string, number>>;
  readonly reconnects: Readonly<Record<string, number>>;
  /** Counts of 401, 403, 410 and 429 responses, by status. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly decodeErrors: number;
  /** Pods that consistency checks found different from the cache; should stay 0. */
  readonly differences: number;
  /** Newest first, at most 20. An open gap has no end. */
  readonly gaps: readonly Gap[];
  /** The current problem, for the person who can fix it. */
  readonly problem: Problem | undefined;
}

export interface Gap {
  readonly from: Instant;
  readonly to: Instant | undefined;
  readonly cause: string;
}

export interface Problem {
  readonly since: Instant;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** How to fix it: a command where there is one. */
  readonly remedy: string | undefined;
  /** Missing permissions as `verb resource`, such as `watch pods`. */
  readonly missing: readonly string[];
  /** Set if every namespace of the cluster has this problem: the API server is away, or it or we are not trusted. */
  readonly clusterCause?: ClusterCause;
}
