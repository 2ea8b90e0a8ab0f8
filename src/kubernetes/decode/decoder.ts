/**
 * From the bytes of a Kubernetes LIST or WATCH answer to `PodSnapshot`s, while they arrive.
 *
 * Two formats are read, protobuf and JSON, chosen by the answer's own Content-Type (watch.md rule 40); both give
 * equal snapshots for equal objects. Unknown fields and values of later Kubernetes versions are tolerated; whatever
 * breaks the format ends in a `DecodeError`, after which the decoder reads nothing more.
 */
import type { PodSnapshot } from "../../core/pod.ts";

export { DecodeError } from "./decode-error.ts";

export interface WatchEventDecoder {
  /** Calls the sink for every event that is complete, synchronously and in order. Throws DecodeError. */
  push(chunk: Uint8Array): void;
  /** Throws DecodeError when the stream stopped inside an event. */
  end(): void;
}

export interface DecodeSink {
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void;
  /** `initialEventsEnd`: annotated `k8s.io/initial-events-end`, which ends the initial events (KEP-3157). */
  bookmark(resourceVersion: string, initialEventsEnd: boolean): void;
  /** An ERROR event. The server may leave the stream open: close it. */
  error(status: ApiStatus): void;
}

export interface ListDecoder {
  /** Streams the pods into the sink as ADDED while they arrive. Throws DecodeError. */
  push(chunk: Uint8Array): void;
  /** What the list said of itself. Throws DecodeError when the body is not complete: then no pod may be swept. */
  end(): ListPage;
}

export interface ListPage {
  readonly resourceVersion: string;
  /** The token for the next page; undefined on the last one. */
  readonly continue: string | undefined;
  /** Pods on this page. */
  readonly count: number;
}

/** A `metav1.Status`: how the API server says no. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  /** `details.causes[].reason`, such as ResourceVersionTooLarge. */
  readonly causes: readonly string[];
}
