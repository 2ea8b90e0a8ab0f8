import type {
  ContainerSnapshot,
  Owner,
  PodCondition,
  PodConditions,
  PodSnapshot,
  Workload,
} from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import { deployerForOf, ownershipOf } from "./ownership.ts";
import { PackedContainer, packContainers, plainContainer } from "./packed-container.ts";
import type { ConditionValue, Interner } from "./packed-types.ts";
import type { ConditionDraft, PodDraft } from "./pod-draft.ts";
import { orUndefined, truncateEnd, truncateImage } from "./snapshot-text.ts";
import { NEVER, type Seconds, toInstant } from "./timestamp.ts";

/** The first required field that a draft lacks; undefined when it is complete. */
export function missingField(draft: PodDraft): string | undefined {
  if (draft.uid === "") return "metadata.uid";
  if (draft.name === "") return "metadata.name";
  if (draft.namespace === "") return "metadata.namespace";
  if (draft.resourceVersion === "") return "metadata.resourceVersion";
  return undefined;
}

/** The snapshot of a complete draft. It shares no object with the draft. */
export function packPod(draft: PodDraft, interner: Interner): PodSnapshot {
  return new PackedPod(draft, interner);
}

/**
 * A snapshot in about half the memory of a plain object; 100,000 pods are most of the program's memory. Times are whole
 * seconds, which V8 stores inside the object, while each time in milliseconds would be a separate heap number. Values
 * that most pods have in common are shared, and rare fields are in a separate object. Getters provide the shape of a
 * PodSnapshot.
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
  private readonly ready: ConditionValue | undefined;
  private readonly readySince: Seconds;
  private readonly scheduled: ConditionValue | undefined;
  private readonly scheduledSince: Seconds;
  private readonly initialized: ConditionValue | undefined;
  private readonly initializedSince: Seconds;
  /** A single container is stored without an array. */
  private readonly packed: PackedContainer | readonly PackedContainer[];
  private readonly rare: Rare | undefined;

  constructor(draft: PodDraft, interner: Interner) {
    this.uid = draft.uid;
    this.namespace = draft.namespace;
    this.name = draft.name;
    this.resourceVersion = draft.resourceVersion;
    this.created = draft.createdAt === NEVER ? draft.startedAt : draft.createdAt;
    const ownership = ownershipOf(draft, this.created, interner);
    this.owner = ownership.owner;
    this.workload = ownership.workload;
    this.node = orUndefined(draft.node);
    this.restartPolicy = restartPolicy(draft.restartPolicy);
    this.phase = draft.phase === "" ? "Unknown" : draft.phase;
    this.started = draft.startedAt;
    const [ready, scheduled, initialized] = draft.conditions;
    this.ready = conditionValue(ready, interner);
    this.readySince = ready?.since ?? NEVER;
    this.scheduled = conditionValue(scheduled, interner);
    this.scheduledSince = scheduled?.since ?? NEVER;
    this.initialized = conditionValue(initialized, interner);
    this.initializedSince = initialized?.since ?? NEVER;
    this.packed = packContainers(draft, interner);
    this.rare = packRare(draft, interner);
  }

  get createdAt(): Instant {
    return this.created * 1_000;
  }

  get deletionAt(): Instant | undefined {
    return this.rare === undefined ? undefined : toInstant(this.rare.deletion);
  }

  get deletionRequestedAt(): Instant | undefined {
    return this.rare === undefined ? undefined : toInstant(this.rare.deletionRequested);
  }

  get part(): string | undefined {
    return this.rare?.part;
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

  get scheduler(): string | undefined {
    return this.rare?.scheduler;
  }

  get imageVolumes(): readonly string[] | undefined {
    return this.rare?.imageVolumes;
  }

  get isCancelled(): boolean {
    return this.rare?.isCancelled ?? false;
  }

  get statusIsOutdated(): boolean {
    return this.rare?.statusIsOutdated ?? false;
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
      readyToStartContainers: this.rare?.readyToStartContainers,
      resizePending: this.rare?.resizePending,
      resizeInProgress: this.rare?.resizeInProgress,
    };
  }

  get containers(): readonly ContainerSnapshot[] {
    return this.packed instanceof PackedContainer ? [this.packed] : this.packed;
  }

  toJSON(): PodSnapshot {
    return plainPod(this);
  }
}

/** A copy as a plain object, for tests and serialisation. */
export function plainPod(pod: PodSnapshot): PodSnapshot {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    resourceVersion: pod.resourceVersion,
    createdAt: pod.createdAt,
    deletionAt: pod.deletionAt,
    deletionRequestedAt: pod.deletionRequestedAt,
    owner: pod.owner,
    workload: pod.workload,
    part: pod.part,
    node: pod.node,
    restartPolicy: pod.restartPolicy,
    phase: pod.phase,
    reason: pod.reason,
    message: pod.message,
    startedAt: pod.startedAt,
    conditions: pod.conditions,
    ...(pod.scheduler !== undefined && { scheduler: pod.scheduler }),
    ...(pod.imageVolumes && { imageVolumes: pod.imageVolumes }),
    ...(pod.isCancelled && { isCancelled: true }),
    ...(pod.statusIsOutdated && { statusIsOutdated: true }),
    annotations: pod.annotations,
    containers: pod.containers.map(plainContainer),
  };
}

// ─── The pod ─────────────────────────────────────────────────────────────────────────────────────────────────────

const TRUE: ConditionValue = { status: "True", reason: undefined, message: undefined };

/** Fields that few pods have. */
interface Rare {
  readonly deletion: Seconds;
  readonly deletionRequested: Seconds;
  readonly part: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly scheduler: string | undefined;
  readonly imageVolumes: readonly string[] | undefined;
  readonly isCancelled: boolean;
  readonly statusIsOutdated: boolean;
  readonly disruption: PodCondition | undefined;
  readonly allContainersRestarting: PodCondition | undefined;
  readonly readyToStartContainers: PodCondition | undefined;
  readonly resizePending: PodCondition | undefined;
  readonly resizeInProgress: PodCondition | undefined;
}

const DEFAULT_SCHEDULER = "default-scheduler";

/**
 * Seconds. The deployer controller of OpenShift sets this deadline to end the pods of a cancelled rollout
 * (openshift-controller-manager, deployer_controller.go); the default is six hours.
 */
const CANCELLED_DEADLINE = 1;

function packRare(draft: PodDraft, interner: Interner): Rare | undefined {
  const [, , , disruption, allContainersRestarting, readyToStart, resizePending, resizeInProgress] = draft.conditions;
  const scheduler = draft.scheduler === DEFAULT_SCHEDULER ? "" : draft.scheduler;
  // Nearly all pods were ready to start containers and have started them.
  const readyToStartContainers = isTrue(readyToStart) && draft.phase !== "Pending" ? undefined : readyToStart;
  const statusIsOutdated = draft.observedGeneration > 0 && draft.observedGeneration < draft.generation;
  const isCancelled = deployerForOf(draft) !== "" && draft.activeDeadline === CANCELLED_DEADLINE;
  const isUsual =
    draft.deletionAt === NEVER &&
    draft.part === "" &&
    draft.reason === "" &&
    draft.message === "" &&
    draft.annotations === undefined &&
    scheduler === "" &&
    draft.imageVolumes.length === 0 &&
    !isCancelled &&
    !statusIsOutdated &&
    disruption === undefined &&
    allContainersRestarting === undefined &&
    readyToStartContainers === undefined &&
    resizePending === undefined &&
    resizeInProgress === undefined;
  if (isUsual) return undefined;
  return {
    deletion: draft.deletionAt,
    deletionRequested: draft.deletionAt === NEVER ? NEVER : draft.deletionAt - draft.deletionGracePeriod,
    part: draft.part === "" ? undefined : withoutAttempt(draft.part, interner),
    reason: orUndefined(draft.reason),
    message: truncateEnd(draft.message),
    annotations: draft.annotations,
    scheduler: orUndefined(scheduler),
    imageVolumes: draft.imageVolumes.length === 0 ? undefined : draft.imageVolumes.map(truncateImage),
    isCancelled,
    statusIsOutdated,
    disruption: wholeCondition(disruption, interner),
    allContainersRestarting: wholeCondition(allContainersRestarting, interner),
    readyToStartContainers: wholeCondition(readyToStartContainers, interner),
    resizePending: wholeCondition(resizePending, interner),
    resizeInProgress: wholeCondition(resizeInProgress, interner),
  };
}

/** Argo numbers the attempts of a node in parentheses: `build.test(0)`, `build.test(1)`. */
function withoutAttempt(part: string, interner: Interner): string {
  return interner.string(part.replace(/\(\d+\)$/, ""));
}

function isTrue(draft: ConditionDraft | undefined): boolean {
  return draft?.status === "True";
}

function conditionValue(draft: ConditionDraft | undefined, interner: Interner): ConditionValue | undefined {
  if (draft === undefined) return undefined;
  if (draft.status === "True" && draft.reason === "" && draft.message === "") return TRUE;
  const status: ConditionValue["status"] =
    draft.status === "True" || draft.status === "False" ? draft.status : "Unknown";
  const { reason, message } = draft;
  const make = (): ConditionValue => ({ status, reason: orUndefined(reason), message: truncateEnd(message) });
  // The key is an interned string, whose hash V8 has cached.
  const known = interner.conditions.get(message === "" ? reason : message, make);
  const matches = known.status === status && known.reason === orUndefined(reason);
  return matches ? known : make();
}

function wholeCondition(draft: ConditionDraft | undefined, interner: Interner): PodCondition | undefined {
  return condition(conditionValue(draft, interner), draft?.since ?? NEVER);
}

function condition(value: ConditionValue | undefined, since: Seconds): PodCondition | undefined {
  if (value === undefined) return undefined;
  return { status: value.status, since: toInstant(since), reason: value.reason, message: value.message };
}

/** Unknown values of later Kubernetes versions are treated as the default, Always. */
function restartPolicy(value: string): PodSnapshot["restartPolicy"] {
  return value === "Never" || value === "OnFailure" ? value : "Always";
}
