/** Workloads, the owners of pods, and the interface that controllers use. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { OwnerReference, Pod } from "../model/objects.ts";
import type { PodTemplate } from "../model/pod-template.ts";
import type { RecordEvent } from "../storage/event-recorder.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "BuildConfig";

export interface WorkloadSpec extends PodTemplate {
  readonly namespace: string;
  readonly name: string;
  /** Default 1; ignored for DaemonSets, Jobs, CronJobs and BuildConfigs. */
  readonly replicas?: number;
  /** How often the pods of a Job may fail before the Job fails; default 6. */
  readonly backoffLimit?: number;
  /** How long a Job may be active before it fails. */
  readonly activeDeadline?: Duration;
  /** The exit codes that fail a Job at once, without a retry (podFailurePolicy, action FailJob). */
  readonly failJobOn?: readonly number[];
  /** The interval at which a CronJob starts a Job; default 1 min. */
  readonly every?: Duration;
}

/** A workload in its current state; `template` and `replicas` change with rollouts and scaling. */
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

/** The direct owner of pods: a ReplicaSet of a Deployment, a Job of a CronJob, a Build of a BuildConfig, or the workload itself. */
export interface PodOwner {
  readonly workload: Workload;
  readonly reference: OwnerReference;
  readonly template: PodTemplate;
  readonly labels: Readonly<Record<string, string>>;
  /** For a Job or a Build: the UIDs of its failed pods, when the next pod may be created, and the result. */
  readonly failures: Set<string>;
  nextPodAt: Instant;
  succeeded: boolean;
  finished: boolean;
  readonly createdAt: { readonly wall: Instant; readonly monotonic: Instant };
  /** When a Job finished. */
  finishedAt?: Instant;
  /** Why it failed: the reason and message of its condition. */
  failure?: { readonly reason: string; readonly message: string } | undefined;
}

export interface Toolkit {
  readonly clock: Clock;
  nodes(): readonly string[];
  podsOf(workload: Workload): readonly Pod[];
  ownerOf(pod: Pod): PodOwner | undefined;
  ownersOf(workload: Workload): readonly PodOwner[];
  addOwner(workload: Workload, kind: string, name: string, labels: PodOwner["labels"]): PodOwner;
  /** With its pods. */
  removeOwner(owner: PodOwner): void;
  /** False when the API server rejects the pod; it is retried later. */
  makePod(owner: PodOwner, name?: string): boolean;
  deletePod(owner: PodOwner, pod: Pod): void;
  write(pod: Pod): void;
  wake(workload: Workload, delay?: Duration): void;
  recorderFor(
    owner: { readonly kind: string; readonly name: string; readonly uid: string },
    namespace: string,
  ): RecordEvent;
}
