import type { Instant } from "../core/model/time.ts";
import type { WireFormat } from "../kubernetes/decode/decode-error.ts";
import { ProtobufReader } from "../kubernetes/decode/protobuf-reader.ts";

/**
 * The greatest time in the object of a recorded event: creationTimestamp, deletionTimestamp, managedFields' time,
 * conditions' lastTransitionTime and the times of container states. A replay's clock follows it, since a recording
 * does not say when its events arrived. Undefined when there is none (a bookmark) or the event cannot be read.
 */
export function latestTime(event: Buffer, format: WireFormat): Instant | undefined {
  const latest = { at: Number.NEGATIVE_INFINITY };
  try {
    if (format === "json") collectJson(JSON.parse(event.toString("utf8")), EVENT, latest);
    else {
      const reader = new ProtobufReader();
      reader.reset(event, 4, event.length, 0);
      collectProtobuf(reader, EVENT, latest);
    }
  } catch {
    // What is wrong with it is for the decoder to say, which reads the same bytes.
    return undefined;
  }
  return Number.isFinite(latest.at) ? latest.at : undefined;
}

/** Where the times are: by field name and protobuf number (kubernetes/api `generated.proto`). */
interface Message {
  readonly [field: string]: { readonly number: number; readonly holds: "time" | "enveloped" | Message };
}

const time = (number: number) => ({ number, holds: "time" }) as const;

const STATE: Message = {
  running: { number: 2, holds: { startedAt: time(1) } },
  terminated: { number: 3, holds: { startedAt: time(5), finishedAt: time(6) } },
};

const CONTAINER_STATUS: Message = {
  state: { number: 2, holds: STATE },
  lastState: { number: 3, holds: STATE },
};

const POD: Message = {
  metadata: {
    number: 1,
    holds: {
      creationTimestamp: time(8),
      deletionTimestamp: time(9),
      managedFields: { number: 17, holds: { time: time(4) } },
    },
  },
  status: {
    number: 3,
    holds: {
      conditions: { number: 2, holds: { lastTransitionTime: time(4) } },
      containerStatuses: { number: 8, holds: CONTAINER_STATUS },
      initContainerStatuses: { number: 10, holds: CONTAINER_STATUS },
      ephemeralContainerStatuses: { number: 13, holds: CONTAINER_STATUS },
    },
  },
};

const EVENT: Message = { object: { number: 2, holds: "enveloped" } };

interface Latest {
  at: Instant;
}

function collectJson(value: unknown, message: Message, latest: Latest): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, { holds }] of Object.entries(message)) {
    const field = (value as Record<string, unknown>)[name];
    if (field === undefined || field === null) continue;
    if (holds === "time") note(latest, Date.parse(String(field)));
    else
      for (const item of Array.isArray(field) ? field : [field])
        collectJson(item, holds === "enveloped" ? POD : holds, latest);
  }
}

function collectProtobuf(reader: ProtobufReader, message: Message, latest: Latest): void {
  const byNumber = new Map(Object.values(message).map(({ number, holds }) => [number, holds]));
  while (reader.at < reader.end) {
    const tag = reader.tag();
    const holds = byNumber.get(tag >>> 3);
    if (holds === undefined) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    if (holds === "time") note(latest, readTime(reader));
    else if (holds === "enveloped") openEnvelope(reader, latest);
    else collectProtobuf(reader, holds, latest);
    reader.leave(outer);
  }
}

/** RawExtension { 1: raw }, where raw is the magic `k8s\0` and runtime.Unknown { 2: raw }. */
function openEnvelope(reader: ProtobufReader, latest: Latest): void {
  const extension = reader.enter(reader.tag());
  reader.at += 4;
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag >>> 3 !== 2) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    collectProtobuf(reader, POD, latest);
    reader.leave(outer);
  }
  reader.leave(extension);
}

/** metav1.Time { 1: seconds }; an empty one is no time. */
function readTime(reader: ProtobufReader): Instant {
  let seconds = Number.NaN;
  while (reader.at < reader.end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) seconds = reader.int64(tag);
    else reader.skip(tag);
  }
  return seconds * 1_000;
}

function note(latest: Latest, at: Instant): void {
  if (at > latest.at) latest.at = at;
}
