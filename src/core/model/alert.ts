import type { Restart } from "./history.ts";
import type { ContainerState, ContainerType, Termination, Workload } from "./pod.ts";
import type { Instant } from "./time.ts";

/** Every alert this program can raise; alerts.md and docs/alerts.md describe each. */
export const ALERTNAMES = [
  "PodRestartingTooOften",
  "PodCrashLooping",
  "PodImagePullFailing",
  "ContainerCannotStart",
  "ContainerOOMKilled",
  "PodUnschedulable",
  "PodPendingTooLong",
  "PodNotReady",
  "PodFailed",
  "PodStuckTerminating",
  "WorkloadCannotCreatePods",
  "WorkloadChurning",
  "NamespaceNotWatched",
  "WatchStale",
] as const;
export type Alertname = (typeof ALERTNAMES)[number];

export type Severity = "warning" | "critical";

/** Identity of an alert. A label that does not apply is absent. Counts, messages and exit codes are annotations. */
export interface AlertLabels {
  readonly alertname: Alertname;
  readonly namespace: string;
  /** `Kind/name`, such as `Deployment/checkout`. */
  readonly workload?: string;
  readonly pod?: string;
  readonly container?: string;
}

/** One reason to worry, in one snapshot and its history. */
export interface Finding {
  readonly labels: AlertLabels;
  readonly severity: Severity;
  readonly annotations: AlertAnnotations;
  readonly subject: AlertSubject;
  /** Since when it holds, where the snapshot itself says so; else it counts from when it was first seen. */
  readonly since?: Instant;
}

/** Description for people; never part of the identity. `summary` is one line, `description` says what to know next. */
export interface AlertAnnotations {
  readonly summary: string;
  readonly description: string;
  /** The Kubernetes reason that decided it (CrashLoopBackOff, OOMKilled, Unschedulable…), when there is one. */
  readonly reason?: string;
  readonly [name: string]: string | undefined;
}

/** The facts as they stood when the finding was last seen: enough to tell of it after the pod is gone. Plain JSON. */
export interface AlertSubject {
  readonly workload?: Workload;
  /** Its name, also where the labels name the workload alone, as those of a Job's failed pod do. */
  readonly pod?: string;
  readonly podUid?: string;
  readonly node?: string;
  readonly podStartedAt?: Instant;
  readonly container?: ContainerFacts;
}

export interface ContainerFacts {
  readonly name: string;
  readonly type: ContainerType;
  readonly image: string;
  readonly imageID?: string;
  readonly restartCount: number;
  /** Those counted within the window, oldest first. */
  readonly restarts: readonly Restart[];
  readonly state: ContainerState;
  readonly lastTerminated?: Termination;
}

/** See `nextState` in life.ts for how one follows another. */
export type AlertState =
  | { readonly name: "pending"; readonly activeAt: Instant; readonly lastSeenAt: Instant }
  | {
      readonly name: "firing";
      readonly activeAt: Instant;
      readonly firedAt: Instant;
      readonly lastSeenAt: Instant;
      /** Set while its finding is not seen: when it resolves, unless the finding comes back (`keep_firing_for`). */
      readonly endsAt?: Instant;
    }
  | { readonly name: "resolved"; readonly activeAt: Instant; readonly firedAt: Instant; readonly resolvedAt: Instant };

/** A finding's life over time. Plain JSON: the store keeps it as it is, one row per fingerprint and episode. */
export interface Alert {
  /** Hash of the sorted labels (fingerprint.ts). */
  readonly fingerprint: string;
  /** Counts from 1: how often this identity has begun anew after having been resolved. */
  readonly episode: number;
  readonly labels: AlertLabels;
  readonly severity: Severity;
  readonly state: AlertState;
  /**
   * Who reports it at present: pod UIDs, or `namespace:NAME` for what concerns a namespace. It is seen while one is
   * left. Several pods of a Job share one alert; a replaced StatefulSet pod joins its predecessor's.
   */
  readonly sources: readonly string[];
  readonly annotations: AlertAnnotations;
  readonly subject: AlertSubject;
  readonly acknowledgement?: Acknowledgement;
  /** The last one that ended because the alert got worse. */
  readonly formerAcknowledgement?: EndedAcknowledgement;
  /** While pending: the episode before, which is the newest again if this one is forgotten. It has no `previous`. */
  readonly previous?: Alert;
}

/** Someone took it: no reminders until it has been well for a whole window, or gets worse. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: Instant;
  readonly note: string;
  /** Tell again when it gets worse: another reason, another image, more pods. */
  readonly notifyOnWorsening: boolean;
}

export interface EndedAcknowledgement extends Acknowledgement {
  readonly endedAt: Instant;
  /** In words that go on after "ended: ". */
  readonly reason: string;
}

/** One line of the alert log: kept for the retention, never changed. */
export interface Transition {
  readonly at: Instant;
  readonly fingerprint: string;
  readonly episode: number;
  readonly labels: AlertLabels;
  readonly from: AlertState["name"] | "none";
  readonly to: AlertState["name"] | "none";
  /** Why, in words that a person at three in the morning understands. */
  readonly reason: string;
}
