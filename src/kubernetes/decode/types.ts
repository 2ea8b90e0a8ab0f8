import type { PodSnapshot } from "../../core/model/pod.ts";

export interface WatchEventDecoder {
  /** Passes every complete event to the sink, synchronously and in order. Throws DecodeError. */
  push(chunk: Uint8Array): void;
  /** Throws DecodeError when the stream stopped inside an event. */
  end(): void;
}

export interface DecodeSink {
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void;
  /** `initialEventsEnd`: annotated `k8s.io/initial-events-end`, which ends the initial events (KEP-3157). */
  bookmark(resourceVersion: string, initialEventsEnd: boolean): void;
  /** An ERROR event. Close the stream, because the server may leave it open. */
  error(status: ApiStatus): void;
}

export interface ListDecoder {
  /** Passes each pod to the sink as ADDED as it arrives. Throws DecodeError. */
  push(chunk: Uint8Array): void;
  /** The list metadata. Throws DecodeError when the body is incomplete; then no pod may be removed from the cache. */
  end(): ListPage;
}

export interface ListPage {
  readonly resourceVersion: string;
  /** The token for the next page; undefined on the last one. */
  readonly continue: string | undefined;
  /** Pods on this page. */
  readonly count: number;
}

/** A `metav1.Status`, which the API server sends with a refusal. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  /** `details.causes[].reason`, such as ResourceVersionTooLarge. */
  readonly causes: readonly string[];
}
