/** Replays a recorded watch of a real cluster. */
import { gunzipSync } from "node:zlib";
import type { Resource } from "../encode/types.ts";
import type { Event, Pod } from "../model/objects.ts";
import type { Storage } from "./storage.ts";

export interface RecordedEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: Resource;
  readonly object: Pod | Event;
}

/**
 * The changes in a recording of watch events of pods or Events, one JSON object per line, optionally compressed with gzip.
 * Bookmarks are omitted. Throws an Error with the number of an invalid line.
 */
export function readRecording(bytes: Uint8Array): readonly RecordedEvent[] {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = Buffer.from(isCompressed ? gunzipSync(bytes) : bytes).toString();
  return text.split("\n").flatMap((line, index) => (line === "" ? [] : recordedEvent(line, index + 1)));
}

function recordedEvent(line: string, number: number): readonly RecordedEvent[] {
  let event: { readonly type: string; readonly object: { readonly kind?: string } };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new Error(`line ${number} of the recording is not a watch event: ${(error as Error).message}`);
  }
  const { type, object } = event;
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return [];
  const { kind, apiVersion: _, ...rest } = object as { kind?: string; apiVersion?: string };
  return [{ type, resource: kind === "Event" ? "events" : "pods", object: rest as unknown as Pod | Event }];
}

/**
 * Writes recorded changes into a storage, which assigns new resourceVersions. A change of an object that the storage does
 * not have creates it.
 */
export function replay(storage: Storage, events: Iterable<RecordedEvent>): void {
  for (const { type, resource, object } of events) {
    const { namespace, name } = object.metadata;
    if (resource === "pods") {
      if (type === "DELETED") storage.pods.remove(namespace, name, object as Pod);
      else storage.pods.put(object as Pod);
    } else if (type === "DELETED") {
      storage.events.remove(namespace, name, object as Event);
    } else {
      storage.events.put(object as Event);
    }
  }
}
