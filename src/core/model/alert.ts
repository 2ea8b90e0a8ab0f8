import type { Restart } from "./history.ts";
import type { ContainerState, ContainerType, Termination, Workload } from "./pod.ts";
import type { Instant } from "./time.ts";

/** Every alert that Pod Watcher can raise. docs/alerts.md describes each. */
export const ALERTNAMES = [
  "PodRestartingTooOften",
  "PodCrashLooping",
  "PodImagePullFailing",
  "ContainerCannotStart",
  "ContainerOOMKilled",
  "PodUnschedulable",
  "PodPendingTooLong",
  "PodNotReady",
  "PodResizeFailing",
  "PodFailed",
  "JobFailed",
  "JobNotCompleting",
  "PodStuckTerminating",
  "WorkloadCannotCreatePods",
  "WorkloadChurning",
  "ClusterUnreachable",
  "NamespaceNotWatched",
  "WatchStale",
] as const;
export type Alertname = (typeof ALERTNAMES)[number];

export type Severity = "warning" | "critical";

/** The identity of an alert. Labels that do not apply are absent. Counts, messages and exit codes are annotations. */
export interface AlertLabels {
  readonly alertname: Alertname;
  readonly namespace: string;
  /** `Kind/name`, such as `Deployment/checkout`. */
  readonly workload?: string;
  readonly pod?: string;
  readonly container?: string;
}

/** One failure that a detector reports for one observation. */
export interface Finding {
  readonly labels: AlertLabels;
  readonly severity: Severity;
  readonly annotations: AlertAnnotations;
  readonly subject: AlertSubject;
  /** When it became true, if the snapshot contains that; otherwise the time of the first observation counts. */
  readonly since?: Instant;
}

/** Texts for people; never part of the identity. `summary` is one line, `description` has the details and the remedy. */
export interface AlertAnnotations {
  readonly summary: string;
  readonly description: string;
  /** The Kubernetes reason behind the finding (CrashLoopBackOff, OOMKilled, Unschedulable…), if there is one. */
  readonly reason?: string;
  readonly [name: string]: string | undefined;
}

/** The facts when the finding was last reported: enough to describe it after the pod was removed. Plain JSON. */
export interface AlertSubject {
  readonly workload?: Workload;
  /** The name of the pod, even if the labels contain only the workload, as for the failed pods of a Job. */
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
  /** The restarts within the restart time frame, oldest first. */
  readonly restarts: readonly Restart[];
  readonly state: ContainerState;
  readonly lastTerminated?: Termination;
}

/** `nextState` in alert-state.ts computes the transitions. */
export type AlertState =
  | { readonly name: "pending"; readonly activeAt: Instant; readonly lastSeenAt: Instant }
  | {
      readonly name: "firing";
      readonly activeAt: Instant;
      readonly firedAt: Instant;
      readonly lastSeenAt: Instant;
      /** Set while the finding is cleared: when the alert resolves unless the finding returns (`keep_firing_for`). */
      readonly endsAt?: Instant;
    }
  | { readonly name: "resolved"; readonly activeAt: Instant; readonly firedAt: Instant; readonly resolvedAt: Instant };

/** A finding over time. Plain JSON: the store saves it unchanged, one row per fingerprint and episode. */
export interface Alert {
  /** Hash of the sorted labels (fingerprint.ts). */
  readonly fingerprint: string;
  /** Counts from 1: a finding that returns after the alert resolved starts the next episode. */
  readonly episode: number;
  readonly labels: AlertLabels;
  readonly severity: Severity;
  readonly state: AlertState;
  /** It was true when watching began, and its start is not known: `activeAt` is the time of that observation. */
  readonly sinceAtLeast?: true;
  /**
   * The current reporters of the finding: pod UIDs, or `namespace:NAME` for findings about a namespace. The alert stays
   * active while one is left. Pods of one Job share an alert, and so do a StatefulSet pod and its replacement.
   */
  readonly sources: readonly string[];
  readonly annotations: AlertAnnotations;
  readonly subject: AlertSubject;
  /** Collected once after it fired, and committed with it. */
  readonly evidence?: KeyEvidence;
  readonly acknowledgement?: Acknowledgement;
  /** The last acknowledgement that ended because the alert got worse. */
  readonly formerAcknowledgement?: EndedAcknowledgement;
  /** While pending: the previous episode, which becomes the latest again if this one becomes inactive. It has no `previous`. */
  readonly previous?: Alert;
}

/** The part of the evidence with which detectors describe the failure. Plain JSON, secrets masked. */
export interface KeyEvidence {
  readonly podUid: string;
  /** Newest first. */
  readonly events: readonly KeyEvent[];
  /** Of the pod, such as `example.com/protect`. */
  readonly finalizers: readonly string[];
  /** The run of the container that `log` is about; undefined if it has not ended yet. */
  readonly run?: { readonly exitCode: number; readonly finishedAt?: Instant };
  /** The last lines of that run. */
  readonly log?: readonly string[];
}

/** A Kubernetes Event about a pod or one of its containers. */
export interface KeyEvent {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** When it last happened; 0 if the event has no time. */
  readonly at: Instant;
  /** Absent for an event about the whole pod. */
  readonly container?: string;
}

/** Someone handles the alert: no notifications until it recovers for a full window, or gets worse. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: Instant;
  readonly note: string;
  /** Notify again when the alert gets worse: another reason, another image or more pods. */
  readonly notifyOnWorsening: boolean;
  /** It also covers later alerts of the same workload and cause, until their incident is resolved. */
  readonly coversIncident?: true;
}

export interface EndedAcknowledgement extends Acknowledgement {
  readonly endedAt: Instant;
  /** Completes the sentence "The acknowledgement ended: …". */
  readonly reason: string;
}

/** One entry of the alert log: kept for the retention period, never changed. */
export interface Transition {
  readonly at: Instant;
  readonly fingerprint: string;
  readonly episode: number;
  readonly labels: AlertLabels;
  readonly from: AlertState["name"] | "inactive";
  readonly to: AlertState["name"] | "inactive";
  /** One or more complete sentences for people. */
  readonly reason: string;
}

/** The annotation `cause` of an alert about a pod whose node stopped reporting. */
export const NODE_NOT_READY = "NodeNotReady";

/** When the alert fired; for a pending alert, when it became active. */
export function firedAt({ state }: Pick<Alert, "state">): Instant {
  return state.name === "pending" ? state.activeAt : state.firedAt;
}
