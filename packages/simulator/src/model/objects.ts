/**
 * The API objects of the simulated cluster, with the fields that it writes in the order of core/v1 (kubernetes/api,
 * core/v1/types.go), so that their JSON equals that of a real API server. Times are RFC 3339 with whole seconds, like
 * `metav1.Time`.
 */

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string | null;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time: string;
  fieldsType: "FieldsV1";
  fieldsV1: Record<string, unknown>;
  subresource?: string;
}

/** The common part of all stored objects. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
}

export interface Pod extends ApiObject {
  spec: PodSpec;
  status: PodStatus;
}

/** The spec of a pod. The simulated kubelet reads some fields; the others exist for the size of the object. */
export interface PodSpec {
  volumes?: unknown[];
  initContainers?: Container[];
  containers: Container[];
  restartPolicy: "Always" | "OnFailure" | "Never";
  terminationGracePeriodSeconds: number;
  activeDeadlineSeconds?: number;
  dnsPolicy?: string;
  nodeSelector?: Record<string, string>;
  serviceAccountName?: string;
  serviceAccount?: string;
  nodeName?: string;
  securityContext?: Record<string, unknown>;
  imagePullSecrets?: { name: string }[];
  affinity?: NodeAffinity;
  schedulerName?: string;
  tolerations?: unknown[];
  priority?: number;
  enableServiceLinks?: boolean;
  preemptionPolicy?: string;
}

/** The only affinity that the simulator writes: it binds a pod of a DaemonSet to its node. */
export interface NodeAffinity {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: { matchFields: { key: string; operator: "In"; values: string[] }[] }[];
    };
  };
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  ports?: unknown[];
  env?: unknown[];
  resources: Record<string, unknown>;
  restartPolicy?: "Always";
  restartPolicyRules?: unknown[];
  volumeMounts?: unknown[];
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  securityContext?: Record<string, unknown>;
}

export interface PodStatus {
  phase: string;
  conditions?: PodCondition[];
  message?: string;
  reason?: string;
  hostIP?: string;
  hostIPs?: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  startTime?: string;
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  qosClass?: string;
  ephemeralContainerStatuses?: ContainerStatus[];
}

export interface PodCondition {
  type: string;
  status: "True" | "False" | "Unknown";
  lastProbeTime: string | null;
  lastTransitionTime: string | null;
  reason?: string;
  message?: string;
}

export interface ContainerStatus {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  started?: boolean;
  volumeMounts?: unknown[];
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt: string | null };
  terminated?: TerminatedState;
}

export interface TerminatedState {
  exitCode: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt: string | null;
  finishedAt: string | null;
  containerID?: string;
}

/** core/v1 Event about another object; expires after one to three hours. */
export interface Event extends ApiObject {
  involvedObject: ObjectReference;
  reason: string;
  message: string;
  source: { component?: string; host?: string };
  firstTimestamp: string | null;
  lastTimestamp: string | null;
  count?: number;
  type: "Normal" | "Warning";
  eventTime: string | null;
  action?: string;
  reportingComponent: string;
  reportingInstance: string;
}

export interface ObjectReference {
  kind: string;
  namespace?: string;
  name: string;
  uid: string;
  apiVersion?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

/** `metav1.Status`: the response of an API server to a request that fails. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: { readonly continue?: string };
  readonly status: "Failure" | "Success";
  readonly message: string;
  readonly reason: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field?: string }[];
  readonly retryAfterSeconds?: number;
}

/** RFC 3339 with whole seconds. */
export function timestamp(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
