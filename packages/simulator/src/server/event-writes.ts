/** Writes Events through the API, for programs that record events about objects. */
import type { Clock } from "../../../../src/ports/clock.ts";
import { jsonEncoding } from "../encode/json.ts";
import type { Exchange } from "../http/exchange.ts";
import { nameSuffix, uuid } from "../model/names.ts";
import { type Event, type Status, timestamp } from "../model/objects.ts";
import { alreadyExists, badRequest, failure, missingField, notFound } from "../model/status.ts";
import type { Storage } from "../storage/storage.ts";
import { respond, sendJson } from "./responses.ts";

type Given = Partial<Event> & { readonly metadata?: Partial<Event["metadata"]> };

/** POST of one Event: 201 with the stored object. */
export async function createEvent(
  exchange: Exchange,
  storage: Storage,
  clock: Clock,
  namespace: string,
): Promise<void> {
  const given = await eventOf(exchange);
  if ("code" in given) return respond(exchange, jsonEncoding, given);
  const { generateName } = given.metadata ?? {};
  if ((given.metadata?.namespace ?? namespace) !== namespace) {
    const message = "the namespace of the provided object does not match the namespace sent on the request";
    return respond(exchange, jsonEncoding, badRequest(message));
  }
  const name =
    given.metadata?.name ?? (generateName === undefined ? undefined : generateName + nameSuffix(clock.random));
  if (name === undefined)
    return respond(exchange, jsonEncoding, missingField("Event", "metadata.name", "name or generateName is required"));
  if (storage.events.get(namespace, name) !== undefined) {
    return respond(exchange, jsonEncoding, alreadyExists("events", name));
  }
  const event = {
    involvedObject: { kind: "", name: "", uid: "" },
    reason: "",
    message: "",
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    type: "Normal" as const,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
    ...given,
    metadata: {
      ...given.metadata,
      name,
      namespace,
      uid: uuid(clock.random),
      resourceVersion: "",
      creationTimestamp: timestamp(clock.now()),
    },
  };
  sendEvent(exchange, 201, storage.events.put(event).object);
}

/** A merge patch of one Event, such as a higher count: replaces the given fields. */
export async function patchEvent(exchange: Exchange, storage: Storage, namespace: string, name: string): Promise<void> {
  if (exchange.header("content-type") !== "application/merge-patch+json") {
    return respond(exchange, jsonEncoding, failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}));
  }
  const before = storage.events.get(namespace, name)?.object;
  if (before === undefined) return respond(exchange, jsonEncoding, notFound("events", name));
  const given = await eventOf(exchange);
  if ("code" in given) return respond(exchange, jsonEncoding, given);
  const metadata = { ...before.metadata, ...given.metadata };
  sendEvent(exchange, 200, storage.events.put({ ...before, ...given, metadata }).object);
}

async function eventOf(exchange: Exchange): Promise<Given | Status> {
  try {
    const {
      kind: _,
      apiVersion: __,
      ...event
    } = JSON.parse((await exchange.body()).toString()) as Record<string, unknown>;
    return event as Given;
  } catch {
    return badRequest("the object provided is unrecognized: the body is not JSON");
  }
}

function sendEvent(exchange: Exchange, code: number, event: Event): void {
  sendJson(exchange, code, { kind: "Event", apiVersion: "v1", ...event });
}
