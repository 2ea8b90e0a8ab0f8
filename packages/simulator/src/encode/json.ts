import { bookmarkObject, type Encoding, KINDS } from "./types.ts";

/** JSON as Go's encoding/json writes it, with the characters of HTML tags escaped. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapeCharacter));
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const LINE_END = Buffer.from("\n");
const EVENT_END = Buffer.from("}\n");
const ITEM = Buffer.from("{");
const NEXT_ITEM = Buffer.from(",{");
const LIST_END = Buffer.from("]}\n");

export const jsonEncoding: Encoding = {
  name: "json",
  contentType: "application/json",
  watchContentType: "application/json",
  object: (resource, entry) => [typePrefix(`{"kind":"${KINDS[resource]}","apiVersion":"v1",`), entry.json(), LINE_END],
  *list(resource, meta, entries) {
    yield Buffer.from(
      `{"kind":"${KINDS[resource]}List","apiVersion":"v1","metadata":${JSON.stringify(meta)},"items":[`,
    );
    let first = true;
    for (const entry of entries) {
      yield first ? ITEM : NEXT_ITEM;
      first = false;
      yield entry.json();
    }
    yield LIST_END;
  },
  event: (type, resource, entry) => [
    typePrefix(`{"type":"${type}","object":{"kind":"${KINDS[resource]}","apiVersion":"v1",`),
    entry.json(),
    EVENT_END,
  ],
  bookmark: (resource, resourceVersion, endsInitialEvents) =>
    line({ type: "BOOKMARK", object: bookmarkObject(resource, resourceVersion, endsInitialEvents) }),
  status: (status) => line(status),
  errorEvent: (status) => line({ type: "ERROR", object: status }),
  frame: (event) => Buffer.concat([event, LINE_END]),
};

function line(value: unknown): Buffer {
  return Buffer.concat([jsonBytes(value), LINE_END]);
}

const prefixes = new Map<string, Buffer>();

function typePrefix(text: string): Buffer {
  let bytes = prefixes.get(text);
  if (bytes === undefined) {
    bytes = Buffer.from(text);
    prefixes.set(text, bytes);
  }
  return bytes;
}
