import { NEVER, type Seconds } from "./timestamp.ts";

/** One pod while it is being decoded, in the same form from both formats. An empty string means absent. */
export interface PodDraft {
  uid: string;
  namespace: string;
  name: string;
  resourceVersion: string;
  createdAt: Seconds;
  deletionAt: Seconds;
  /** In seconds. */
  deletionGracePeriod: number;
  ownerKind: string;
  ownerName: string;
  /** In the order of `LABELS`. */
  readonly labels: string[];
  deploymentConfig: string;
  /** An annotation of `PART_ANNOTATIONS`. */
  part: string;
  /** Annotations with the prefix `pod-watcher.io/`, which is removed. */
  annotations: Record<string, string> | undefined;
  /** A bookmark's `k8s.io/initial-events-end`. */
  initialEventsEnd: boolean;
  /** `metadata.generation` and `status.observedGeneration`; 0 means absent. */
  generation: number;
  observedGeneration: number;
  node: string;
  scheduler: string;
  /** The references of image volumes. */
  readonly imageVolumes: string[];
  restartPolicy: string;
  /** In seconds; 0 means absent. */
  activeDeadline: number;
  phase: string;
  reason: string;
  message: string;
  startedAt: Seconds;
  /** In the order of `CONDITIONS`. */
  readonly conditions: (ConditionDraft | undefined)[];
  readonly initContainers: ContainerDraft[];
  readonly containers: ContainerDraft[];
  readonly ephemeralContainers: ContainerDraft[];
  readonly initStatuses: StatusDraft[];
  readonly statuses: StatusDraft[];
  readonly ephemeralStatuses: StatusDraft[];
}

export interface ConditionDraft {
  status: string;
  since: Seconds;
  reason: string;
  message: string;
}

/** A container of `spec`. */
export interface ContainerDraft {
  name: string;
  image: string;
  restartPolicy: string;
  readonly restartRules: RestartRuleDraft[];
  /** A resource has the resize policy RestartContainer. */
  resizeRestarts: boolean;
  startupProbe: boolean;
}

export interface RestartRuleDraft {
  action: string;
  operator: string;
  readonly exitCodes: number[];
}

/** A container of `status`. */
export interface StatusDraft {
  name: string;
  state: StateDraft;
  lastState: StateDraft;
  ready: boolean;
  /** `started` is present and false. */
  notStarted: boolean;
  restartCount: number;
  imageID: string;
  containerID: string;
}

/** At most one is set (core/v1 ContainerState); none before the kubelet has reported. */
export interface StateDraft {
  waiting: { reason: string; message: string } | undefined;
  running: { startedAt: Seconds } | undefined;
  terminated: TerminationDraft | undefined;
}

export interface TerminationDraft {
  exitCode: number;
  signal: number;
  reason: string;
  message: string;
  startedAt: Seconds;
  finishedAt: Seconds;
  containerID: string;
}

/** The labels that identify the workload. */
export const LABELS = [
  "pod-template-hash",
  "rollouts-pod-template-hash",
  "openshift.io/deployer-pod-for.name",
  "openshift.io/build.name",
  "openshift.io/build-config.name",
] as const;

/** The conditions that detectors read. */
export const CONDITIONS = [
  "Ready",
  "PodScheduled",
  "Initialized",
  "DisruptionTarget",
  "AllContainersRestarting",
  "PodReadyToStartContainers",
  "PodResizePending",
  "PodResizeInProgress",
] as const;

/** The completion index of an Indexed Job, and the node of an Argo Workflow with the number of the attempt. */
export const PART_ANNOTATIONS = [
  "batch.kubernetes.io/job-completion-index",
  "workflows.argoproj.io/node-name",
] as const;
export const DEPLOYMENT_CONFIG_ANNOTATION = "openshift.io/deployment-config.name";
/** Ends the initial events of a WatchList (KEP-3157). */
export const INITIAL_EVENTS_END_ANNOTATION = "k8s.io/initial-events-end";
/** Annotations with settings for the pods of one workload. */
export const OWN_ANNOTATIONS = "pod-watcher.io/";

export function newPodDraft(): PodDraft {
  return {
    uid: "",
    namespace: "",
    name: "",
    resourceVersion: "",
    createdAt: NEVER,
    deletionAt: NEVER,
    deletionGracePeriod: 0,
    ownerKind: "",
    ownerName: "",
    labels: ["", "", "", "", ""],
    deploymentConfig: "",
    part: "",
    annotations: undefined,
    initialEventsEnd: false,
    generation: 0,
    observedGeneration: 0,
    node: "",
    scheduler: "",
    imageVolumes: [],
    restartPolicy: "",
    activeDeadline: 0,
    phase: "",
    reason: "",
    message: "",
    startedAt: NEVER,
    conditions: [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined],
    initContainers: [],
    containers: [],
    ephemeralContainers: [],
    initStatuses: [],
    statuses: [],
    ephemeralStatuses: [],
  };
}

export function newContainerDraft(): ContainerDraft {
  return { name: "", image: "", restartPolicy: "", restartRules: [], resizeRestarts: false, startupProbe: false };
}

export function newRestartRuleDraft(): RestartRuleDraft {
  return { action: "", operator: "", exitCodes: [] };
}

export function newStatusDraft(): StatusDraft {
  return {
    name: "",
    state: newStateDraft(),
    lastState: newStateDraft(),
    ready: false,
    notStarted: false,
    restartCount: 0,
    imageID: "",
    containerID: "",
  };
}

function newStateDraft(): StateDraft {
  return { waiting: undefined, running: undefined, terminated: undefined };
}

export function newTerminationDraft(): TerminationDraft {
  return { exitCode: 0, signal: 0, reason: "", message: "", startedAt: NEVER, finishedAt: NEVER, containerID: "" };
}

export function newConditionDraft(): ConditionDraft {
  return { status: "", since: NEVER, reason: "", message: "" };
}
