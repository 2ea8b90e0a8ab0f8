/**
 * The two encodings in which an API server answers. Encoding is done once per stored object and kept as bytes: lists
 * and watches of any number of clients are then copies.
 */
import type { ApiObject, Event, Pod, Status } from "../model/objects.ts";

/** What the simulator stores under `/api/v1`. */
export type Resource = "pods" | "events";

export interface Resources {
  readonly pods: Pod;
  readonly events: Event;
}

export const KINDS: Readonly<Record<Resource, string>> = { pods: "Pod", events: "Event" };

/** Bytes that are written where they belong, and need not be anywhere before. A Buffer is one kind of them. */
export interface Encoded {
  readonly length: number;
  copy(target: Buffer, at: number): unknown;
}

/** One object in one version, with its bytes. Never changes. */
export interface Stored<T extends ApiObject = ApiObject> {
  readonly namespace: string;
  readonly name: string;
  /** The resourceVersion as a place in the storage's order. */
  readonly revision: number;
  readonly object: T;
  /** The JSON object without `kind` and `apiVersion`, as in the items of a list, and without its opening brace. */
  json(): Encoded;
  /** The protobuf message without envelope. */
  protobuf(): Encoded;
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface Encoding {
  readonly name: "json" | "protobuf";
  readonly contentType: string;
  readonly watchContentType: string;
  object(resource: Resource, entry: Stored): readonly Encoded[];
  /** The list in pieces, so that a large one is never held as a whole. */
  list(resource: Resource, meta: ListMeta, entries: readonly Stored[]): Iterable<Encoded>;
  /** One whole event, framed as it goes over the wire, in pieces. */
  event(type: string, resource: Resource, entry: Stored): readonly Encoded[];
  bookmark(resource: Resource, resourceVersion: string, endsInitialEvents: boolean): Buffer;
  status(status: Status): Buffer;
  errorEvent(status: Status): Buffer;
  /** Any bytes framed as an event is. */
  frame(event: Buffer): Buffer;
}

/** Set on the bookmark that ends the initial events of a WatchList (KEP-3157). */
export const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** A bookmark is an object of the watched kind with nothing in it but its resourceVersion. */
export function bookmarkObject(resource: Resource, resourceVersion: string, endsInitialEvents: boolean): object {
  const metadata = {
    resourceVersion,
    creationTimestamp: null,
    ...(endsInitialEvents ? { annotations: { [INITIAL_EVENTS_END]: "true" } } : {}),
  };
  const rest =
    resource === "pods"
      ? { spec: { containers: null }, status: {} }
      : {
          involvedObject: {},
          source: {},
          firstTimestamp: null,
          lastTimestamp: null,
          eventTime: null,
          reportingComponent: "",
          reportingInstance: "",
        };
  return { kind: KINDS[resource], apiVersion: "v1", metadata, ...rest };
}
