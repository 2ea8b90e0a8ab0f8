/**
 * The two response encodings of an API server. Each stored object is encoded once, and lists and watches of any number of
 * clients copy its bytes.
 */
import type { ApiObject, Event, Pod, Status } from "../model/objects.ts";

/** The resources that the simulator stores under `/api/v1`. */
export type Resource = "pods" | "events";

export interface Resources {
  readonly pods: Pod;
  readonly events: Event;
}

export const KINDS: Readonly<Record<Resource, string>> = { pods: "Pod", events: "Event" };

/** Bytes that can be copied into a buffer, and may be generated then. A Buffer is one implementation. */
export interface Encoded {
  readonly length: number;
  copy(target: Buffer, at: number): unknown;
}

/** One object in one version, with its bytes. Never changes. */
export interface Stored<T extends ApiObject = ApiObject> {
  readonly namespace: string;
  readonly name: string;
  /** The resourceVersion as a number of the storage. */
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
  /** The list in pieces, so that a large one never has to be in memory as a whole. */
  list(resource: Resource, meta: ListMeta, entries: readonly Stored[]): Iterable<Encoded>;
  /** One event with its framing, in pieces. */
  event(type: string, resource: Resource, entry: Stored): readonly Encoded[];
  bookmark(resource: Resource, resourceVersion: string, endsInitialEvents: boolean): Buffer;
  status(status: Status): Buffer;
  errorEvent(status: Status): Buffer;
  /** Arbitrary bytes in the framing of an event. */
  frame(event: Buffer): Buffer;
}

/** Set on the bookmark that ends the initial events of a WatchList (KEP-3157). */
export const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** A bookmark is an object of the watched kind that contains only its resourceVersion. */
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
