import type { RemovalReason } from "../core/evaluate/observation.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Instant } from "../core/model/time.ts";

/**
 * The pods of the watched namespaces, kept true. The contract, as for client-go's SharedInformer:
 * - the picture is eventually right; what the sink sees is a *subsequence* of a pod's states: any may be missing;
 * - the changes of one pod come in order, those of different pods in any;
 * - the same state may come twice; a pod deleted and made anew under one name is two pods with two UIDs, and the
 *   first one's `gone` comes before the second one's `seen`;
 * - after a missed deletion only the last known state is left (`reason: "missing"`; `"unwatched"` when we leave it);
 * - the sink is called synchronously and must return within microseconds; what it throws is counted and does no harm.
 */
export interface PodSource extends AsyncDisposable {
  /** Starts watching; returns at once. Call once. */
  start(sink: PodSink): void;
  /** All known pods, of one namespace or of all, in no order. Valid until the next turn of the event loop. */
  pods(namespace?: string): Iterable<PodSnapshot>;
  pod(namespace: string, name: string): PodSnapshot | undefined;
  /** One entry per watched namespace, by name. */
  health(): readonly NamespaceHealth[];
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
  /** A namespace's picture is complete again: at first, and after every gap. */
  synced(namespace: string): void;
  /** Something in `health()` changed that a person or an alert may care about. */
  healthChanged(health: NamespaceHealth): void;
  /** A namespace is no longer watched; its pods were reported gone ("missing") before. */
  unwatched(namespace: string): void;
}

export type WatchState =
  | "starting"
  | "syncing"
  | "live"
  /** The picture was complete once and is not confirmed now. */
  | "stale"
  /** Reading by polling, since watch is denied. */
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
  /** Since when the picture is confirmed complete without a break; undefined when it is not confirmed now. */
  readonly syncedSince: Instant | undefined;
  /** Since when it is not confirmed, from the start on; undefined while it is. */
  readonly staleSince: Instant | undefined;
  /** The last moment at which the picture was known to be complete; undefined before the first sync. */
  readonly lastSyncedAt: Instant | undefined;
  readonly lastEventAt: Instant | undefined;
  readonly lastBookmarkAt: Instant | undefined;
  readonly resourceVersion: string | undefined;
  /** How often, by cause: full syncs ("start", "expired", "comparison"…), reconnects ("timeout", "reset"…). */
  readonly syncs: Readonly<Record<string, number>>;
  readonly reconnects: Readonly<Record<string, number>>;
  /** Counts of 401, 403, 410 and 429 answers, by status. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly decodeErrors: number;
  /** Pods that a full comparison found different from what the watch had told: should stay 0. */
  readonly differences: number;
  /** The newest first, at most 20. An open gap has no end. */
  readonly gaps: readonly Gap[];
  /** What went wrong last, for the person who can mend it; undefined when all is well. */
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
  /** What would mend it: a command to copy where there is one. */
  readonly remedy: string | undefined;
  /** Missing permissions as `verb resource`, such as `watch pods`. */
  readonly missing: readonly string[];
}
