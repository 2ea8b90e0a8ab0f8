import type { Readable } from "node:stream";
import { TransportError } from "./error.ts";
import type { Body } from "./types.ts";

export interface BodyOptions {
  /** Its reason is a TransportError. */
  readonly signal: AbortSignal;
  /** Converts an error of the stream. */
  readonly explain: (error: Error) => TransportError;
  /** Called when the stream has closed without an error: why the body is truncated; undefined when it is complete. */
  readonly truncation: () => TransportError | undefined;
  readonly cancel: () => void;
}

export function createBody(stream: Readable, { signal, explain, truncation, cancel }: BodyOptions): Body {
  let failure: unknown;
  let bytesRead = 0;
  const closed = Promise.withResolvers<void>();
  // A cancelled body is not read, so nobody else would handle the rejection.
  closed.promise.catch(() => {});

  stream.on("error", (error) => {
    failure ??= signal.aborted ? signal.reason : explain(error);
  });
  stream.on("close", () => {
    failure ??= signal.aborted ? signal.reason : truncation();
    if (failure === undefined) closed.resolve();
    else closed.reject(failure);
  });

  return {
    read: (onChunk) => {
      stream.on("data", (chunk: Uint8Array) => {
        bytesRead += chunk.byteLength;
        if (failure !== undefined) return;
        try {
          onChunk(chunk);
        } catch (error) {
          failure = error;
          cancel();
        }
      });
      return closed.promise;
    },
    cancel: () => {
      failure ??= new TransportError("ABORTED", "cancelled");
      cancel();
    },
    get bytesRead() {
      return bytesRead;
    },
  };
}

/** Reads the body into one array, at most `limit` bytes of it; the rest is not read. */
export async function readUpTo(body: Body, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const enough = new Error("enough");
  try {
    await body.read((chunk) => {
      chunks.push(chunk.subarray(0, limit - length));
      length += chunk.byteLength;
      if (length >= limit) throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return Buffer.concat(chunks);
}
