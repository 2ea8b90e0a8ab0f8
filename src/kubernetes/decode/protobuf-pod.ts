/**
 * The fields of a Pod that a snapshot needs, by their numbers in kubernetes/api core/v1/generated.proto and
 * apimachinery meta/v1/generated.proto (the numbers of an API version never change); all others are skipped.
 */
import type { Interner } from "./packed-types.ts";
import {
  type ContainerDraft,
  DEPLOYMENT_CONFIG_ANNOTATION,
  INITIAL_EVENTS_END_ANNOTATION,
  LABELS,
  newContainerDraft,
  newRestartRuleDraft,
  OWN_ANNOTATIONS,
  PART_ANNOTATIONS,
  type PodDraft,
  type RestartRuleDraft,
} from "./pod-draft.ts";
import { readStatus } from "./protobuf-pod-status.ts";
import { fields, type ProtobufReader } from "./protobuf-reader.ts";
import { readTime } from "./protobuf-time.ts";
import { beginsWith, indexOfText, isText, literal } from "./text.ts";

const LABEL_KEYS = LABELS.map(literal);
const DEPLOYMENT_CONFIG = literal(DEPLOYMENT_CONFIG_ANNOTATION);
const INITIAL_EVENTS_END = literal(INITIAL_EVENTS_END_ANNOTATION);
const OWN_PREFIX = literal(OWN_ANNOTATIONS);
const PART_KEYS = PART_ANNOTATIONS.map(literal);
const TRUE = literal("true");

/** Reads the Pod from the reader's position to its end into a new draft. Throws DecodeError. */
export function readPod(reader: ProtobufReader, draft: PodDraft, interner: Interner): void {
  while (reader.at < reader.end) {
    const tag = reader.tag();
    const number = tag >>> 3;
    if (number > 3) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    if (number === 1) readMetadata(reader, draft, interner);
    else if (number === 2) readSpec(reader, draft, interner);
    else readStatus(reader, draft, interner);
    reader.leave(outer);
  }
}

// ─── meta/v1 ObjectMeta ──────────────────────────────────────────────────────────────────────────────────────────

const METADATA = fields(1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13);

function readMetadata(reader: ProtobufReader, draft: PodDraft, interner: Interner): void {
  for (let tag = reader.next(METADATA); tag !== 0; tag = reader.next(METADATA)) {
    switch (tag >>> 3) {
      case 1:
        draft.name = reader.text(tag);
        break;
      case 3:
        draft.namespace = reader.shared(tag, interner);
        break;
      case 5:
        draft.uid = reader.text(tag);
        break;
      case 6:
        draft.resourceVersion = reader.text(tag);
        break;
      case 7:
        draft.generation = reader.int64(tag);
        break;
      case 8:
        draft.createdAt = readTime(reader, tag);
        break;
      case 9:
        draft.deletionAt = readTime(reader, tag);
        break;
      case 10:
        draft.deletionGracePeriod = reader.int64(tag);
        break;
      case 11:
        readEntry(reader, tag);
        takeLabel(reader.bytes, draft, interner);
        break;
      case 12:
        readEntry(reader, tag);
        takeAnnotation(reader.bytes, draft, interner);
        break;
      case 13:
        readOwner(reader, tag, draft, interner);
        break;
      default:
        reader.skip(tag);
    }
  }
}

/** Where the key and the value of the map entry that was read last lie. Most entries are of no interest. */
const entry = { key: 0, keyEnd: 0, value: 0, valueEnd: 0 };

function readEntry(reader: ProtobufReader, tag: number): void {
  entry.key = entry.keyEnd = entry.value = entry.valueEnd = 0;
  const outer = reader.enter(tag);
  while (reader.at < reader.end) {
    const field = reader.tag();
    const number = field >>> 3;
    if (number > 2) {
      reader.skip(field);
      continue;
    }
    const inner = reader.enter(field);
    if (number === 1) {
      entry.key = reader.at;
      entry.keyEnd = reader.end;
    } else {
      entry.value = reader.at;
      entry.valueEnd = reader.end;
    }
    reader.leave(inner);
  }
  reader.leave(outer);
}

function takeLabel(bytes: Buffer, draft: PodDraft, interner: Interner): void {
  const index = indexOfText(bytes, entry.key, entry.keyEnd, LABEL_KEYS);
  if (index >= 0) draft.labels[index] = interner.bytes(bytes, entry.value, entry.valueEnd);
}

function takeAnnotation(bytes: Buffer, draft: PodDraft, interner: Interner): void {
  const { key, keyEnd, value, valueEnd } = entry;
  if (isText(bytes, key, keyEnd, DEPLOYMENT_CONFIG)) {
    draft.deploymentConfig = interner.bytes(bytes, value, valueEnd);
  } else if (beginsWith(bytes, key, keyEnd, OWN_PREFIX)) {
    draft.annotations ??= {};
    const name = interner.bytes(bytes, key + OWN_PREFIX.length, keyEnd);
    draft.annotations[name] = interner.bytes(bytes, value, valueEnd);
  } else if (isText(bytes, key, keyEnd, INITIAL_EVENTS_END)) {
    draft.initialEventsEnd = isText(bytes, value, valueEnd, TRUE);
  } else if (indexOfText(bytes, key, keyEnd, PART_KEYS) >= 0) {
    draft.part = interner.bytes(bytes, value, valueEnd);
  }
}

const OWNER = fields(1, 3, 6);

function readOwner(reader: ProtobufReader, tag: number, draft: PodDraft, interner: Interner): void {
  let kind = "";
  let name = "";
  let controller = false;
  const outer = reader.enter(tag);
  for (let field = reader.next(OWNER); field !== 0; field = reader.next(OWNER)) {
    switch (field >>> 3) {
      case 1:
        kind = reader.shared(field, interner);
        break;
      case 3:
        name = reader.shared(field, interner);
        break;
      case 6:
        controller = reader.bool(field);
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
  if (!controller) return;
  draft.ownerKind = kind;
  draft.ownerName = name;
}

// ─── core/v1 PodSpec ─────────────────────────────────────────────────────────────────────────────────────────────

const SPEC = fields(1, 2, 3, 5, 10, 19, 20, 34);

function readSpec(reader: ProtobufReader, draft: PodDraft, interner: Interner): void {
  for (let tag = reader.next(SPEC); tag !== 0; tag = reader.next(SPEC)) {
    switch (tag >>> 3) {
      case 1:
        readVolume(reader, tag, draft, interner);
        break;
      case 2:
        draft.containers.push(readContainer(reader, tag, interner));
        break;
      case 3:
        draft.restartPolicy = reader.shared(tag, interner);
        break;
      case 5:
        draft.activeDeadline = reader.int64(tag);
        break;
      case 10:
        draft.node = reader.shared(tag, interner);
        break;
      case 19:
        draft.scheduler = reader.shared(tag, interner);
        break;
      case 20:
        draft.initContainers.push(readContainer(reader, tag, interner));
        break;
      case 34:
        draft.ephemeralContainers.push(readEphemeralContainer(reader, tag, interner));
        break;
      default:
        reader.skip(tag);
    }
  }
}

const VOLUME = fields(2);
const VOLUME_SOURCE = fields(30);
const IMAGE_VOLUME_SOURCE = fields(1);

/** Volume holds its source in a message of its own, VolumeSource. */
function readVolume(reader: ProtobufReader, tag: number, draft: PodDraft, interner: Interner): void {
  let reference: string | undefined;
  const outer = reader.enter(tag);
  for (let field = reader.next(VOLUME); field !== 0; field = reader.next(VOLUME)) {
    if (field >>> 3 !== 2) {
      reader.skip(field);
      continue;
    }
    const volume = reader.enter(field);
    for (let kind = reader.next(VOLUME_SOURCE); kind !== 0; kind = reader.next(VOLUME_SOURCE)) {
      if (kind >>> 3 === 30) reference = readReference(reader, kind, interner) ?? reference ?? "";
      else reader.skip(kind);
    }
    reader.leave(volume);
  }
  reader.leave(outer);
  if (reference !== undefined) draft.imageVolumes.push(reference);
}

function readReference(reader: ProtobufReader, tag: number, interner: Interner): string | undefined {
  let reference: string | undefined;
  const outer = reader.enter(tag);
  for (let field = reader.next(IMAGE_VOLUME_SOURCE); field !== 0; field = reader.next(IMAGE_VOLUME_SOURCE)) {
    if (field >>> 3 === 1) reference = reader.shared(field, interner);
    else reader.skip(field);
  }
  reader.leave(outer);
  return reference;
}

function readContainer(reader: ProtobufReader, tag: number, interner: Interner): ContainerDraft {
  const container = newContainerDraft();
  fillContainer(reader, tag, container, interner);
  return container;
}

const CONTAINER = fields(1, 2, 22, 23, 24, 25);

function fillContainer(reader: ProtobufReader, tag: number, container: ContainerDraft, interner: Interner): void {
  const outer = reader.enter(tag);
  for (let field = reader.next(CONTAINER); field !== 0; field = reader.next(CONTAINER)) {
    switch (field >>> 3) {
      case 1:
        container.name = reader.shared(field, interner);
        break;
      case 2:
        container.image = reader.shared(field, interner);
        break;
      case 22:
        reader.leave(reader.enter(field));
        container.startupProbe = true;
        break;
      case 23:
        if (readsRestartContainer(reader, field, interner)) container.resizeRestarts = true;
        break;
      case 24:
        container.restartPolicy = reader.shared(field, interner);
        break;
      case 25:
        container.restartRules.push(readRestartRule(reader, field, interner));
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
}

const RESIZE_POLICY = fields(2);

function readsRestartContainer(reader: ProtobufReader, tag: number, interner: Interner): boolean {
  let restartPolicy = "";
  const outer = reader.enter(tag);
  for (let field = reader.next(RESIZE_POLICY); field !== 0; field = reader.next(RESIZE_POLICY)) {
    if (field >>> 3 === 2) restartPolicy = reader.shared(field, interner);
    else reader.skip(field);
  }
  reader.leave(outer);
  return restartPolicy === "RestartContainer";
}

const RESTART_RULE = fields(1, 2);

function readRestartRule(reader: ProtobufReader, tag: number, interner: Interner): RestartRuleDraft {
  const rule = newRestartRuleDraft();
  const outer = reader.enter(tag);
  for (let field = reader.next(RESTART_RULE); field !== 0; field = reader.next(RESTART_RULE)) {
    if (field >>> 3 === 1) rule.action = reader.shared(field, interner);
    else if (field >>> 3 === 2) readExitCodes(reader, field, rule, interner);
    else reader.skip(field);
  }
  reader.leave(outer);
  return rule;
}

function readExitCodes(reader: ProtobufReader, tag: number, rule: RestartRuleDraft, interner: Interner): void {
  const outer = reader.enter(tag);
  for (let field = reader.next(RESTART_RULE); field !== 0; field = reader.next(RESTART_RULE)) {
    if (field >>> 3 === 1) rule.operator = reader.shared(field, interner);
    else if (field >>> 3 === 2) rule.exitCodes.push(reader.int32(field));
    else reader.skip(field);
  }
  reader.leave(outer);
}

/** EphemeralContainer holds all that a Container has in a message of its own, EphemeralContainerCommon. */
function readEphemeralContainer(reader: ProtobufReader, tag: number, interner: Interner): ContainerDraft {
  const container = newContainerDraft();
  const outer = reader.enter(tag);
  while (reader.at < reader.end) {
    const field = reader.tag();
    if (field >>> 3 === 1) fillContainer(reader, field, container, interner);
    else reader.skip(field);
  }
  reader.leave(outer);
  return container;
}
