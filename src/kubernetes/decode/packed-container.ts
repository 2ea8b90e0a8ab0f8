import type {
  ContainerSnapshot,
  ContainerState,
  ContainerType,
  RestartRule,
  Termination,
} from "../../core/model/pod.ts";
import { isSame } from "../../core/util/same.ts";
import type { Interner, Template } from "./packed-types.ts";
import type { ContainerDraft, PodDraft, StatusDraft, TerminationDraft } from "./pod-draft.ts";
import { orUndefined, truncateEnd, truncateImage, truncateStart } from "./snapshot-text.ts";
import { type Seconds, toInstant } from "./timestamp.ts";

/** See PackedPod. */
export class PackedContainer implements ContainerSnapshot {
  readonly restartCount: number;
  readonly ready: boolean;
  readonly containerID: string | undefined;
  readonly lastTerminated: Termination | undefined;
  private readonly template: Template;
  /** The start time of a running container that has started, in seconds; any other state as an object. */
  private readonly packed: Seconds | ContainerState;

  constructor(type: ContainerType, container: ContainerDraft, status: StatusDraft | undefined, interner: Interner) {
    this.restartCount = status === undefined ? 0 : Math.max(0, status.restartCount);
    this.ready = status?.ready ?? false;
    this.containerID = orUndefined(status?.containerID);
    this.lastTerminated =
      status?.lastState.terminated === undefined ? undefined : termination(status.lastState.terminated);
    this.template = packTemplate(type, container, status?.imageID ?? "", interner);
    this.packed = packState(status);
  }

  get name(): string {
    return this.template.name;
  }

  get type(): ContainerType {
    return this.template.type;
  }

  get image(): string {
    return this.template.image;
  }

  get imageID(): string | undefined {
    return this.template.imageID;
  }

  get restartRules(): readonly RestartRule[] | undefined {
    return this.template.restartRules;
  }

  get resizeRestarts(): boolean {
    return this.template.resizeRestarts;
  }

  get startupProbe(): boolean {
    return this.template.startupProbe;
  }

  get starting(): boolean {
    return typeof this.packed !== "number" && this.packed.name === "running";
  }

  get state(): ContainerState {
    if (typeof this.packed !== "number") return this.packed;
    return { name: "running", startedAt: toInstant(this.packed) };
  }

  toJSON(): ContainerSnapshot {
    return plainContainer(this);
  }
}

/** A copy as a plain object. */
export function plainContainer(container: ContainerSnapshot): ContainerSnapshot {
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
    ...(container.restartRules && { restartRules: container.restartRules }),
    ...(container.resizeRestarts && { resizeRestarts: true }),
    ...(container.startupProbe && { startupProbe: true }),
    ...(container.starting && { starting: true }),
  };
}

/** In the order init, main, ephemeral. A single container is stored without an array, which would take half its size. */
export function packContainers(draft: PodDraft, interner: Interner): PackedContainer | readonly PackedContainer[] {
  const { initContainers, containers, ephemeralContainers } = draft;
  const only = containers[0];
  if (only !== undefined && containers.length === 1 && initContainers.length + ephemeralContainers.length === 0) {
    return new PackedContainer("main", only, statusOf(only, draft.statuses, 0), interner);
  }
  const packed: PackedContainer[] = [];
  initContainers.forEach((container, index) => {
    // KEP-753: an init container with restartPolicy Always is a sidecar.
    const type = container.restartPolicy === "Always" ? "sidecar" : "init";
    packed.push(new PackedContainer(type, container, statusOf(container, draft.initStatuses, index), interner));
  });
  containers.forEach((container, index) => {
    packed.push(new PackedContainer("main", container, statusOf(container, draft.statuses, index), interner));
  });
  ephemeralContainers.forEach((container, index) => {
    packed.push(
      new PackedContainer("ephemeral", container, statusOf(container, draft.ephemeralStatuses, index), interner),
    );
  });
  return packed;
}

/** Limits the search among the containers of one image. */
const TEMPLATES_PER_IMAGE = 16;

function packTemplate(type: ContainerType, container: ContainerDraft, runID: string, interner: Interner): Template {
  const { name, resizeRestarts, startupProbe } = container;
  const [image, imageID] = [truncateImage(container.image), truncateImage(runID)];
  const templates = interner.templates.get(imageID === "" ? image : imageID, () => []);
  for (const known of templates) {
    const isIt =
      known.name === name &&
      known.type === type &&
      known.image === image &&
      known.resizeRestarts === resizeRestarts &&
      known.startupProbe === startupProbe &&
      areSameRules(known.restartRules, container.restartRules) &&
      (known.imageID ?? "") === imageID;
    if (isIt) return known;
  }
  const restartRules = container.restartRules.length === 0 ? undefined : container.restartRules;
  const template: Template = {
    name,
    type,
    image,
    imageID: orUndefined(imageID),
    restartRules,
    resizeRestarts,
    startupProbe,
  };
  if (templates.length < TEMPLATES_PER_IMAGE) templates.push(template);
  return template;
}

function areSameRules(known: readonly RestartRule[] | undefined, rules: readonly RestartRule[]): boolean {
  return known === undefined ? rules.length === 0 : isSame(known, rules);
}

/** The kubelet sorts statuses by name, while specs keep their own order. */
function statusOf(container: ContainerDraft, statuses: readonly StatusDraft[], index: number): StatusDraft | undefined {
  const likely = statuses[index];
  return likely?.name === container.name ? likely : statuses.find((status) => status.name === container.name);
}

const UNKNOWN: ContainerState = { name: "unknown" };

function packState(status: StatusDraft | undefined): Seconds | ContainerState {
  if (status === undefined) return UNKNOWN;
  const { state } = status;
  if (state.terminated !== undefined) return { name: "terminated", ...termination(state.terminated) };
  if (state.running !== undefined) {
    const { startedAt } = state.running;
    return status.notStarted ? { name: "running", startedAt: toInstant(startedAt) } : startedAt;
  }
  if (state.waiting === undefined) return UNKNOWN;
  return { name: "waiting", reason: orUndefined(state.waiting.reason), message: truncateEnd(state.waiting.message) };
}

function termination(draft: TerminationDraft): Termination {
  return {
    exitCode: draft.exitCode,
    signal: draft.signal === 0 ? undefined : draft.signal,
    reason: orUndefined(draft.reason),
    message: truncateStart(draft.message),
    startedAt: toInstant(draft.startedAt),
    finishedAt: toInstant(draft.finishedAt),
    containerID: orUndefined(draft.containerID),
  };
}
