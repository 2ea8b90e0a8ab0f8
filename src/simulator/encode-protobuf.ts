/** `application/vnd.kubernetes.protobuf` (API concepts, "Protobuf encoding"), with the watch framing of apimachinery. */
import { bookmarkObject, type Encoding, KINDS, type Resource } from "./encode.ts";
import type { ApiObject } from "./objects.ts";
import { listMeta, SCHEMAS, status as statusSchema } from "./protobuf-schema.ts";
import { encodeMessage, schema, text } from "./protobuf-writer.ts";

/** What every object begins with: `k8s` and a zero byte. */
const MAGIC = Buffer.from("k8s\0");

export function protobufBytes(resource: Resource, object: ApiObject): Buffer {
  return encodeMessage(SCHEMAS[resource], object);
}

export const protobufEncoding: Encoding = {
  name: "protobuf",
  contentType: "application/vnd.kubernetes.protobuf",
  watchContentType: "application/vnd.kubernetes.protobuf;stream=watch",
  object: (resource, entry) => unknown(KINDS[resource], entry.protobuf()),
  *list(resource, meta, entries) {
    const head = delimited(1, encodeMessage(listMeta, meta));
    let length = head.length;
    for (const entry of entries) length += delimitedLength(2, entry.protobufLength());
    const [before, after] = envelope(`${KINDS[resource]}List`, length);
    yield Buffer.concat([before, head]);
    for (const entry of entries) {
      yield tag(2, entry.protobufLength());
      yield entry.protobuf();
    }
    yield after;
  },
  event: (type, resource, entry) => watchEvent(type, unknown(KINDS[resource], entry.protobuf())),
  bookmark: (resource, resourceVersion, endsInitialEvents) => {
    const object = bookmarkObject(resource, resourceVersion, endsInitialEvents);
    return watchEvent("BOOKMARK", unknown(KINDS[resource], encodeMessage(SCHEMAS[resource], object)));
  },
  status: (status) => unknown("Status", encodeMessage(statusSchema, status)),
  errorEvent: (status) => watchEvent("ERROR", unknown("Status", encodeMessage(statusSchema, status))),
  frame: (event) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(event.length);
    return Buffer.concat([length, event]);
  },
};

const typeMeta = schema({ apiVersion: text(1), kind: text(2) });

/** The parts of a `runtime.Unknown` around a raw object of this length. */
function envelope(kind: string, length: number): readonly [Buffer, Buffer] {
  const type = delimited(1, encodeMessage(typeMeta, { apiVersion: "v1", kind }));
  // contentEncoding and contentType, both empty.
  return [Buffer.concat([MAGIC, type, tag(2, length)]), Buffer.concat([tag(3, 0), tag(4, 0)])];
}

function unknown(kind: string, raw: Buffer): Buffer {
  const [before, after] = envelope(kind, raw.length);
  return Buffer.concat([before, raw, after]);
}

/** `metav1.WatchEvent` with a `RawExtension`, after its length in four bytes (LengthDelimitedFramer). */
function watchEvent(type: string, object: Buffer): Buffer {
  const extension = delimited(1, object);
  return protobufEncoding.frame(Buffer.concat([delimited(1, Buffer.from(type)), delimited(2, extension)]));
}

function delimited(number: number, content: Buffer): Buffer {
  return Buffer.concat([tag(number, content.length), content]);
}

function delimitedLength(number: number, length: number): number {
  return tag(number, length).length + length;
}

/** The tag of a length-delimited field, and its length. */
function tag(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2];
  let rest = length;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
