/**
 * Decodes the bytes of a Kubernetes LIST or WATCH response into `PodSnapshot`s as they arrive.
 *
 * The response's Content-Type selects protobuf or JSON (kubernetes-watch.md rule 40); both produce equal snapshots.
 * Unknown fields and values of later Kubernetes versions are ignored. A violation of the format is a `DecodeError`,
 * after which the decoder stops.
 */
import { asBuffer } from "./carry-over-buffer.ts";
import { DecodeError, type WireFormat } from "./decode-error.ts";
import { createJsonListDecoder, createJsonWatchDecoder, decodeJsonStatus } from "./json.ts";
import type { Interner } from "./packed-types.ts";
import { createProtobufListDecoder, createProtobufWatchDecoder, decodeProtobufStatus } from "./protobuf.ts";
import type { ApiStatus, DecodeSink, ListDecoder, WatchEventDecoder } from "./types.ts";

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

/** The Status in the body of a refusal; undefined for anything else. Never throws. */
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
  // `as=Table` and `as=PartialObjectMetadata` carry no pod status (kubernetes-watch.md rule 42).
  if (!/;\s*as=/i.test(contentType)) {
    if (type === PROTOBUF) return "protobuf";
    if (type === JSON_TYPE) return "json";
  }
  const given =
    contentType === "" ? "no Content-Type" : `the Content-Type ${JSON.stringify(contentType.slice(0, 100))}`;
  throw new DecodeError(`a response with ${given} instead of ${PROTOBUF} or ${JSON_TYPE}`, undefined, 0);
}

/** After a failure the position in the stream is unknown, so every further call throws the same error. */
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
