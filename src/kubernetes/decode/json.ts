/** Kubernetes' JSON wire format: a watch has one event per line; a list is one object, decoded item by item. */
import type { PodSnapshot } from "../../core/model/pod.ts";
import { asBuffer, CarryOverBuffer, MAX_FRAME_BYTES } from "./carry-over-buffer.ts";
import { DecodeError } from "./decode-error.ts";
import { createItemSplitter } from "./json-items.ts";
import { takePod } from "./json-pod.ts";
import { asObject, int32At, type JsonObject, listAt, objectAt, textAt, UnexpectedValue } from "./json-value.ts";
import { missingField, packPod } from "./packed-pod.ts";
import type { Interner } from "./packed-types.ts";
import { newPodDraft } from "./pod-draft.ts";
import type { ApiStatus, DecodeSink, ListDecoder, WatchEventDecoder } from "./types.ts";

const NEWLINE = 0x0a;

export function createJsonWatchDecoder(sink: DecodeSink, interner: Interner): WatchEventDecoder {
  const hold = new CarryOverBuffer();
  /** Position of the current line in the stream. */
  let offset = 0;

  function takeLine(bytes: Buffer, start: number, end: number): void {
    const event = parseObject(bytes, start, end, offset, "an event");
    if (event === undefined) return;
    failingAt(offset, () => takeEvent(event, sink, interner));
  }

  return {
    push(given) {
      const chunk = asBuffer(given);
      let at = 0;
      for (;;) {
        const newline = chunk.indexOf(NEWLINE, at);
        const end = newline < 0 ? chunk.length : newline;
        if (hold.length + end - at > MAX_FRAME_BYTES) {
          throw new DecodeError(`an event of more than ${MAX_FRAME_BYTES} bytes`, "json", offset);
        }
        if (newline < 0) {
          hold.append(chunk, at, end);
          return;
        }
        let size = end + 1 - at;
        if (hold.length === 0) takeLine(chunk, at, end);
        else {
          size += hold.length;
          hold.append(chunk, at, end);
          const { bytes, length } = hold;
          hold.clear();
          takeLine(bytes, 0, length);
        }
        offset += size;
        at = end + 1;
      }
    },
    end() {
      // A last line without a line feed is complete if it parses, because no JSON object is a prefix of another.
      const { bytes, length } = hold;
      hold.clear();
      try {
        takeLine(bytes, 0, length);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw new DecodeError("the stream ends inside an event", "json", offset);
      }
    },
  };
}

export function createJsonListDecoder(sink: Pick<DecodeSink, "pod">, interner: Interner): ListDecoder {
  let count = 0;
  const items = createItemSplitter((bytes, start, end, offset) => {
    const pod = parseObject(bytes, start, end, offset, "an item");
    if (pod === undefined) return;
    const snapshot = failingAt(offset, () => wholePod(pod, interner));
    count++;
    sink.pod("ADDED", snapshot);
  });

  return {
    push: (chunk) => items.push(asBuffer(chunk)),
    end() {
      const envelope = items.end();
      const list = parseObject(envelope, 0, envelope.length, 0, "a list");
      if (list === undefined) throw new DecodeError("an empty body instead of a PodList", "json", 0);
      return failingAt(0, () => {
        const kind = textAt(list, "kind");
        if (kind !== "PodList") throw new UnexpectedValue(`a ${kind || "nameless kind"} instead of a PodList`);
        const metadata = objectAt(list, "metadata") ?? {};
        const resourceVersion = textAt(metadata, "resourceVersion");
        if (resourceVersion === "") throw new UnexpectedValue("a list without metadata.resourceVersion");
        const token = textAt(metadata, "continue");
        return { resourceVersion, continue: token === "" ? undefined : token, count };
      });
    },
  };
}

/** Undefined when the body is not a Status. */
export function decodeJsonStatus(body: Buffer): ApiStatus | undefined {
  try {
    const status = asObject(JSON.parse(body.toString("utf8")), "the body");
    return status.kind === "Status" ? statusOf(status) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UnexpectedValue) return undefined;
    throw error;
  }
}

function takeEvent(event: JsonObject, sink: DecodeSink, interner: Interner): void {
  const type = textAt(event, "type");
  const object = objectAt(event, "object") ?? {};
  const kind = textAt(object, "kind");
  if (kind !== "Pod" && type !== "ERROR") {
    throw new UnexpectedValue(`an event of kind ${kind} in a watch of pods`);
  }
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      sink.pod(type, wholePod(object, interner));
      return;
    case "BOOKMARK": {
      const draft = newPodDraft();
      takePod(object, draft, interner);
      if (draft.resourceVersion === "") throw new UnexpectedValue("a bookmark without metadata.resourceVersion");
      sink.bookmark(draft.resourceVersion, draft.initialEventsEnd);
      return;
    }
    case "ERROR":
      if (kind !== "Status") throw new UnexpectedValue(`an ERROR event of kind ${kind}`);
      sink.error(statusOf(object));
      return;
    default:
      throw new UnexpectedValue(`an event of the unknown type ${JSON.stringify(type)}`);
  }
}

function wholePod(pod: JsonObject, interner: Interner): PodSnapshot {
  const draft = newPodDraft();
  takePod(pod, draft, interner);
  const missing = missingField(draft);
  if (missing !== undefined) throw new UnexpectedValue(`a pod without ${missing}`);
  return packPod(draft, interner);
}

function statusOf(status: JsonObject): ApiStatus {
  const details = objectAt(status, "details") ?? {};
  const retryAfterSeconds = int32At(details, "retryAfterSeconds");
  const causes = listAt(details, "causes").map((cause) => textAt(asObject(cause, "a cause"), "reason"));
  return {
    code: int32At(status, "code"),
    reason: textAt(status, "reason"),
    message: textAt(status, "message"),
    retryAfterSeconds: retryAfterSeconds > 0 ? retryAfterSeconds : undefined,
    causes: causes.filter((reason) => reason !== ""),
  };
}

/** Undefined for white space only. */
function parseObject(bytes: Buffer, start: number, end: number, offset: number, what: string): JsonObject | undefined {
  const text = textWithoutManagedFields(bytes, start, end);
  try {
    return asObject(JSON.parse(text), what);
  } catch (error) {
    if (text.trim() === "") return undefined;
    // V8 quotes the text in its message. It may contain secrets, so only the length is reported.
    if (error instanceof SyntaxError)
      throw new DecodeError(`${what} of ${end - start} bytes is not JSON`, "json", offset);
    if (error instanceof UnexpectedValue) throw new DecodeError(error.message, "json", offset);
    throw error;
  }
}

function failingAt<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnexpectedValue) throw new DecodeError(error.message, "json", offset);
    throw error;
  }
}

const MANAGED_FIELDS = Buffer.from('"managedFields":[', "latin1");
const [QUOTE, BACKSLASH, COMMA, OPENING_BRACE, OPENING_BRACKET, CLOSING_BRACKET] = [0x22, 0x5c, 0x2c, 0x7b, 0x5b, 0x5d];

/**
 * The text without managedFields, which are a third of most pods and not needed. The key is found by its bytes: inside a
 * string its quotes would be escaped, so after a brace or a comma it must be a key.
 */
function textWithoutManagedFields(bytes: Buffer, start: number, end: number): string {
  // Limited to this object; otherwise each object without the key would cause a search to the end of the chunk.
  const key = start + bytes.subarray(start, end).indexOf(MANAGED_FIELDS);
  if (key <= start) return bytes.toString("utf8", start, end);
  const before = bytes[key - 1];
  if (before !== COMMA && before !== OPENING_BRACE) return bytes.toString("utf8", start, end);
  let at = key + MANAGED_FIELDS.length;
  let depth = 1;
  while (depth > 0 && at < end) {
    const byte = bytes[at++];
    if (byte === OPENING_BRACKET) depth++;
    else if (byte === CLOSING_BRACKET) depth--;
    else if (byte === QUOTE) at = endOfString(bytes, at, end);
  }
  if (depth > 0) return bytes.toString("utf8", start, end);
  const until = key + MANAGED_FIELDS.length;
  return `${bytes.toString("utf8", start, until)}${bytes.toString("utf8", at - 1, end)}`;
}

/** The position after the closing quote of the string. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at++];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return end;
}
