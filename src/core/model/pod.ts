import type { Instant } from "./time.ts";

/**
 * One pod at one moment, reduced to what decides whether it is well: a plain value that never changes.
 * Made by the decoders in `kubernetes/decode` and by nothing else; no other part knows the API's shape.
 * Strings that repeat across pods (namespace, node, reasons, container and image names) are interned by the decoder.
 * To save memory, fields of a pod and of its containers may be getters: read them, but do not copy with `{ ...pod }`;
 * `plainPod` in `kubernetes/decode/packed-pod.ts` and JSON.stringify see all of them.
 */
export interface PodSnapshot {
  /** Identity: a pod of the same name with another UID is another pod (API concepts, "Names and UIDs"). */
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly createdAt: Instant;
  /** `metadata.deletionTimestamp`: the moment at which the grace period is over, set when deletion was asked for. */
  readonly deletionAt: Instant | undefined;
  /** The controller that replaces this pod, as its ownerReference names it (a ReplicaSet, a Job…). */
  readonly owner: Owner | undefined;
  /** What a person deployed: the Deployment above the ReplicaSet, the CronJob above the Job; the pod itself when bare. */
  readonly workload: Workload;
  readonly node: string | undefined;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  /** `status.phase` as given: Pending, Running, Succeeded, Failed, Unknown, or a value of a later Kubernetes. */
  readonly phase: string;
  /** `status.reason`, such as Evicted; undefined when empty. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** `status.startTime`: when the kubelet took the pod. */
  readonly startedAt: Instant | undefined;
  /** The conditions that detectors read; a type the pod does not have is undefined. */
  readonly conditions: PodConditions;
  /** Only the keys under `pod-watcher.io/`, without that prefix. Undefined when there is none. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** In the order init, main, ephemeral, each as in the pod's spec; includes containers that have no status yet. */
  readonly containers: readonly ContainerSnapshot[];
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** What people call "the application": the outermost controller that can be told from the pod alone. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
}

export interface PodConditions {
  readonly ready: PodCondition | undefined;
  readonly scheduled: PodCondition | undefined;
  readonly initialized: PodCondition | undefined;
  /** DisruptionTarget: the pod is about to be ended by preemption, eviction or a taint (KEP-3329). */
  readonly disruption: PodCondition | undefined;
  /** AllContainersRestarting: every container is restarted in place by rule (KEP-5532). */
  readonly allContainersRestarting: PodCondition | undefined;
}

export interface PodCondition {
  readonly status: "True" | "False" | "Unknown";
  readonly since: Instant | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

/** `sidecar` is an init container with restartPolicy Always (KEP-753): it runs beside the main ones. */
export type ContainerType = "main" | "init" | "sidecar" | "ephemeral";

export interface ContainerSnapshot {
  readonly name: string;
  readonly type: ContainerType;
  /** Never negative; may fall to 0 when the node lost its state (core/v1 types.go, ContainerStatus.RestartCount). */
  readonly restartCount: number;
  readonly ready: boolean;
  /** Short, stable id of the running or last container: the first 16 characters after `containerd://` or the like. */
  readonly containerID: string | undefined;
  readonly image: string;
  /** The pulled image's digest or id, as `status.imageID` has it. */
  readonly imageID: string | undefined;
  readonly state: ContainerState;
  readonly lastTerminated: Termination | undefined;
  /** True when the container has its own restart rules (KEP-5307): its restarts may be wanted ones. */
  readonly restartRules: boolean;
}

export type ContainerState =
  | { readonly name: "running"; readonly startedAt: Instant | undefined }
  | { readonly name: "waiting"; readonly reason: string | undefined; readonly message: string | undefined }
  | ({ readonly name: "terminated" } & Termination)
  /** No status yet, or a state without a member: the kubelet has not spoken. */
  | { readonly name: "unknown" };

/** How one run of a container ended. */
export interface Termination {
  readonly exitCode: number;
  readonly signal: number | undefined;
  readonly reason: string | undefined;
  /** The end of the termination message, at most 4 KiB by the kubelet's own limit. */
  readonly message: string | undefined;
  readonly startedAt: Instant | undefined;
  /** Undefined for the records that the kubelet makes up (ContainerStatusUnknown). */
  readonly finishedAt: Instant | undefined;
  readonly containerID: string | undefined;
}
