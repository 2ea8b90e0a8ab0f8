import { NEVER, type Seconds } from "./timestamp.ts";

/**
 * What a decoder has read of one pod so far: the meeting point of the two formats. All strings may be empty, which
 * means the same as absent. One draft is used again and again: `clearPod` between two pods.
 */
export interface PodDraft {
  uid: string;
  namespace: string;
  name: string;
  resourceVersion: string;
  createdAt: Seconds;
  deletionAt: Seconds;
  ownerKind: string;
  ownerName: string;
  podTemplateHash: string;
  rolloutHash: string;
  deploymentConfig: string;
  deployerFor: string;
  build: string;
  buildConfig: string;
  /** Those under `pod-watcher.io/`, without it. */
  annotations: Record<string, string> | undefined;
  /** A bookmark's `k8s.io/initial-events-end`. */
  initialEventsEnd: boolean;
  node: string;
  restartPolicy: string;
  phase: string;
  reason: string;
  message: string;
  startedAt: Seconds;
  readonly ready: ConditionDraft;
  readonly scheduled: ConditionDraft;
  readonly initialized: ConditionDraft;
  readonly disruption: ConditionDraft;
  readonly allContainersRestarting: ConditionDraft;
  readonly initContainers: ContainerDraft[];
  readonly containers: ContainerDraft[];
  readonly ephemeralContainers: ContainerDraft[];
  readonly initStatuses: StatusDraft[];
  readonly statuses: StatusDraft[];
  readonly ephemeralStatuses: StatusDraft[];
}

/** `status` is empty when the pod does not have the condition. */
export interface ConditionDraft {
  status: string;
  since: Seconds;
  reason: string;
  message: string;
}

/** A container as `spec` describes it. */
export interface ContainerDraft {
  name: string;
  image: string;
  restartPolicy: string;
  restartRules: boolean;
}

/** A container as `status` describes it. */
export interface StatusDraft {
  name: string;
  state: StateDraft;
  lastState: StateDraft;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID: string;
}

/** At most one is set (core/v1 ContainerState); none means that the kubelet has not spoken. */
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

/** The labels and annotations that tell the workload, and where a draft keeps them. */
export const WORKLOAD_LABELS = [
  ["pod-template-hash", "podTemplateHash"],
  ["rollouts-pod-template-hash", "rolloutHash"],
  ["openshift.io/deployer-pod-for.name", "deployerFor"],
  ["openshift.io/build.name", "build"],
  ["openshift.io/build-config.name", "buildConfig"],
] as const satisfies readonly (readonly [label: string, field: keyof PodDraft])[];

export const DEPLOYMENT_CONFIG_ANNOTATION = "openshift.io/deployment-config.name";
/** Ends the initial events of a WatchList (KEP-3157). */
export const INITIAL_EVENTS_END_ANNOTATION = "k8s.io/initial-events-end";
/** Ours: settings that a workload's owner makes for its own pods. */
export const OWN_ANNOTATIONS = "pod-watcher.io/";

export function newPodDraft(): PodDraft {
  return {
    uid: "",
    namespace: "",
    name: "",
    resourceVersion: "",
    createdAt: NEVER,
    deletionAt: NEVER,
    ownerKind: "",
    ownerName: "",
    podTemplateHash: "",
    rolloutHash: "",
    deploymentConfig: "",
    deployerFor: "",
    build: "",
    buildConfig: "",
    annotations: undefined,
    initialEventsEnd: false,
    node: "",
    restartPolicy: "",
    phase: "",
    reason: "",
    message: "",
    startedAt: NEVER,
    ready: newConditionDraft(),
    scheduled: newConditionDraft(),
    initialized: newConditionDraft(),
    disruption: newConditionDraft(),
    allContainersRestarting: newConditionDraft(),
    initContainers: [],
    containers: [],
    ephemeralContainers: [],
    initStatuses: [],
    statuses: [],
    ephemeralStatuses: [],
  };
}

export function clearPod(draft: PodDraft): void {
  draft.uid = draft.namespace = draft.name = draft.resourceVersion = "";
  draft.createdAt = draft.deletionAt = draft.startedAt = NEVER;
  draft.ownerKind = draft.ownerName = "";
  draft.podTemplateHash = draft.rolloutHash = draft.deploymentConfig = draft.deployerFor = "";
  draft.build = draft.buildConfig = "";
  draft.annotations = undefined;
  draft.initialEventsEnd = false;
  draft.node = draft.restartPolicy = draft.phase = draft.reason = draft.message = "";
  clearCondition(draft.ready);
  clearCondition(draft.scheduled);
  clearCondition(draft.initialized);
  clearCondition(draft.disruption);
  clearCondition(draft.allContainersRestarting);
  draft.initContainers.length = draft.containers.length = draft.ephemeralContainers.length = 0;
  draft.initStatuses.length = draft.statuses.length = draft.ephemeralStatuses.length = 0;
}

/** The condition that a detector reads, by its `type`; undefined for all others. */
export function conditionOf(draft: PodDraft, type: string): ConditionDraft | undefined {
  switch (type) {
    case "Ready":
      return draft.ready;
    case "PodScheduled":
      return draft.scheduled;
    case "Initialized":
      return draft.initialized;
    case "DisruptionTarget":
      return draft.disruption;
    case "AllContainersRestarting":
      return draft.allContainersRestarting;
    default:
      return undefined;
  }
}

export function newContainerDraft(): ContainerDraft {
  return { name: "", image: "", restartPolicy: "", restartRules: false };
}

export function newStatusDraft(): StatusDraft {
  return {
    name: "",
    state: newStateDraft(),
    lastState: newStateDraft(),
    ready: false,
    restartCount: 0,
    image: "",
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

function newConditionDraft(): ConditionDraft {
  return { status: "", since: NEVER, reason: "", message: "" };
}

function clearCondition(condition: ConditionDraft): void {
  condition.status = condition.reason = condition.message = "";
  condition.since = NEVER;
}
