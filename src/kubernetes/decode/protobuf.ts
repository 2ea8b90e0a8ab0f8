/**
 * Kubernetes' protobuf wire format (kubernetes-watch.md rule 41). An object is the magic `k8s\0` and a runtime.Unknown
 * with the kind and the object's bytes. A watch stream consists of frames: a 4-byte big-endian length and a meta/v1
 * WatchEvent, whose object starts with the magic again.
 */
import type { PodSnapshot } from "../../core/model/pod.ts";
import { asBuffer, MAX_FRAME_BYTES } from "./carry-over-buffer.ts";
import { DecodeError } from "./decode-error.ts";
import { splitFrames } from "./framing.ts";
import { missingField, packPod } from "./packed-pod.ts";
import type { Interner } from "./packed-types.ts";
import { newPodDraft } from "./pod-draft.ts";
import { readStatusObject } from "./protobuf-api-status.ts";
import { readPod } from "./protobuf-pod.ts";
import { fields, ProtobufReader } from "./protobuf-reader.ts";
import { textOf } from "./text.ts";
import type { ApiStatus, DecodeSink, ListDecoder, WatchEventDecoder } from "./types.ts";

const MAGIC = Buffer.from("k8s\0", "latin1");
const FRAME_HEADER = 4;

export function createProtobufWatchDecoder(sink: DecodeSink, interner: Interner): WatchEventDecoder {
  const reader = new ProtobufReader();

  function takeFrame(bytes: Buffer, start: number, end: number, offset: number): void {
    reader.reset(bytes, start + FRAME_HEADER, end, offset - start);
    const type = enterEvent(reader, interner);
    const kind = enterObject(reader, interner);
    if (kind !== "Pod" && type !== "ERROR") reader.fail(`an event of kind ${kind} in a watch of pods`);
    switch (type) {
      case "ADDED":
      case "MODIFIED":
      case "DELETED":
        sink.pod(type, wholePod(reader, interner));
        return;
      case "BOOKMARK": {
        const draft = newPodDraft();
        readPod(reader, draft, interner);
        if (draft.resourceVersion === "") reader.fail("a bookmark without metadata.resourceVersion");
        sink.bookmark(draft.resourceVersion, draft.initialEventsEnd);
        return;
      }
      case "ERROR":
        if (kind !== "Status") reader.fail(`an ERROR event of kind ${kind}`);
        sink.error(readStatusObject(reader));
        return;
      default:
        reader.fail(`an event of the unknown type ${JSON.stringify(type)}`);
    }
  }

  const cutter = splitFrames({
    size(bytes, start, end) {
      if (end - start < FRAME_HEADER) return undefined;
      const length = bytes.readUInt32BE(start);
      if (length > MAX_FRAME_BYTES) {
        throw new DecodeError(`a frame of ${length} bytes, more than ${MAX_FRAME_BYTES}`, "protobuf", cutter.offset);
      }
      return FRAME_HEADER + length;
    },
    take: takeFrame,
  });

  return {
    push: (chunk) => cutter.push(asBuffer(chunk)),
    end() {
      if (cutter.held > 0) throw new DecodeError("the stream ends inside a frame", "protobuf", cutter.offset);
    },
  };
}

export function createProtobufListDecoder(sink: Pick<DecodeSink, "pod">, interner: Interner): ListDecoder {
  const reader = new ProtobufReader();
  let stage: "magic" | "envelope" | "list" = "magic";
  let kind: string | undefined;
  let begun = false;
  /** Remaining bytes of the list. */
  let left = 0;
  let resourceVersion = "";
  let token = "";
  let count = 0;

  function takeEnvelopeField(): void {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1: {
        const outer = reader.enter(tag);
        kind = textIn(find(reader, 2), reader, interner);
        reader.leave(outer);
        if (kind !== "PodList") reader.fail(`a ${kind} instead of a PodList`);
        return;
      }
      case 3: {
        const outer = reader.enter(tag);
        refuseEncoding(reader, { start: reader.at, end: reader.end });
        reader.leave(outer);
        return;
      }
      default:
        reader.skip(tag);
    }
  }

  function takeListField(): void {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1: {
        const outer = reader.enter(tag);
        while (reader.at < reader.end) {
          const field = reader.tag();
          if (field >>> 3 === 2) resourceVersion = reader.text(field);
          else if (field >>> 3 === 3) token = reader.text(field);
          else reader.skip(field);
        }
        reader.leave(outer);
        return;
      }
      case 2: {
        const outer = reader.enter(tag);
        const pod = wholePod(reader, interner);
        reader.leave(outer);
        count++;
        sink.pod("ADDED", pod);
        return;
      }
      default:
        reader.skip(tag);
    }
  }

  const cutter = splitFrames({
    size(bytes, start, end) {
      if (stage === "magic") return MAGIC.length;
      const header = readHeader(reader, bytes, start, end, cutter.offset);
      if (header === undefined) return undefined;
      // The list is split into its items.
      if (stage === "envelope" && header.number === 2) return header.size;
      const whole = header.size + header.length;
      if (stage === "list" && whole > left) reader.fail("an item that extends beyond the list");
      if (whole > MAX_FRAME_BYTES) reader.fail(`an item of ${whole} bytes, more than ${MAX_FRAME_BYTES}`);
      return whole;
    },
    take(bytes, start, end, offset) {
      reader.reset(bytes, start, end, offset - start);
      if (stage === "magic") {
        if (MAGIC.compare(bytes, start, end) !== 0) reader.fail("the body does not start with the protobuf magic");
        stage = "envelope";
      } else if (stage === "list") {
        left -= end - start;
        takeListField();
        if (left === 0) stage = "envelope";
      } else {
        const header = readHeader(reader, bytes, start, end, offset);
        if (header?.number !== 2) {
          reader.at = start;
          takeEnvelopeField();
          return;
        }
        if (kind === undefined) reader.fail("an object without a kind");
        if (begun) reader.fail("a second list in one body");
        begun = true;
        left = header.length;
        if (left > 0) stage = "list";
      }
    },
  });

  return {
    push: (chunk) => cutter.push(asBuffer(chunk)),
    end() {
      if (cutter.held > 0 || !begun || left > 0) {
        throw new DecodeError("the body ends before the list does", "protobuf", cutter.offset);
      }
      if (resourceVersion === "") {
        throw new DecodeError("a list without metadata.resourceVersion", "protobuf", cutter.offset);
      }
      return { resourceVersion, continue: token === "" ? undefined : token, count };
    },
  };
}

/** Undefined when the body is not a Status. */
export function decodeProtobufStatus(body: Buffer): ApiStatus | undefined {
  const reader = new ProtobufReader();
  reader.reset(body, 0, body.length, 0);
  try {
    // The kind is not worth interning here.
    const kind = enterObject(reader, { bytes: (bytes, start, end) => bytes.toString("utf8", start, end) });
    return kind === "Status" ? readStatusObject(reader) : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function wholePod(reader: ProtobufReader, interner: Interner): PodSnapshot {
  const draft = newPodDraft();
  readPod(reader, draft, interner);
  const missing = missingField(draft);
  if (missing !== undefined) reader.fail(`a pod without ${missing}`);
  return packPod(draft, interner);
}

/** WatchEvent{1 type, 2 RawExtension{1 raw}}: returns the type and moves the reader into the object's bytes. */
function enterEvent(reader: ProtobufReader, interner: Pick<Interner, "bytes">): string {
  const type = find(reader, 1);
  go(reader, find(reader, 2, 1));
  return textIn(type, reader, interner);
}

/**
 * The magic and Unknown{1 TypeMeta{2 kind}, 2 raw, 3 contentEncoding}: returns the kind and moves the reader into the raw
 * bytes.
 */
function enterObject(reader: ProtobufReader, interner: Pick<Interner, "bytes">): string {
  const { bytes, at } = reader;
  if (reader.end - at < MAGIC.length || MAGIC.compare(bytes, at, at + MAGIC.length) !== 0) {
    reader.fail("an object that does not start with the protobuf magic");
  }
  reader.at += MAGIC.length;
  refuseEncoding(reader, find(reader, 3));
  const kind = find(reader, 1, 2);
  go(reader, find(reader, 2));
  return textIn(kind, reader, interner);
}

function refuseEncoding(reader: ProtobufReader, span: Span | undefined): void {
  if (span === undefined || span.start === span.end) return;
  const encoding = textOf(reader.bytes, span.start, span.end);
  reader.fail(`an object encoded with ${JSON.stringify(encoding)}`);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the bytes of a field in the current message, or of a field inside that field. The last occurrence counts, as in
 * every protobuf decoder. The reader does not move.
 */
function find(reader: ProtobufReader, number: number, inner?: number): Span | undefined {
  const { at, end } = reader;
  const wanted = fields(number);
  let found: Span | undefined;
  for (let tag = reader.next(wanted); tag !== 0; tag = reader.next(wanted)) {
    if (tag >>> 3 !== number) {
      reader.skip(tag);
      continue;
    }
    reader.enter(tag);
    found = inner === undefined ? { start: reader.at, end: reader.end } : (find(reader, inner) ?? found);
    reader.leave(end);
  }
  reader.at = at;
  return found;
}

/** Moves the reader into the bytes of a field, or to the end when there is none. */
function go(reader: ProtobufReader, span: Span | undefined): void {
  reader.at = span?.start ?? reader.end;
  reader.end = span?.end ?? reader.end;
}

function textIn(span: Span | undefined, { bytes }: ProtobufReader, interner: Pick<Interner, "bytes">): string {
  return span === undefined ? "" : interner.bytes(bytes, span.start, span.end);
}

interface FieldHeader {
  readonly number: number;
  /** Bytes of the tag and the length. */
  readonly size: number;
  /** Bytes that follow. */
  readonly length: number;
}

/** The tag and length of a field that may be incomplete; undefined when they have not arrived either. */
function readHeader(reader: ProtobufReader, bytes: Buffer, start: number, end: number, offset: number) {
  if (!holdsHeader(bytes, start, end)) return undefined;
  reader.reset(bytes, start, end, offset - start);
  const tag = reader.tag();
  if ((tag & 7) !== BYTES) reader.skip(tag);
  const length = (tag & 7) === BYTES ? reader.size() : 0;
  const header: FieldHeader = { number: tag >>> 3, size: reader.at - start, length };
  return header;
}

/** True when two complete numbers have arrived, or enough bytes to detect that they are invalid. */
function holdsHeader(bytes: Buffer, start: number, end: number): boolean {
  if (end - start >= 2 * MAX_NUMBER) return true;
  let numbers = 0;
  for (let at = start; at < end && numbers < 2; at++) if ((bytes[at] as number) < 0x80) numbers++;
  return numbers === 2;
}

const BYTES = 2;
const MAX_NUMBER = 10;
