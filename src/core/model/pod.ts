import type { Instant } from "./time.ts";

/**
 * One pod at one moment: an immutable value with the fields that detectors need. Only the decoders in
 * `kubernetes/decode` create it; no other part depends on the API's format. Strings that repeat across pods (namespace,
 * node, reasons, container and image names) are interned by the decoder. To save memory, fields of a pod and of its
 * containers may be getters, so do not copy a pod with `{ ...pod }`: use `plainPod` in `kubernetes/decode/packed-pod.ts`.
 * JSON.stringify sees all fields.
 */
export interface PodSnapshot {
  /** The identity of a pod: a pod with the same name and another UID is another pod (API concepts, "Names and UIDs"). */
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly createdAt: Instant;
  /** `metadata.deletionTimestamp`: the end of the grace period, set when deletion is requested. */
  readonly deletionAt: Instant | undefined;
  /** When deletion was requested: `deletionAt` less the grace period. */
  readonly deletionRequestedAt: Instant | undefined;
  /** The controller from the ownerReferences, such as a ReplicaSet or a Job. */
  readonly owner: Owner | undefined;
  /** The outermost controller, derived by `workloadOf`; the pod itself when it has no controller. */
  readonly workload: Workload;
  /**
   * Which part of its owner's work the pod does: the completion index of an Indexed Job, or the node of an Argo Workflow
   * without the number of the attempt. Undefined for other pods.
   */
  readonly part: string | undefined;
  readonly node: string | undefined;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  /** `status.phase`: Pending, Running, Succeeded, Failed, Unknown, or a value that a later Kubernetes version adds. */
  readonly phase: string;
  /** `status.reason`, such as Evicted; undefined when empty. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** `status.startTime`: when the kubelet accepted the pod. */
  readonly startedAt: Instant | undefined;
  /** The conditions that detectors use; undefined if the pod does not have them. */
  readonly conditions: PodConditions;
  /** `spec.schedulerName`, if it is not the default scheduler. */
  readonly scheduler?: string | undefined;
  /** The references of image volumes (KEP-4639), if there are any. */
  readonly imageVolumes?: readonly string[] | undefined;
  /** OpenShift ended this deployer or hook pod, because its rollout was cancelled by a person or by a newer rollout. */
  readonly isCancelled?: boolean;
  /** The kubelet has not yet seen the current spec: `status.observedGeneration` is behind (KEP-5067). */
  readonly statusIsOutdated?: boolean;
  /** Only annotations with the prefix `pod-watcher.io/`, without the prefix. Undefined when there are none. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Init containers first, then main, then ephemeral ones, in spec order. Includes containers without a status. */
  readonly containers: readonly ContainerSnapshot[];
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** The outermost controller that can be derived from the pod alone, such as a Deployment or CronJob. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
}

export interface PodConditions {
  readonly ready: PodCondition | undefined;
  readonly scheduled: PodCondition | undefined;
  readonly initialized: PodCondition | undefined;
  /** DisruptionTarget: preemption, eviction or a taint is about to end the pod (KEP-3329). */
  readonly disruption: PodCondition | undefined;
  /** AllContainersRestarting: a restart rule restarts all containers in place (KEP-5532). */
  readonly allContainersRestarting: PodCondition | undefined;
  /** PodReadyToStartContainers of a pending pod, or if it is not True: whether it has a sandbox with network (KEP-3085). */
  readonly readyToStartContainers?: PodCondition | undefined;
  /** PodResizePending and PodResizeInProgress: an in-place resize that was requested or has begun (KEP-1287). */
  readonly resizePending?: PodCondition | undefined;
  readonly resizeInProgress?: PodCondition | undefined;
}

export interface PodCondition {
  readonly status: "True" | "False" | "Unknown";
  readonly since: Instant | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

/** `sidecar` is an init container with restartPolicy Always, which keeps running (KEP-753). */
export type ContainerType = "main" | "init" | "sidecar" | "ephemeral";

export interface ContainerSnapshot {
  readonly name: string;
  readonly type: ContainerType;
  /** Never negative. Can drop to 0 if the node loses its state (core/v1 types.go, ContainerStatus.RestartCount). */
  readonly restartCount: number;
  readonly ready: boolean;
  /** ID of the running or last container: the first 16 characters after the runtime prefix, such as `containerd://`. */
  readonly containerID: string | undefined;
  readonly image: string;
  /** `status.imageID`: digest or ID of the pulled image. */
  readonly imageID: string | undefined;
  readonly state: ContainerState;
  readonly lastTerminated: Termination | undefined;
  /** `restartPolicyRules` (KEP-5307, KEP-5532), if there are any. */
  readonly restartRules?: readonly RestartRule[] | undefined;
  /** A resize of one of its resources restarts the container: `resizePolicy` RestartContainer. */
  readonly resizeRestarts?: boolean;
  readonly startupProbe?: boolean;
  /** It is running, and its startup probe or postStart hook has not succeeded yet: `started` is false. */
  readonly starting?: boolean;
}

/** The action when the container exits with one of these codes (`In`), or with any other (`NotIn`). */
export interface RestartRule {
  /** `Restart`, `RestartAllContainers`, or a value that a later Kubernetes version adds. */
  readonly action: string;
  readonly operator: string;
  readonly exitCodes: readonly number[];
}

export type ContainerState =
  | { readonly name: "running"; readonly startedAt: Instant | undefined }
  | { readonly name: "waiting"; readonly reason: string | undefined; readonly message: string | undefined }
  | ({ readonly name: "terminated" } & Termination)
  /** No status yet, or a state without a member: the kubelet has not reported. */
  | { readonly name: "unknown" };

/** How one run of a container ended. */
export interface Termination {
  readonly exitCode: number;
  readonly signal: number | undefined;
  readonly reason: string | undefined;
  /** The last part of the termination message; the kubelet limits it to 4 KiB. */
  readonly message: string | undefined;
  readonly startedAt: Instant | undefined;
  /** Undefined for records that the kubelet synthesizes (ContainerStatusUnknown). */
  readonly finishedAt: Instant | undefined;
  readonly containerID: string | undefined;
}
