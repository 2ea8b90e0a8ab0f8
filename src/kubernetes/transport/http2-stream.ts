import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import type { Duration } from "../../core/model/time.ts";
import { onAbort } from "../../util/on-abort.ts";
import { createBody } from "./body.ts";
import { codeOf, TransportError, UnprocessedError } from "./error.ts";
import type { Body, Exchange, TransportResponse } from "./types.ts";

export interface StreamOptions {
  readonly session: ClientHttp2Session;
  readonly exchange: Exchange;
  readonly connection: ConnectionActivity;
  /** Why the session has ended; undefined while it is open. */
  readonly sessionFailure: () => TransportError | undefined;
  /** The code of the server's GOAWAY; undefined without one. */
  readonly goaway: () => number | undefined;
  readonly onEnd: (end: StreamEnd) => void;
}

/** Activity of the connection that the streams share. */
export interface ConnectionActivity {
  readonly bytesRead: number;
  /** When (monotonic) the peer was last known to be alive. */
  readonly lastActivityAt: Duration;
}

export type StreamEnd =
  | "answered"
  /** Rejected without processing (REFUSED_STREAM, ENHANCE_YOUR_CALM). */
  | "refused"
  | "failed";

/** Sends one request on a new stream. */
export function openStream(options: StreamOptions): Promise<TransportResponse> {
  const { session, exchange, connection, goaway, onEnd } = options;
  /** Why the session has ended. Its streams end before its own error is emitted. */
  const sessionFailure = () => {
    const code = goaway();
    return options.sessionFailure() ?? (code === undefined || !session.destroyed ? undefined : goawayError(code));
  };
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(
        { ":method": exchange.method, ":path": exchange.path, ...exchange.headers },
        { endStream: exchange.body === undefined },
      );
    } catch (error) {
      onEnd("failed");
      throw new TransportError("RESET", `the connection accepts no more requests: ${(error as Error).message}`, error);
    }
    const cancel = () => {
      stream.close(constants.NGHTTP2_CANCEL);
      // Discards the buffered data.
      stream.destroy();
    };
    const truncation = () => {
      const reset = resetOf(stream);
      return reset === undefined ? options.sessionFailure() : (sessionFailure() ?? reset);
    };
    const unlink = onAbort([exchange.signal], cancel);
    const body = createBody(stream, {
      signal: exchange.signal,
      explain: (error) => sessionFailure() ?? explain(error, stream),
      truncation,
      cancel,
    });
    let hasResponse = false;
    stream.once("response", (headers) => {
      hasResponse = true;
      resolve(toResponse(headers, body, connection));
    });
    stream.once("close", async () => {
      unlink();
      if (!hasResponse && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
        // The GOAWAY that refused the stream is emitted after it.
        await new Promise((done) => setImmediate(done));
        const code = goaway();
        if (code !== undefined && !exchange.signal.aborted) {
          onEnd("failed");
          return reject(new UnprocessedError("GOAWAY", goawayError(code).message));
        }
      }
      onEnd(hasResponse ? "answered" : REFUSALS.has(stream.rstCode) ? "refused" : "failed");
      exchange.onClose();
      reject(
        exchange.signal.aborted
          ? exchange.signal.reason
          : (truncation() ?? new TransportError("TRUNCATED", "the stream ended without a response")),
      );
    });
    if (exchange.body !== undefined) stream.end(exchange.body);
  });
}

/** The server sent GOAWAY and the stream did not end well. GOAWAY (NO_ERROR) is routine: it balances the API servers. */
export function goawayError(code: number, cause?: unknown): TransportError {
  const name = RESET_NAMES[code] ?? `code ${code}`;
  return new TransportError("GOAWAY", `the API server closed the connection with GOAWAY (${name})`, cause);
}

/**
 * Why a closed stream is truncated; undefined when it is complete. Node emits "end" also for a stream that was reset with
 * CANCEL, so the reset code decides. A reset with NO_ERROR looks like a normal end; the decoders detect it, because both
 * formats mark their end.
 */
function resetOf(stream: ClientHttp2Stream): TransportError | undefined {
  const code = stream.rstCode;
  if (code === constants.NGHTTP2_NO_ERROR) return undefined;
  const name = RESET_NAMES[code] ?? `code ${code}`;
  return new TransportError("RESET", `the stream was reset (${name})`);
}

const REFUSALS: ReadonlySet<number> = new Set([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_ENHANCE_YOUR_CALM]);

function explain(error: Error, stream: ClientHttp2Stream): TransportError {
  if (error instanceof TransportError) return error;
  // A lost connection ends its streams with INTERNAL_ERROR, which the peer did not send.
  const isReset = codeOf(error) === "ERR_HTTP2_STREAM_ERROR";
  return (
    (isReset ? resetOf(stream) : undefined) ??
    new TransportError("RESET", `the connection was lost: ${error.message}`, error)
  );
}

/** RFC 9113, section 7. */
const RESET_NAMES: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

function toResponse(
  head: IncomingHttpHeaders & IncomingHttpStatusHeader,
  body: Body,
  connection: ConnectionActivity,
): TransportResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(head)) {
    if (value !== undefined && !name.startsWith(":"))
      headers[name] = Array.isArray(value) ? value.join(", ") : String(value);
  }
  return {
    read: body.read,
    cancel: body.cancel,
    get bytesRead() {
      return body.bytesRead;
    },
    get connectionBytesRead() {
      return connection.bytesRead;
    },
    get connectionActiveAt() {
      return connection.lastActivityAt;
    },
    status: head[":status"] ?? 0,
    headers,
    contentType: headers["content-type"] ?? "",
    protocol: "h2",
    delimited: true,
  };
}
