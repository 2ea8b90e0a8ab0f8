/** The fields of a PodStatus that a snapshot needs, by their numbers in core/v1; see protobuf-pod.ts. */
import type { Interner } from "./packed-types.ts";
import {
  CONDITIONS,
  newConditionDraft,
  newStatusDraft,
  newTerminationDraft,
  type PodDraft,
  type StateDraft,
  type StatusDraft,
  type TerminationDraft,
} from "./pod-draft.ts";
import { fields, type ProtobufReader } from "./protobuf-reader.ts";
import { readTime } from "./protobuf-time.ts";
import { CONTAINER_ID_LENGTH, shortContainerID } from "./snapshot-text.ts";
import { beginsWith, indexOfText, isAscii, literal, textOf } from "./text.ts";
import { NEVER } from "./timestamp.ts";

const CONDITION_TYPES = CONDITIONS.map(literal);
const SCHEME_END = literal("://");
const COLON = 0x3a;

const STATUS = fields(1, 2, 3, 4, 7, 8, 10, 13, 17);

/** Reads the PodStatus from the reader's position to its end. Throws DecodeError. */
export function readStatus(reader: ProtobufReader, draft: PodDraft, interner: Interner): void {
  for (let tag = reader.next(STATUS); tag !== 0; tag = reader.next(STATUS)) {
    switch (tag >>> 3) {
      case 1:
        draft.phase = reader.shared(tag, interner);
        break;
      case 2:
        readCondition(reader, tag, draft, interner);
        break;
      case 3:
        draft.message = reader.text(tag);
        break;
      case 4:
        draft.reason = reader.shared(tag, interner);
        break;
      case 7:
        draft.startedAt = readTime(reader, tag);
        break;
      case 8:
        draft.statuses.push(readContainerStatus(reader, tag, interner));
        break;
      case 10:
        draft.initStatuses.push(readContainerStatus(reader, tag, interner));
        break;
      case 13:
        draft.ephemeralStatuses.push(readContainerStatus(reader, tag, interner));
        break;
      case 17:
        draft.observedGeneration = reader.int64(tag);
        break;
      default:
        reader.skip(tag);
    }
  }
}

const CONDITION = fields(1, 2, 4, 5, 6);

function readCondition(reader: ProtobufReader, tag: number, draft: PodDraft, interner: Interner): void {
  const condition = newConditionDraft();
  let index = -1;
  const outer = reader.enter(tag);
  for (let field = reader.next(CONDITION); field !== 0; field = reader.next(CONDITION)) {
    switch (field >>> 3) {
      case 1: {
        const inner = reader.enter(field);
        index = indexOfText(reader.bytes, reader.at, reader.end, CONDITION_TYPES);
        reader.leave(inner);
        // Most types are not needed, and the type comes first.
        if (index < 0) {
          reader.leave(outer);
          return;
        }
        break;
      }
      case 2:
        condition.status = reader.shared(field, interner);
        break;
      case 4:
        condition.since = readTime(reader, field);
        break;
      case 5:
        condition.reason = reader.shared(field, interner);
        break;
      case 6:
        condition.message = reader.shared(field, interner);
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
  if (index >= 0) draft.conditions[index] = condition;
}

const CONTAINER_STATUS = fields(1, 2, 3, 4, 5, 7, 8, 9);

function readContainerStatus(reader: ProtobufReader, tag: number, interner: Interner): StatusDraft {
  const status = newStatusDraft();
  const outer = reader.enter(tag);
  for (let field = reader.next(CONTAINER_STATUS); field !== 0; field = reader.next(CONTAINER_STATUS)) {
    switch (field >>> 3) {
      case 1:
        status.name = reader.shared(field, interner);
        break;
      case 2:
        readState(reader, field, status.state, interner);
        break;
      case 3:
        readState(reader, field, status.lastState, interner);
        break;
      case 4:
        status.ready = reader.bool(field);
        break;
      case 5:
        status.restartCount = reader.int32(field);
        break;
      case 7:
        status.imageID = reader.shared(field, interner);
        break;
      case 8:
        status.containerID = readContainerID(reader, field, status.state.terminated ?? status.lastState.terminated);
        break;
      case 9:
        status.notStarted = !reader.bool(field);
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
  return status;
}

const STATE = fields(1, 2, 3);

function readState(reader: ProtobufReader, tag: number, state: StateDraft, interner: Interner): void {
  const outer = reader.enter(tag);
  for (let field = reader.next(STATE); field !== 0; field = reader.next(STATE)) {
    switch (field >>> 3) {
      case 1:
        readWaiting(reader, field, state, interner);
        break;
      case 2:
        readRunning(reader, field, state);
        break;
      case 3:
        readTermination(reader, field, state, interner);
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
}

function readWaiting(reader: ProtobufReader, tag: number, state: StateDraft, interner: Interner): void {
  state.waiting ??= { reason: "", message: "" };
  const { waiting } = state;
  const outer = reader.enter(tag);
  while (reader.at < reader.end) {
    const field = reader.tag();
    if (field >>> 3 === 1) waiting.reason = reader.shared(field, interner);
    else if (field >>> 3 === 2) waiting.message = reader.text(field);
    else reader.skip(field);
  }
  reader.leave(outer);
}

function readRunning(reader: ProtobufReader, tag: number, state: StateDraft): void {
  state.running ??= { startedAt: NEVER };
  const { running } = state;
  const outer = reader.enter(tag);
  while (reader.at < reader.end) {
    const field = reader.tag();
    if (field >>> 3 === 1) running.startedAt = readTime(reader, field);
    else reader.skip(field);
  }
  reader.leave(outer);
}

const TERMINATED = fields(1, 2, 3, 4, 5, 6, 7);

function readTermination(reader: ProtobufReader, tag: number, state: StateDraft, interner: Interner): void {
  state.terminated ??= newTerminationDraft();
  const { terminated } = state;
  const outer = reader.enter(tag);
  for (let field = reader.next(TERMINATED); field !== 0; field = reader.next(TERMINATED)) {
    switch (field >>> 3) {
      case 1:
        terminated.exitCode = reader.int32(field);
        break;
      case 2:
        terminated.signal = reader.int32(field);
        break;
      case 3:
        terminated.reason = reader.shared(field, interner);
        break;
      case 4:
        terminated.message = reader.text(field);
        break;
      case 5:
        terminated.startedAt = readTime(reader, field);
        break;
      case 6:
        terminated.finishedAt = readTime(reader, field);
        break;
      case 7:
        terminated.containerID = readContainerID(reader, field, undefined);
        break;
      default:
        reader.skip(field);
    }
  }
  reader.leave(outer);
}

/** Decodes only the characters that are kept. The two occurrences of a container's id share one string. */
function readContainerID(reader: ProtobufReader, tag: number, same: TerminationDraft | undefined): string {
  const outer = reader.enter(tag);
  const { bytes, at, end } = reader;
  reader.leave(outer);
  let start = at;
  while (start < end && (bytes[start] !== COLON || !beginsWith(bytes, start, end, SCHEME_END))) start++;
  start = start === end ? at : start + SCHEME_END.length;
  const last = Math.min(start + CONTAINER_ID_LENGTH, end);
  if (same?.containerID.length === last - start && isAscii(bytes, start, same.containerID)) return same.containerID;
  const id = textOf(bytes, start, last);
  // Outside ASCII, bytes are not characters.
  return id.length === last - start ? id : shortContainerID(textOf(bytes, at, end));
}
