import type { Readable } from "node:stream";
import { TransportError } from "./error.ts";

/** The body of an answer, as it comes. */
export interface Body {
  /**
   * Hands over every chunk as it arrives, synchronously and in order; resolves when the body is complete. Rejects with
   * a TransportError when it is cut, and with what `onChunk` throws, after which nothing more is handed over and the
   * stream is closed. Call once.
   */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
  /** Ends the exchange without reading on. */
  cancel(): void;
  /** Bytes of this body that have arrived so far. */
  readonly bytesRead: number;
}

export interface BodyOptions {
  /** Its reason is a TransportError. */
  readonly signal: AbortSignal;
  /** What an error of the stream means. */
  readonly explain: (error: Error) => TransportError;
  /** Asked once the stream has closed without an error: why the body is not whole, or undefined when it is. */
  readonly verdict: () => TransportError | undefined;
  readonly cancel: () => void;
}

export function createBody(stream: Readable, { signal, explain, verdict, cancel }: BodyOptions): Body {
  let failure: unknown;
  let bytesRead = 0;
  const closed = Promise.withResolvers<void>();
  // Who cancels does not read, and would leave the rejection unhandled.
  closed.promise.catch(() => {});

  stream.on("error", (error) => {
    failure ??= signal.aborted ? signal.reason : explain(error);
  });
  stream.on("close", () => {
    failure ??= signal.aborted ? signal.reason : verdict();
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

/** The whole body in one piece; at most `limit` bytes of it, the rest is not waited for. */
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
