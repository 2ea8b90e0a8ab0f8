import type { Instant } from "./time.ts";

/**
 * State of one pod that is kept between observations. It exists only for pods with a container that has restarted, is
 * failing or has a pending deadline, so memory grows with the number of failing pods, not with the cluster. Plain JSON:
 * the store saves it unchanged.
 */
export interface PodHistory {
  readonly uid: string;
  readonly namespace: string;
  readonly pod: string;
  /** By container name, which is unique in a pod across all container types. */
  readonly containers: Readonly<Record<string, ContainerHistory>>;
  /** The pod that took the place of this one after it failed. */
  readonly replacedBy?: string;
  /** When these states were first observed, if the clock of the node is off by more than a minute. */
  readonly observed?: Readonly<Partial<Record<ObservedState, ObservedTime>>>;
}

/** The pod is not ready; it is pending; its resize is failing; it has ended. */
export type ObservedState = "notReady" | "pending" | "resizing" | "ended";

export interface ObservedTime {
  /** By the clock of the node. */
  readonly since: Instant;
  /** By our clock. */
  readonly at: Instant;
}

export interface ContainerHistory {
  /** The last observed restartCount: the baseline for the next observation. */
  readonly restartCount: number;
  readonly containerID: string | undefined;
  /** `terminationId` of the newest termination that was already processed. */
  readonly lastTerminationId: string | undefined;
  /** Restarts within the restart time frame, oldest first, at most `MAX_RESTARTS`. */
  readonly restarts: readonly Restart[];
  /** When the container crashed, within the window of the crash-loop latch, oldest first. */
  readonly recentCrashes: readonly Instant[];
  /** When the crash-loop latch opened; undefined while it is closed. */
  readonly crashLoopingSince: Instant | undefined;
  readonly oomKilledAt: Instant | undefined;
  /** How the current run ended, if it did. It explains the next restart in case its record is gone by then. */
  readonly currentTermination?: TerminationSummary;
  /** finishedAt of the newest processed termination. Older records that reappear are ignored. */
  readonly lastTerminatedAt?: Instant;
  /** When the current run was first observed, if the clock of its node says otherwise by more than a minute. */
  readonly runningSince?: Instant;
  /** When the image in the spec last changed, until the restart that this causes, which is planned. */
  readonly imageChangedAt?: Instant;
  /** When an in-place resize that restarts the container was last in progress, until that restart, which is planned. */
  readonly resizedAt?: Instant;
  /**
   * After the cluster was restored from a backup: the containerID that the backup contains, or "" when it contains
   * none. Until the kubelet reports again, counts below the ones above are ignored (rollback.ts).
   */
  readonly rolledBackContainerID?: string;
}

export interface TerminationSummary {
  /** Undefined when the record has no finishedAt. */
  readonly at: Instant | undefined;
  readonly reason: string | undefined;
  readonly exitCode: number;
}

/** A crash loop at maximum backoff restarts 48 times in 4 hours. */
export const MAX_RESTARTS = 500;

/** One restart, derived from an increase of restartCount. */
export interface Restart {
  /** When the previous run ended according to its termination record, or else when the restart was observed. */
  readonly at: Instant;
  /** Why the previous run ended. Undefined when Kubernetes no longer has the record: it keeps only the last one. */
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
  /** The time is not from a record: the restart happened during a gap or between two observations. */
  readonly inferred: boolean;
  /** When it was observed, if later than `at`: the backoff of a crash loop delays a restart by up to five minutes. */
  readonly countedAt?: Instant;
  /** Why it was planned, such as a restart rule or a changed image. Planned restarts raise no alert. */
  readonly planned?: string;
}

export function countedAt(restart: Restart): Instant {
  return restart.countedAt ?? restart.at;
}

/** Why a restart was planned: a restart rule with action RestartAllContainers. */
export const ALL_RESTARTED = "a restart rule restarted all containers of the pod";

/** The restarts that count towards alerts. A pod that restarts all its containers again and again does not work either. */
export function unplannedRestarts(restarts: readonly Restart[]): readonly Restart[] {
  return restarts.filter(({ planned }) => planned === undefined || planned === ALL_RESTARTED);
}

/** State of a workload across its pods. It exists only while pods are replaced unusually often. */
export interface WorkloadHistory {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Pods whose deletion began within the churn window, before they were that old and without a restart, in that order. */
  readonly shortLivedPods: readonly ShortLivedPod[];
}

export interface ShortLivedPod {
  readonly uid: string;
  readonly name: string;
  readonly node?: string;
  readonly createdAt: Instant;
  /** When its deletion was requested. */
  readonly endedAt: Instant;
  /** When it was gone: the containers may run on during the grace period. */
  readonly removedAt?: Instant;
  /** Name of its controller: a rollout removes the pods of one ReplicaSet and creates those of another. */
  readonly owner: string;
}
