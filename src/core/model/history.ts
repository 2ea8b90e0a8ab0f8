import type { Instant } from "./time.ts";

/**
 * What is remembered of one pod between two looks at it. Exists only for pods with a container that has restarted,
 * is failing, or waits for a deadline: memory follows trouble, not size. Plain JSON: the store keeps it as it is.
 */
export interface PodHistory {
  readonly uid: string;
  readonly namespace: string;
  readonly pod: string;
  /** By container name, which is unique in a pod across all container types. */
  readonly containers: Readonly<Record<string, ContainerHistory>>;
}

export interface ContainerHistory {
  /** The restartCount last seen: the baseline that the next one is compared with. */
  readonly restartCount: number;
  readonly containerID: string | undefined;
  /** Identity of the newest termination record already told of (containerID, else finishedAt and exit code). */
  readonly lastTermination: string | undefined;
  /** Restarts in the window, oldest first; pruned to the longest window in force and to `MAX_RESTARTS_KEPT`. */
  readonly restarts: readonly Restart[];
  /** Terminations within the crash-loop latch's window, oldest first; the latch opens at three within 15 minutes. */
  readonly terminations: readonly Instant[];
  /** Since when the crash-loop latch is open; undefined when it is closed. */
  readonly loopingSince: Instant | undefined;
  /** The newest new termination with reason OOMKilled. */
  readonly oomKilledAt: Instant | undefined;
  /** How the present run ended, when it has: what the next restart follows, should its record be gone by then. */
  readonly ended?: RunEnd;
  /** When the newest termination told of ended: an older record that turns up again is no news. */
  readonly lastEndedAt?: Instant;
  /** When the image in the spec was last changed: the restart that this causes is a wanted one. */
  readonly changedAt?: Instant;
  /**
   * The container that the cluster showed when it was restored from a backup; empty when it showed none. Until the
   * kubelet has caught up, what lies below the counts above is no news.
   */
  readonly restored?: string;
}

/** How one run of a container ended, as far as a restart needs to know. */
export interface RunEnd {
  /** Undefined when the record does not say. */
  readonly at: Instant | undefined;
  readonly reason: string | undefined;
  readonly exitCode: number;
}

/** More restarts than this in one window say nothing new; a crash loop at its cap makes 48 in 4 hours. */
export const MAX_RESTARTS_KEPT = 500;

/** One restart that was counted from a difference of restartCount. */
export interface Restart {
  /** When the run before it ended, by the termination record; else when it was seen. */
  readonly at: Instant;
  /** Why the run before it ended; undefined when Kubernetes no longer knows (only the last record is kept). */
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
  /** The time is not from a record: it happened while nobody watched, or between two looks. */
  readonly inferred: boolean;
  /** When it was counted. A crash loop's back-off puts minutes between the end of a run and the restart after it. */
  readonly seenAt?: Instant;
  /** Why it was wanted (a restart rule, a changed image…), in words; such restarts raise no alert. */
  readonly planned?: string;
}

/** What is remembered of a workload across its pods: only while pods come and go unusually often. */
export interface WorkloadHistory {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Pods that lived for less than the churn window and went within it without a restart, in the order they went. */
  readonly shortLivedPods: readonly ShortLivedPod[];
  /** The newest end of a pod that succeeded: a Job's later success ends the alert of its earlier failures. */
  readonly lastSuccessAt: Instant | undefined;
}

/** A pod that did not live long. */
export interface ShortLivedPod {
  readonly uid: string;
  readonly at: Instant;
  readonly goneAt: Instant;
  /** The controller that made it: a rollout ends the pods of one ReplicaSet and makes those of another. */
  readonly owner: string;
}
