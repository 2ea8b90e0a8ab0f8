import type { Alert } from "../model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { JobAccess } from "../model/job.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Duration, Instant } from "../model/time.ts";

/** The stored state before an observation. */
export interface PriorState {
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** The latest episode by fingerprint, for any label set: a finding of this pod may join an alert of another pod. */
  readonly alert: (fingerprint: string) => Alert | undefined;
  /** Open alerts that list this pod's UID among their sources. */
  readonly alerts: readonly Alert[];
  /** The cached pods of the same workload, in no particular order. Called only when a pod of it has failed. */
  readonly siblings?: () => Iterable<PodSnapshot>;
  /** How far the clock of the pod's node is off, if that is known to be more than a minute. */
  readonly clockSkew?: Duration | undefined;
  /** Whether the Jobs of the namespace can be read; undefined when nobody reads them. */
  readonly jobs?: JobAccess | undefined;
}

export type PodObservation =
  | ({ readonly type: "updated"; readonly pod: PodSnapshot } & ObservationContext)
  /** `pod` is the last known snapshot. */
  | { readonly type: "removed"; readonly pod: PodSnapshot; readonly reason: RemovalReason };

/** How an observation follows on the previous one of the same pod. */
export interface ObservationContext {
  /**
   * Set for the first observation after a gap (a restart of Pod Watcher, a lost watch): when the namespace's cache was
   * last synced. Restarts that are counted now happened during the gap and are marked as inferred.
   */
  readonly resumedFrom?: Instant;
  /**
   * The namespace was never watched before: no history, no checkpoint, and its first sync is not complete. The state of
   * the pod is its baseline and raises no alert about the past. Without it, a container without history is assumed to
   * have had no restarts at the previous observation.
   */
  readonly baseline?: boolean;
  /** The list of the namespace's pods is not complete yet, so pods of the same workload may be missing. */
  readonly listing?: boolean;
  /** The previous snapshot, if it is still cached. */
  readonly previous?: PodSnapshot;
  /** The cluster was restored from a backup: the snapshot is a new baseline. */
  readonly rolledBack?: boolean;
}

/** The arguments for updating the history of one container. */
export interface HistoryInput extends ObservationContext, Pick<PriorState, "clockSkew"> {
  readonly pod: PodSnapshot;
  readonly policy: Policy;
  readonly now: Instant;
  /** The container whose exit restarted all containers of the pod in place; undefined when none did. */
  readonly trigger: string | undefined;
}

/**
 * Why a pod left the cache. `deleted`: its deletion was observed. `missing`: it was absent from a resync, so its final
 * state is unknown. `rolledBack`: the cluster was restored from a backup that does not contain it. `unwatched`: its
 * namespace is no longer watched.
 */
export type RemovalReason = "deleted" | "missing" | "rolledBack" | "unwatched";
