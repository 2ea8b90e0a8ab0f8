import type { Duration } from "../../core/model/time.ts";

export type Protocol = "h2" | "http/1.1";

/** Sends requests to one API server. Disposing closes every connection and rejects the running requests. */
export interface Transport extends AsyncDisposable {
  /**
   * Resolves with the head of the response, whatever its status, or rejects with a TransportError. Uses our own
   * credentials unless `headers` contain an `authorization`. After a 401 the credentials are reread and the request is
   * sent once more (kubernetes-watch.md rule 38).
   */
  request(request: TransportRequest): Promise<TransportResponse>;
}

export interface TransportRequest {
  readonly method: "GET" | "POST";
  /** Path from the API server's root, with the query: `/api/v1/…`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Maximum time until the head of the response; 60 s by default. */
  readonly headTimeout?: Duration;
  /** aborts the request, even while the body is being read. */
  readonly signal: AbortSignal;
}

export interface TransportResponse extends Body {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** As sent by the server; empty when absent. */
  readonly contentType: string;
  readonly protocol: Protocol;
  /** False when the body ends with the connection (HTTP/1.1 without length or chunks), so truncation is not detected. */
  readonly delimited: boolean;
  /** Bytes received on the connection, which HTTP/2 requests share. */
  readonly connectionBytesRead: number;
  /** When (monotonic) the peer last sent anything or acknowledged a PING; undefined without PINGs. */
  readonly connectionActiveAt: Duration | undefined;
}

/** A response body as it arrives. */
export interface Body {
  /**
   * Passes every chunk to `onChunk`, synchronously and in order. Resolves when the body is complete. Rejects with a
   * TransportError when it is truncated, or with the error that `onChunk` throws, which also closes the stream. Call
   * once.
   */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
  /** Aborts the request without reading the rest. */
  cancel(): void;
  /** Bytes of this body received so far. */
  readonly bytesRead: number;
}

/** One request as the two protocols send it. `onClose` is called once when a response has ended. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly onClose: () => void;
}
