/** What the controllers work on, and with. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { OwnerReference, Pod } from "../model/objects.ts";
import type { PodTemplate } from "../model/pod-template.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob";

export interface WorkloadSpec extends PodTemplate {
  readonly namespace: string;
  readonly name: string;
  /** 1 when not given; of no meaning for DaemonSets, Jobs and CronJobs. */
  readonly replicas?: number;
  /** How often a Job's pods may fail before the Job has; 6 when not given. */
  readonly backoffLimit?: number;
  /** How often a CronJob starts a Job; 1 min when not given. */
  readonly every?: Duration;
}

/** A workload as it is now; `template` and `replicas` change with rollouts and scaling. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly spec: WorkloadSpec;
  readonly createdAt: { readonly wall: Instant; readonly monotonic: Instant };
  template: PodTemplate;
  replicas: number;
}

/** What owns pods directly: a ReplicaSet of a Deployment, a Job of a CronJob, or the workload itself. */
export interface PodOwner {
  readonly workload: Workload;
  readonly reference: OwnerReference;
  readonly template: PodTemplate;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a Job: the UIDs of its failed pods, when the next may come, and how it went. */
  readonly failures: Set<string>;
  nextPodAt: Instant;
  succeeded: boolean;
  finished: boolean;
}

export type Say = (type: "Normal" | "Warning", reason: string, message: string) => void;

/** What a controller works with. */
export interface Toolkit {
  readonly clock: Clock;
  nodes(): readonly string[];
  podsOf(workload: Workload): readonly Pod[];
  ownerOf(pod: Pod): PodOwner | undefined;
  ownersOf(workload: Workload): readonly PodOwner[];
  addOwner(workload: Workload, kind: string, name: string, labels: PodOwner["labels"]): PodOwner;
  /** With its pods. */
  removeOwner(owner: PodOwner): void;
  /** False when the API server refuses it; tried again later. */
  makePod(owner: PodOwner, name?: string): boolean;
  deletePod(owner: PodOwner, pod: Pod): void;
  write(pod: Pod): void;
  wake(workload: Workload, delay?: Duration): void;
  tell(owner: { readonly kind: string; readonly name: string; readonly uid: string }, namespace: string): Say;
}
