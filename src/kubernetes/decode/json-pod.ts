/** Copies a parsed JSON Pod into a draft: the same fields as protobuf-pod.ts, by their JSON names. */

import {
  asObject,
  boolAt,
  exitCodeAt,
  int32At,
  int64At,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  UnexpectedValue,
} from "./json-value.ts";
import type { Interner } from "./packed-types.ts";
import {
  CONDITIONS,
  type ContainerDraft,
  DEPLOYMENT_CONFIG_ANNOTATION,
  INITIAL_EVENTS_END_ANNOTATION,
  LABELS,
  newStatusDraft,
  OWN_ANNOTATIONS,
  PART_ANNOTATIONS,
  type PodDraft,
  type RestartRuleDraft,
  type StateDraft,
  type StatusDraft,
} from "./pod-draft.ts";
import { shortContainerID } from "./snapshot-text.ts";
import { NEVER, type Seconds, secondsFromText } from "./timestamp.ts";

/** Copies the Pod into a new draft. Throws UnexpectedValue. */
export function takePod(pod: JsonObject, draft: PodDraft, interner: Interner): void {
  const metadata = objectAt(pod, "metadata");
  if (metadata !== undefined) takeMetadata(metadata, draft, interner);
  const spec = objectAt(pod, "spec");
  if (spec !== undefined) takeSpec(spec, draft, interner);
  const status = objectAt(pod, "status");
  if (status !== undefined) takeStatus(status, draft, interner);
}

function takeMetadata(metadata: JsonObject, draft: PodDraft, interner: Interner): void {
  draft.name = textAt(metadata, "name");
  draft.namespace = interner.string(textAt(metadata, "namespace"));
  draft.uid = textAt(metadata, "uid");
  draft.resourceVersion = textAt(metadata, "resourceVersion");
  draft.createdAt = timeAt(metadata, "creationTimestamp");
  draft.deletionAt = timeAt(metadata, "deletionTimestamp");
  draft.deletionGracePeriod = int64At(metadata, "deletionGracePeriodSeconds");
  draft.generation = int64At(metadata, "generation");
  const labels = objectAt(metadata, "labels");
  if (labels !== undefined) {
    LABELS.forEach((label, index) => {
      draft.labels[index] = interner.string(textAt(labels, label));
    });
  }
  const annotations = objectAt(metadata, "annotations");
  if (annotations !== undefined) takeAnnotations(annotations, draft, interner);
  for (const item of listAt(metadata, "ownerReferences")) {
    const owner = asObject(item, "an owner reference");
    if (!boolAt(owner, "controller")) continue;
    draft.ownerKind = interner.string(textAt(owner, "kind"));
    draft.ownerName = interner.string(textAt(owner, "name"));
  }
}

function takeAnnotations(annotations: JsonObject, draft: PodDraft, interner: Interner): void {
  draft.deploymentConfig = interner.string(textAt(annotations, DEPLOYMENT_CONFIG_ANNOTATION));
  draft.initialEventsEnd = textAt(annotations, INITIAL_EVENTS_END_ANNOTATION) === "true";
  for (const annotation of PART_ANNOTATIONS) {
    if (annotation in annotations) draft.part = interner.string(textAt(annotations, annotation));
  }
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(OWN_ANNOTATIONS)) continue;
    draft.annotations ??= {};
    const name = interner.string(key.slice(OWN_ANNOTATIONS.length));
    draft.annotations[name] = interner.string(textAt(annotations, key));
  }
}

function takeSpec(spec: JsonObject, draft: PodDraft, interner: Interner): void {
  draft.restartPolicy = interner.string(textAt(spec, "restartPolicy"));
  draft.activeDeadline = int64At(spec, "activeDeadlineSeconds");
  draft.node = interner.string(textAt(spec, "nodeName"));
  draft.scheduler = interner.string(textAt(spec, "schedulerName"));
  for (const item of listAt(spec, "volumes")) {
    const image = objectAt(asObject(item, "a volume"), "image");
    if (image !== undefined) draft.imageVolumes.push(interner.string(textAt(image, "reference")));
  }
  takeContainers(spec, "initContainers", draft.initContainers, interner);
  takeContainers(spec, "containers", draft.containers, interner);
  takeContainers(spec, "ephemeralContainers", draft.ephemeralContainers, interner);
}

function takeContainers(spec: JsonObject, key: string, containers: ContainerDraft[], interner: Interner): void {
  for (const item of listAt(spec, key)) {
    const container = asObject(item, "a container");
    containers.push({
      name: interner.string(textAt(container, "name")),
      image: interner.string(textAt(container, "image")),
      restartPolicy: interner.string(textAt(container, "restartPolicy")),
      restartRules: listAt(container, "restartPolicyRules").map((rule) => takeRestartRule(rule, interner)),
      resizeRestarts: listAt(container, "resizePolicy").some(isRestartContainer),
      startupProbe: objectAt(container, "startupProbe") !== undefined,
    });
  }
}

function takeRestartRule(item: unknown, interner: Interner): RestartRuleDraft {
  const rule = asObject(item, "a restart rule");
  const exitCodes = objectAt(rule, "exitCodes") ?? {};
  return {
    action: interner.string(textAt(rule, "action")),
    operator: interner.string(textAt(exitCodes, "operator")),
    exitCodes: listAt(exitCodes, "values").map((value) => exitCodeAt({ value }, "value")),
  };
}

function isRestartContainer(item: unknown): boolean {
  return textAt(asObject(item, "a resize policy"), "restartPolicy") === "RestartContainer";
}

function takeStatus(status: JsonObject, draft: PodDraft, interner: Interner): void {
  draft.phase = interner.string(textAt(status, "phase"));
  draft.reason = interner.string(textAt(status, "reason"));
  draft.message = textAt(status, "message");
  draft.startedAt = timeAt(status, "startTime");
  draft.observedGeneration = int64At(status, "observedGeneration");
  for (const item of listAt(status, "conditions")) {
    const given = asObject(item, "a condition");
    const type = textAt(given, "type");
    const index = (CONDITIONS as readonly string[]).indexOf(type);
    if (index < 0) continue;
    draft.conditions[index] = {
      status: interner.string(textAt(given, "status")),
      since: timeAt(given, "lastTransitionTime"),
      reason: interner.string(textAt(given, "reason")),
      message: interner.string(textAt(given, "message")),
    };
  }
  takeStatuses(status, "initContainerStatuses", draft.initStatuses, interner);
  takeStatuses(status, "containerStatuses", draft.statuses, interner);
  takeStatuses(status, "ephemeralContainerStatuses", draft.ephemeralStatuses, interner);
}

function takeStatuses(status: JsonObject, key: string, statuses: StatusDraft[], interner: Interner): void {
  for (const item of listAt(status, key)) {
    const given = asObject(item, "a container status");
    const taken = newStatusDraft();
    taken.name = interner.string(textAt(given, "name"));
    taken.ready = boolAt(given, "ready");
    taken.notStarted = given.started !== undefined && given.started !== null && !boolAt(given, "started");
    taken.restartCount = int32At(given, "restartCount");
    taken.imageID = interner.string(textAt(given, "imageID"));
    taken.containerID = shortContainerID(textAt(given, "containerID"));
    takeState(objectAt(given, "state"), taken.state, interner);
    takeState(objectAt(given, "lastState"), taken.lastState, interner);
    statuses.push(taken);
  }
}

function takeState(given: JsonObject | undefined, state: StateDraft, interner: Interner): void {
  if (given === undefined) return;
  const waiting = objectAt(given, "waiting");
  if (waiting !== undefined) {
    state.waiting = { reason: interner.string(textAt(waiting, "reason")), message: textAt(waiting, "message") };
  }
  const running = objectAt(given, "running");
  if (running !== undefined) state.running = { startedAt: timeAt(running, "startedAt") };
  const terminated = objectAt(given, "terminated");
  if (terminated !== undefined) {
    state.terminated = {
      exitCode: exitCodeAt(terminated, "exitCode"),
      signal: int32At(terminated, "signal"),
      reason: interner.string(textAt(terminated, "reason")),
      message: textAt(terminated, "message"),
      startedAt: timeAt(terminated, "startedAt"),
      finishedAt: timeAt(terminated, "finishedAt"),
      containerID: shortContainerID(textAt(terminated, "containerID")),
    };
  }
}

function timeAt(parent: JsonObject, key: string): Seconds {
  const text = textAt(parent, key);
  if (text === "") return NEVER;
  const seconds = secondsFromText(text);
  if (seconds === undefined) throw new UnexpectedValue(`${key} is not an RFC 3339 time`);
  return seconds;
}
