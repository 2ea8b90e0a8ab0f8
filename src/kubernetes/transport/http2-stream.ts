import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import type { Duration } from "../../core/model/time.ts";
import { onAbort } from "../../util/on-abort.ts";
import { type Body, createBody } from "./body.ts";
import { codeOf, TransportError } from "./error.ts";
import type { Exchange, TransportResponse } from "./transport.ts";

export interface StreamOptions {
  readonly session: ClientHttp2Session;
  readonly exchange: Exchange;
  readonly connection: ConnectionLife;
  /** Why the session has ended, if it has. */
  readonly sessionFailure: () => TransportError | undefined;
  readonly onEnd: (end: StreamEnd) => void;
}

/** What the connection that streams share shows of its peer. */
export interface ConnectionLife {
  readonly bytesRead: number;
  /** When (monotonic) the peer was last known to be alive. */
  readonly lastActivityAt: Duration;
}

export type StreamEnd =
  | "answered"
  /** The server would not even look at it (REFUSED_STREAM, ENHANCE_YOUR_CALM). */
  | "refused"
  | "failed";

/** One request and its answer on a stream of its own. */
export function openStream(options: StreamOptions): Promise<TransportResponse> {
  const { session, exchange, connection, sessionFailure, onEnd } = options;
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(
        { ":method": exchange.method, ":path": exchange.path, ...exchange.headers },
        { endStream: exchange.body === undefined },
      );
    } catch (error) {
      onEnd("failed");
      throw new TransportError("RESET", `the connection takes no more requests: ${(error as Error).message}`, error);
    }
    const cancel = () => {
      stream.close(constants.NGHTTP2_CANCEL);
      // Does not wait for what is still in the buffers.
      stream.destroy();
    };
    const verdict = () => sessionFailure() ?? verdictOn(stream);
    const unlink = onAbort([exchange.signal], cancel);
    const body = createBody(stream, {
      signal: exchange.signal,
      explain: (error) => sessionFailure() ?? explain(error, stream),
      verdict,
      cancel,
    });
    let isAnswered = false;
    stream.once("response", (headers) => {
      isAnswered = true;
      resolve(toResponse(headers, body, connection));
    });
    stream.once("close", () => {
      unlink();
      onEnd(isAnswered ? "answered" : REFUSALS.has(stream.rstCode) ? "refused" : "failed");
      exchange.onClose();
      reject(
        exchange.signal.aborted
          ? exchange.signal.reason
          : (verdict() ?? new TransportError("TRUNCATED", "the stream ended without an answer")),
      );
    });
    if (exchange.body !== undefined) stream.end(exchange.body);
  });
}

/**
 * Why a closed stream is not whole. Node says "end" also when a peer or a lost connection cut the stream with CANCEL;
 * the reset code is what tells. A peer that cuts with NO_ERROR looks like one that ends: there the decoders must tell,
 * and both formats know their own end.
 */
function verdictOn(stream: ClientHttp2Stream): TransportError | undefined {
  const code = stream.rstCode;
  if (code === constants.NGHTTP2_NO_ERROR) return undefined;
  const name = RESET_NAMES[code] ?? `code ${code}`;
  return new TransportError("RESET", `the stream was reset (${name})`);
}

const REFUSALS: ReadonlySet<number> = new Set([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_ENHANCE_YOUR_CALM]);

function explain(error: Error, stream: ClientHttp2Stream): TransportError {
  if (error instanceof TransportError) return error;
  // What ends the connection ends the stream with INTERNAL_ERROR, which nobody has said.
  const isOwn = codeOf(error) === "ERR_HTTP2_STREAM_ERROR";
  return (
    (isOwn ? verdictOn(stream) : undefined) ??
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
  connection: ConnectionLife,
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
