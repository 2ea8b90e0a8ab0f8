/** `application/vnd.kubernetes.protobuf` (API concepts, "Protobuf encoding"), with the watch framing of apimachinery. */

import type { ApiObject } from "../model/objects.ts";
import { joined, lengthOf } from "./pieces.ts";
import { encodeMessage } from "./protobuf-message.ts";
import { bookmarkObject, type Encoded, type Encoding, KINDS, type Resource } from "./types.ts";

/** The prefix of every object: `k8s` and a zero byte. */
const MAGIC = Buffer.from("k8s\0");

export function protobufBytes(resource: Resource, object: ApiObject): Buffer {
  return encodeMessage(KINDS[resource], object);
}

export const protobufEncoding: Encoding = {
  name: "protobuf",
  contentType: "application/vnd.kubernetes.protobuf",
  watchContentType: "application/vnd.kubernetes.protobuf;stream=watch",
  object: (resource, entry) => unknown(KINDS[resource], entry.protobuf()),
  *list(resource, meta, entries) {
    const head = delimited(1, encodeMessage("ListMeta", meta));
    let length = head.length;
    for (const entry of entries) {
      const item = entry.protobuf().length;
      length += tag(2, item).length + item;
    }
    yield envelope(`${KINDS[resource]}List`, length);
    yield head;
    for (const entry of entries) {
      const item = entry.protobuf();
      yield tag(2, item.length);
      yield item;
    }
    yield ENVELOPE_END;
  },
  event: (type, resource, entry) => watchEvent(type, unknown(KINDS[resource], entry.protobuf())),
  bookmark: (resource, resourceVersion, endsInitialEvents) => {
    const object = bookmarkObject(resource, resourceVersion, endsInitialEvents);
    return joined(watchEvent("BOOKMARK", unknown(KINDS[resource], encodeMessage(KINDS[resource], object))));
  },
  status: (status) => joined(unknown("Status", encodeMessage("Status", status))),
  errorEvent: (status) => joined(watchEvent("ERROR", unknown("Status", encodeMessage("Status", status)))),
  frame: (event) => Buffer.concat([frameLength(event.length), event]),
};

/** contentEncoding and contentType, both empty. */
const ENVELOPE_END = Buffer.concat([tag(3, 0), tag(4, 0)]);

/** The part of a `runtime.Unknown` before its raw object of this length. */
function envelope(kind: string, length: number): Buffer {
  return Buffer.concat([MAGIC, delimited(1, encodeMessage("TypeMeta", { apiVersion: "v1", kind })), tag(2, length)]);
}

function unknown(kind: string, raw: Encoded): readonly Encoded[] {
  return [envelope(kind, raw.length), raw, ENVELOPE_END];
}

/** `metav1.WatchEvent` with a `RawExtension`, after its length in four bytes (LengthDelimitedFramer). */
function watchEvent(type: string, object: readonly Encoded[]): readonly Encoded[] {
  const objectLength = lengthOf(object);
  const extension = tag(1, objectLength);
  const typeField = delimited(1, Buffer.from(type));
  const objectField = tag(2, extension.length + objectLength);
  const length = typeField.length + objectField.length + extension.length + objectLength;
  return [Buffer.concat([frameLength(length), typeField, objectField, extension]), ...object];
}

function frameLength(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function delimited(number: number, content: Buffer): Buffer {
  return Buffer.concat([tag(number, content.length), content]);
}

/** The tag of a length-delimited field, and its length. */
function tag(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2];
  let rest = length;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
