/**
 * From the bytes of a Kubernetes LIST or WATCH answer to `PodSnapshot`s, while they arrive.
 *
 * Two formats are read, protobuf and JSON, chosen by the answer's own Content-Type (watch.md rule 40); both give
 * equal snapshots for equal objects. Unknown fields and values of later Kubernetes versions are tolerated; whatever
 * breaks the format ends in a `DecodeError`, after which the decoder reads nothing more.
 */
import type { PodSnapshot } from "../../core/model/pod.ts";
import { asBuffer } from "./carry-over-buffer.ts";
import { DecodeError, type WireFormat } from "./decode-error.ts";
import type { Interner } from "./interner.ts";
import { createJsonListDecoder, createJsonWatchDecoder, decodeJsonStatus } from "./json.ts";
import { createProtobufListDecoder, createProtobufWatchDecoder, decodeProtobufStatus } from "./protobuf.ts";

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

/** Throws DecodeError for a Content-Type that cannot be read, such as the HTML of a proxy's error page. */
export function createWatchDecoder(contentType: string, sink: DecodeSink, interner: Interner): WatchEventDecoder {
  const decoder =
    formatOf(contentType) === "protobuf"
      ? createProtobufWatchDecoder(sink, interner)
      : createJsonWatchDecoder(sink, interner);
  return stoppingAtFailure(decoder);
}

/** Throws DecodeError for a Content-Type that cannot be read. */
export function createListDecoder(contentType: string, sink: Pick<DecodeSink, "pod">, interner: Interner): ListDecoder {
  const decoder =
    formatOf(contentType) === "protobuf"
      ? createProtobufListDecoder(sink, interner)
      : createJsonListDecoder(sink, interner);
  return stoppingAtFailure(decoder);
}

/** The Status in the body of a refusal; undefined when it is anything else. Never throws. */
export function decodeStatus(contentType: string, body: Uint8Array): ApiStatus | undefined {
  const bytes = asBuffer(body);
  return mediaType(contentType) === PROTOBUF ? decodeProtobufStatus(bytes) : decodeJsonStatus(bytes);
}

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_TYPE = "application/json";

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function formatOf(contentType: string): WireFormat {
  const type = mediaType(contentType);
  // `as=Table` and `as=PartialObjectMetadata` have no status: they cannot carry pods (watch.md rule 42).
  if (!/;\s*as=/i.test(contentType)) {
    if (type === PROTOBUF) return "protobuf";
    if (type === JSON_TYPE) return "json";
  }
  const given =
    contentType === "" ? "no Content-Type" : `the Content-Type ${JSON.stringify(contentType.slice(0, 100))}`;
  throw new DecodeError(`an answer with ${given}, where ${PROTOBUF} or ${JSON_TYPE} belongs`, undefined, 0);
}

/** What follows a failure would be read from a wrong place: it is refused with the same error. */
function stoppingAtFailure<T>(decoder: { push(chunk: Uint8Array): void; end(): T }) {
  let failure: { readonly error: unknown } | undefined;
  function guarded<R>(step: () => R): R {
    if (failure !== undefined) throw failure.error;
    try {
      return step();
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  return {
    push: (chunk: Uint8Array): void => guarded(() => decoder.push(chunk)),
    end: (): T => guarded(() => decoder.end()),
  };
}
