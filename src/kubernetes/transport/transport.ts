import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { onAbort } from "../../util/on-abort.ts";
import type { ClusterAccess } from "../auth/credentials.ts";
import type { Body } from "./body.ts";
import { TransportError } from "./error.ts";
import { createHttp1, type Http1 } from "./http1.ts";
import { createHttp2, type Http2 } from "./http2.ts";
import { createDial, type Protocol } from "./tls.ts";

export type { Protocol } from "./tls.ts";

/** Requests to one API server. Disposing closes every connection; what is under way rejects. */
export interface Transport extends AsyncDisposable {
  /**
   * Resolves with the head of the answer, whatever its status. Rejects with a TransportError when there is none.
   * Speaks as ourselves unless `headers` hold an `authorization`; a 401 to that makes the credentials be read again
   * and the request be sent once more (watch.md rule 38).
   */
  request(request: TransportRequest): Promise<TransportResponse>;
}

export interface TransportRequest {
  readonly method: "GET" | "POST";
  /** From the API server's root, with the query: `/api/v1/…`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** How long the head of the answer may take; 60 s when not given. */
  readonly headTimeout?: Duration;
  /** Ends the exchange, also while the body comes. */
  readonly signal: AbortSignal;
}

export interface TransportResponse extends Body {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the server gave it; empty when it gave none. */
  readonly contentType: string;
  readonly protocol: Protocol;
  /** False when the body ends with the connection (HTTP/1.1 without length and chunks): a cut cannot be told from an end. */
  readonly delimited: boolean;
  /** Bytes that have arrived on the connection, which HTTP/2 shares between many requests. */
  readonly connectionBytesRead: number;
  /** When (monotonic) the peer last answered a PING or sent anything; undefined where there are no PINGs. */
  readonly connectionActiveAt: Duration | undefined;
}

export interface TransportOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** What to offer to the server: `auto` lets it choose, and prefers HTTP/2. Without TLS, `auto` is HTTP/1.1. */
  readonly protocol?: "auto" | Protocol;
  /** Names this program to the API server's audit log. */
  readonly userAgent?: string;
}

/** The API server answers a watch at once and a list when it has read it: a minute is for large lists on a busy one. */
const HEAD_TIMEOUT: Duration = 60 * SECOND;

export function createTransport({ access, clock, protocol = "auto", userAgent }: TransportOptions): Transport {
  const closing = new AbortController();
  const dial = createDial(access, clock);
  const http1 = createHttp1({ dial, server: access.server });
  const http2 = createHttp2({ dial, server: access.server, clock, signal: closing.signal });
  const choose = createChoice({ http1, http2, clock, protocol: protocolFor(access.server, protocol) });
  const prefix = access.server.pathname.replace(/\/$/, "");

  /** One exchange: the head within its deadline, the body until it ends or `signal` says so. */
  async function exchange(request: TransportRequest, headers: Record<string, string>): Promise<TransportResponse> {
    const attempt = new AbortController();
    const release = onAbort([request.signal, closing.signal], () =>
      attempt.abort(new TransportError("ABORTED", "cancelled")),
    );
    const timeout = request.headTimeout ?? HEAD_TIMEOUT;
    const timer = clock.after(timeout, () =>
      attempt.abort(
        new TransportError(
          "TIMEOUT",
          `the API server ${access.server.host} did not answer within ${timeout / SECOND} s`,
        ),
      ),
    );
    try {
      const response = await choose({
        method: request.method,
        path: prefix + request.path,
        headers,
        body: request.body,
        signal: attempt.signal,
        onClose: release,
      });
      return refuseEncoding(response);
    } catch (error) {
      release();
      throw attempt.signal.aborted ? attempt.signal.reason : error;
    } finally {
      timer.cancel();
    }
  }

  async function authorization(): Promise<Record<string, string>> {
    try {
      const value = await access.authorization();
      return value === undefined ? {} : { authorization: value };
    } catch (error) {
      throw new TransportError("CREDENTIALS", errorMessage(error), error);
    }
  }

  return {
    request: async (request) => {
      const headers = {
        "accept-encoding": "identity",
        "user-agent": userAgent ?? "pod-watcher",
        ...(request.body === undefined ? {} : { "content-length": String(request.body.byteLength) }),
        ...request.headers,
      };
      if (request.headers?.authorization !== undefined) return exchange(request, headers);
      const sentAt = clock.now();
      const first = await exchange(request, { ...headers, ...(await authorization()) });
      if (first.status !== 401) return first;
      first.cancel();
      access.invalidate(sentAt);
      return exchange(request, { ...headers, ...(await authorization()) });
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      http1.close();
      http2.close();
    },
  };
}

/** One exchange as the two protocols carry it out. `onClose` is called once when it is over, if it gave an answer. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly onClose: () => void;
}

function protocolFor(server: URL, wanted: "auto" | Protocol): "auto" | Protocol {
  // Without TLS there is nothing to negotiate with, and a server that speaks HTTP/2 in clear text is a rarity.
  return wanted === "auto" && server.protocol === "http:" ? "http/1.1" : wanted;
}

/** A server or proxy that learns HTTP/2 by an upgrade is noticed at the next request after this time. */
const ASK_AGAIN_FOR_HTTP2: Duration = 600 * SECOND;

interface ChoiceOptions {
  readonly http1: Http1;
  readonly http2: Http2;
  readonly clock: Clock;
  readonly protocol: "auto" | Protocol;
}

/** HTTP/2 where the server has it, HTTP/1.1 otherwise (watch.md rule 34); the server's answer holds for ten minutes. */
function createChoice({ http1, http2, clock, protocol }: ChoiceOptions) {
  let withoutHttp2Since: Duration | undefined;
  const knownWithout = () =>
    withoutHttp2Since !== undefined && clock.monotonic() - withoutHttp2Since < ASK_AGAIN_FOR_HTTP2;

  return async (exchange: Exchange): Promise<TransportResponse> => {
    if (protocol === "http/1.1" || (protocol === "auto" && knownWithout())) return http1.request(exchange);
    const response = await http2.request(exchange, protocol === "auto" ? ["h2", "http/1.1"] : ["h2"]);
    if (response !== "http/1.1") return response;
    withoutHttp2Since = clock.monotonic();
    if (protocol === "auto") return http1.request(exchange);
    throw new TransportError(
      "PROTOCOL",
      "the API server does not offer HTTP/2, which alone is allowed by configuration",
    );
  };
}

/** Nothing is unpacked here, so nothing can swell: identity was asked for, and whoever packs all the same is refused. */
function refuseEncoding(response: TransportResponse): TransportResponse {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() === "identity") return response;
  response.cancel();
  throw new TransportError(
    "PROTOCOL",
    `answered ${response.status} with Content-Encoding ${encoding.slice(0, 40)} though identity was asked for: a proxy in between must not compress`,
  );
}
