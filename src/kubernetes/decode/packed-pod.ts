import type {
  ContainerSnapshot,
  ContainerState,
  ContainerType,
  Owner,
  PodCondition,
  PodConditions,
  PodSnapshot,
  Termination,
  Workload,
} from "../../core/pod.ts";
import type { Instant } from "../../core/time.ts";
import { workloadOf } from "../../core/workload.ts";
import { copy, type Interner } from "./interner.ts";
import type {
  ConditionDraft,
  ContainerDraft,
  PodDraft,
  StateDraft,
  StatusDraft,
  TerminationDraft,
} from "./pod-draft.ts";
import { NEVER, type Seconds, toInstant } from "./timestamp.ts";

/** The kubelet's own limit for termination messages; others are shorter. */
const LONGEST_MESSAGE = 4_096;

/** What a draft lacks to be a pod at all; undefined when nothing. */
export function missingField(draft: PodDraft): string | undefined {
  if (draft.uid === "") return "metadata.uid";
  if (draft.name === "") return "metadata.name";
  if (draft.namespace === "") return "metadata.namespace";
  if (draft.resourceVersion === "") return "metadata.resourceVersion";
  return undefined;
}

/** The snapshot of a draft that lacks nothing. It shares no object with the draft. */
export function packPod(draft: PodDraft, interner: Interner): PodSnapshot {
  return new PackedPod(draft, interner);
}

/**
 * A snapshot in about half the memory of a plain object: with 100,000 pods, what a pod costs is what the program costs.
 * Times are whole seconds, which V8 keeps inside the object where milliseconds would each be an object of their own;
 * what is equal in most pods is shared; what few pods have lies apart. Getters give it the shape of a PodSnapshot.
 */
class PackedPod implements PodSnapshot {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly owner: Owner | undefined;
  readonly workload: Workload;
  readonly node: string | undefined;
  readonly restartPolicy: PodSnapshot["restartPolicy"];
  readonly phase: string;
  private readonly created: Seconds;
  private readonly started: Seconds;
  private readonly ready: Verdict | undefined;
  private readonly readySince: Seconds;
  private readonly scheduled: Verdict | undefined;
  private readonly scheduledSince: Seconds;
  private readonly initialized: Verdict | undefined;
  private readonly initializedSince: Seconds;
  /** The array of a single container would cost as much as half the container. */
  private readonly packed: PackedContainer | readonly PackedContainer[];
  private readonly rare: Rare | undefined;

  constructor(draft: PodDraft, interner: Interner) {
    this.uid = draft.uid;
    this.namespace = draft.namespace;
    this.name = draft.name;
    this.resourceVersion = draft.resourceVersion;
    this.created = draft.createdAt === NEVER ? draft.startedAt : draft.createdAt;
    const lineage = lineageOf(draft, this.created, interner);
    this.owner = lineage.owner;
    this.workload = lineage.workload;
    this.node = orUndefined(draft.node);
    this.restartPolicy = restartPolicy(draft.restartPolicy);
    this.phase = draft.phase === "" ? "Unknown" : draft.phase;
    this.started = draft.startedAt;
    const [ready, scheduled, initialized] = draft.conditions;
    this.ready = verdict(ready, interner);
    this.readySince = ready?.since ?? NEVER;
    this.scheduled = verdict(scheduled, interner);
    this.scheduledSince = scheduled?.since ?? NEVER;
    this.initialized = verdict(initialized, interner);
    this.initializedSince = initialized?.since ?? NEVER;
    this.packed = packContainers(draft);
    this.rare = packRare(draft, interner);
  }

  get createdAt(): Instant {
    return this.created * 1_000;
  }

  get deletionAt(): Instant | undefined {
    return this.rare === undefined ? undefined : toInstant(this.rare.deletion);
  }

  get startedAt(): Instant | undefined {
    return toInstant(this.started);
  }

  get reason(): string | undefined {
    return this.rare?.reason;
  }

  get message(): string | undefined {
    return this.rare?.message;
  }

  get annotations(): Readonly<Record<string, string>> | undefined {
    return this.rare?.annotations;
  }

  get conditions(): PodConditions {
    return {
      ready: condition(this.ready, this.readySince),
      scheduled: condition(this.scheduled, this.scheduledSince),
      initialized: condition(this.initialized, this.initializedSince),
      disruption: this.rare?.disruption,
      allContainersRestarting: this.rare?.allContainersRestarting,
    };
  }

  get containers(): readonly ContainerSnapshot[] {
    return this.packed instanceof PackedContainer ? [this.packed] : this.packed;
  }

  toJSON(): PodSnapshot {
    return plainPod(this);
  }
}

class PackedContainer implements ContainerSnapshot {
  readonly name: string;
  readonly type: ContainerType;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly containerID: string | undefined;
  readonly image: string;
  readonly imageID: string | undefined;
  readonly lastTerminated: Termination | undefined;
  readonly restartRules: boolean;
  /** Since when it runs, in seconds; any other state as it is. */
  private readonly packed: Seconds | ContainerState;

  constructor(type: ContainerType, container: ContainerDraft, status: StatusDraft | undefined) {
    this.name = container.name;
    this.type = type;
    this.restartCount = status === undefined ? 0 : Math.max(0, status.restartCount);
    this.ready = status?.ready ?? false;
    this.containerID = orUndefined(status?.containerID);
    this.image = container.image;
    this.imageID = orUndefined(status?.imageID);
    this.lastTerminated =
      status?.lastState.terminated === undefined ? undefined : termination(status.lastState.terminated);
    this.restartRules = container.restartRules;
    this.packed = packState(status?.state);
  }

  get state(): ContainerState {
    if (typeof this.packed !== "number") return this.packed;
    return { name: "running", startedAt: toInstant(this.packed) };
  }

  toJSON(): ContainerSnapshot {
    return plainContainer(this);
  }
}

/** A copy with every field its own: for tests and for whatever serialises. */
export function plainPod(pod: PodSnapshot): PodSnapshot {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    resourceVersion: pod.resourceVersion,
    createdAt: pod.createdAt,
    deletionAt: pod.deletionAt,
    owner: pod.owner,
    workload: pod.workload,
    node: pod.node,
    restartPolicy: pod.restartPolicy,
    phase: pod.phase,
    reason: pod.reason,
    message: pod.message,
    startedAt: pod.startedAt,
    conditions: pod.conditions,
    annotations: pod.annotations,
    containers: pod.containers.map(plainContainer),
  };
}

function plainContainer(container: ContainerSnapshot): ContainerSnapshot {
  return {
    name: container.name,
    type: container.type,
    restartCount: container.restartCount,
    ready: container.ready,
    containerID: container.containerID,
    image: container.image,
    imageID: container.imageID,
    state: container.state,
    lastTerminated: container.lastTerminated,
    restartRules: container.restartRules,
  };
}

// ─── The pod ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A condition without its time, which makes it the same in most pods. */
interface Verdict {
  readonly status: PodCondition["status"];
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

const TRUE: Verdict = { status: "True", reason: undefined, message: undefined };

/** What few pods have. */
interface Rare {
  readonly deletion: Seconds;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly disruption: PodCondition | undefined;
  readonly allContainersRestarting: PodCondition | undefined;
}

function packRare(draft: PodDraft, interner: Interner): Rare | undefined {
  const disruption = draft.conditions[3];
  const allContainersRestarting = draft.conditions[4];
  const usual =
    draft.deletionAt === NEVER &&
    draft.reason === "" &&
    draft.message === "" &&
    draft.annotations === undefined &&
    disruption === undefined &&
    allContainersRestarting === undefined;
  if (usual) return undefined;
  return {
    deletion: draft.deletionAt,
    reason: orUndefined(draft.reason),
    message: beginning(draft.message),
    annotations: draft.annotations,
    disruption: wholeCondition(disruption, interner),
    allContainersRestarting: wholeCondition(allContainersRestarting, interner),
  };
}

/** Of whom a pod is one. The pods of one owner share it. */
interface Lineage {
  readonly owner: Owner | undefined;
  readonly workload: Workload;
  /** Together with the owner, what the workload was told from. */
  readonly podTemplateHash: string;
}

/** By the owner's name, since a shared string finds what it is the key of without being read again. */
function lineageOf(draft: PodDraft, created: Seconds, interner: Interner): Lineage {
  if (hasSpecialHints(draft)) return newLineage(draft, created, interner);
  if (draft.ownerName === "") {
    return { owner: undefined, workload: { kind: "Pod", name: draft.name }, podTemplateHash: "" };
  }
  const known = interner.shared(draft.ownerName, () => newLineage(draft, created, interner));
  const isIt = known.owner?.kind === draft.ownerKind && known.podTemplateHash === draft.labels[0];
  return isIt ? known : newLineage(draft, created, interner);
}

function hasSpecialHints(draft: PodDraft): boolean {
  const [_podTemplateHash, rolloutHash, deployerFor, build, buildConfig] = draft.labels;
  return (
    draft.deploymentConfig !== "" ||
    rolloutHash !== "" ||
    deployerFor !== "" ||
    build !== "" ||
    buildConfig !== "" ||
    // Its "owner" is a node, which says nothing of the workload.
    draft.ownerKind === "Node"
  );
}

function newLineage(draft: PodDraft, created: Seconds, interner: Interner): Lineage {
  const owner = draft.ownerName === "" ? undefined : named(draft.ownerKind, draft.ownerName, interner);
  const [podTemplateHash, rolloutHash, deployerFor, build, buildConfig] = draft.labels;
  const workload = workloadOf({
    pod: draft.name,
    createdAt: created * 1_000,
    owner,
    podTemplateHash: orUndefined(podTemplateHash),
    rolloutHash: orUndefined(rolloutHash),
    deploymentConfig: orUndefined(draft.deploymentConfig),
    deployerFor: orUndefined(deployerFor),
    build: orUndefined(build),
    buildConfig: orUndefined(buildConfig),
  });
  const isItself = workload === owner || workload.kind === "Pod";
  return {
    owner,
    workload: isItself ? workload : named(workload.kind, workload.name, interner),
    podTemplateHash: podTemplateHash ?? "",
  };
}

function named(kind: string, name: string, interner: Interner): Owner {
  return interner.shared(`${kind}\n${name}`, () => ({ kind: interner.string(kind), name: interner.string(name) }));
}

function verdict(draft: ConditionDraft | undefined, interner: Interner): Verdict | undefined {
  if (draft === undefined) return undefined;
  if (draft.status === "True" && draft.reason === "" && draft.message === "") return TRUE;
  const status: Verdict["status"] = draft.status === "True" || draft.status === "False" ? draft.status : "Unknown";
  const { reason, message } = draft;
  const make = (): Verdict => ({ status, reason: orUndefined(reason), message: beginning(message) });
  // By the message or the reason, since a shared string finds what it is the key of without being read again.
  const known = interner.shared(message === "" ? reason : message, make);
  const isIt = known.status === status && known.reason === orUndefined(reason);
  return isIt ? known : make();
}

function wholeCondition(draft: ConditionDraft | undefined, interner: Interner): PodCondition | undefined {
  return condition(verdict(draft, interner), draft?.since ?? NEVER);
}

function condition(verdict: Verdict | undefined, since: Seconds): PodCondition | undefined {
  if (verdict === undefined) return undefined;
  return { status: verdict.status, since: toInstant(since), reason: verdict.reason, message: verdict.message };
}

/** A value of a later Kubernetes is treated as the default: such a pod is restarted. */
function restartPolicy(value: string): PodSnapshot["restartPolicy"] {
  return value === "Never" || value === "OnFailure" ? value : "Always";
}

// ─── Its containers ──────────────────────────────────────────────────────────────────────────────────────────────

function packContainers(draft: PodDraft): PackedContainer | readonly PackedContainer[] {
  const { initContainers, containers, ephemeralContainers } = draft;
  const only = containers[0];
  if (only !== undefined && containers.length === 1 && initContainers.length + ephemeralContainers.length === 0) {
    return new PackedContainer("main", only, statusOf(only, draft.statuses, 0));
  }
  const packed: PackedContainer[] = [];
  initContainers.forEach((container, index) => {
    // KEP-753: an init container that is restarted always is a sidecar.
    const type = container.restartPolicy === "Always" ? "sidecar" : "init";
    packed.push(new PackedContainer(type, container, statusOf(container, draft.initStatuses, index)));
  });
  containers.forEach((container, index) => {
    packed.push(new PackedContainer("main", container, statusOf(container, draft.statuses, index)));
  });
  ephemeralContainers.forEach((container, index) => {
    packed.push(new PackedContainer("ephemeral", container, statusOf(container, draft.ephemeralStatuses, index)));
  });
  return packed;
}

/** The kubelet orders statuses by name, specs are in the author's order. */
function statusOf(container: ContainerDraft, statuses: readonly StatusDraft[], index: number): StatusDraft | undefined {
  const likely = statuses[index];
  return likely?.name === container.name ? likely : statuses.find((status) => status.name === container.name);
}

const UNKNOWN: ContainerState = { name: "unknown" };

function packState(state: StateDraft | undefined): Seconds | ContainerState {
  if (state === undefined) return UNKNOWN;
  if (state.terminated !== undefined) return { name: "terminated", ...termination(state.terminated) };
  if (state.running !== undefined) return state.running.startedAt;
  if (state.waiting === undefined) return UNKNOWN;
  return { name: "waiting", reason: orUndefined(state.waiting.reason), message: beginning(state.waiting.message) };
}

function termination(draft: TerminationDraft): Termination {
  return {
    exitCode: draft.exitCode,
    signal: draft.signal === 0 ? undefined : draft.signal,
    reason: orUndefined(draft.reason),
    message: ending(draft.message),
    startedAt: toInstant(draft.startedAt),
    finishedAt: toInstant(draft.finishedAt),
    containerID: orUndefined(draft.containerID),
  };
}

// ─── Text ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `containerd://4f5e…` → the first 16 characters of the id: enough to tell one run from another for ever. */
export const CONTAINER_ID_LENGTH = 16;

export function shortContainerID(id: string): string {
  const scheme = id.indexOf("://");
  const start = scheme < 0 ? 0 : scheme + 3;
  return start === 0 && id.length <= CONTAINER_ID_LENGTH ? id : copy(id.slice(start, start + CONTAINER_ID_LENGTH));
}

function orUndefined(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function beginning(message: string): string | undefined {
  if (message.length <= LONGEST_MESSAGE) return orUndefined(message);
  const end = isLowSurrogate(message, LONGEST_MESSAGE) ? LONGEST_MESSAGE - 1 : LONGEST_MESSAGE;
  return copy(message.slice(0, end));
}

function ending(message: string): string | undefined {
  if (message.length <= LONGEST_MESSAGE) return orUndefined(message);
  const start = message.length - LONGEST_MESSAGE;
  return copy(message.slice(isLowSurrogate(message, start) ? start + 1 : start));
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
