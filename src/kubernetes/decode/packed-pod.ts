import type {
  ContainerSnapshot,
  Owner,
  PodCondition,
  PodConditions,
  PodSnapshot,
  Workload,
} from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import type { Interner } from "./interner.ts";
import { ownershipOf } from "./lineage.ts";
import { PackedContainer, packContainers, plainContainer } from "./packed-container.ts";
import type { ConditionDraft, PodDraft } from "./pod-draft.ts";
import { beginning, orUndefined } from "./snapshot-text.ts";
import { NEVER, type Seconds, toInstant } from "./timestamp.ts";

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
  /** A single container stands for itself. */
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
    this.ready = verdict(ready, interner);
    this.readySince = ready?.since ?? NEVER;
    this.scheduled = verdict(scheduled, interner);
    this.scheduledSince = scheduled?.since ?? NEVER;
    this.initialized = verdict(initialized, interner);
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

// ─── The pod ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A condition without its time, which makes it the same in most pods. */
export interface Verdict {
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

function verdict(draft: ConditionDraft | undefined, interner: Interner): Verdict | undefined {
  if (draft === undefined) return undefined;
  if (draft.status === "True" && draft.reason === "" && draft.message === "") return TRUE;
  const status: Verdict["status"] = draft.status === "True" || draft.status === "False" ? draft.status : "Unknown";
  const { reason, message } = draft;
  const make = (): Verdict => ({ status, reason: orUndefined(reason), message: beginning(message) });
  // By the message or the reason, since a shared string finds what it is the key of without being read again.
  const known = interner.verdicts.get(message === "" ? reason : message, make);
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
