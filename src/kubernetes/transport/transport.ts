import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { onAbort } from "../../util/on-abort.ts";
import type { ClusterAccess } from "../auth/credentials.ts";
import { TransportError } from "./error.ts";
import { createHttp1, type Http1 } from "./http1.ts";
import { createHttp2, type Http2 } from "./http2.ts";
import { createDial } from "./tls.ts";
import type { Exchange, Protocol, Transport, TransportRequest, TransportResponse } from "./types.ts";

export interface TransportOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** `auto` offers HTTP/2 and HTTP/1.1 to the server. Without TLS, `auto` is HTTP/1.1. */
  readonly protocol?: "auto" | Protocol;
  /** Appears in the API server's audit log. */
  readonly userAgent?: string;
}

/** A large list on a busy API server can take this long until its head is sent. */
const HEAD_TIMEOUT: Duration = 60 * SECOND;

export function createTransport({ access, clock, protocol = "auto", userAgent }: TransportOptions): Transport {
  const closing = new AbortController();
  const dial = createDial(access, clock);
  const http1 = createHttp1({ dial, server: access.server });
  const http2 = createHttp2({ dial, server: access.server, clock, signal: closing.signal });
  const send = createProtocolSelector({ http1, http2, clock, protocol: protocolFor(access.server, protocol) });
  const prefix = access.server.pathname.replace(/\/$/, "");

  /** Sends one request. The deadline is for the head; the body is read until it ends or `signal` aborts. */
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
      const response = await send({
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

function protocolFor(server: URL, wanted: "auto" | Protocol): "auto" | Protocol {
  // Without TLS there is no ALPN, and servers with HTTP/2 over plain TCP are rare.
  return wanted === "auto" && server.protocol === "http:" ? "http/1.1" : wanted;
}

/** How long HTTP/1.1 is used before HTTP/2 is offered again, in case the server or proxy was upgraded. */
const HTTP2_RETRY_INTERVAL: Duration = 600 * SECOND;

interface ProtocolSelectorOptions {
  readonly http1: Http1;
  readonly http2: Http2;
  readonly clock: Clock;
  readonly protocol: "auto" | Protocol;
}

/** HTTP/2 where the server supports it, HTTP/1.1 otherwise (kubernetes-watch.md rule 34), cached for ten minutes. */
function createProtocolSelector({ http1, http2, clock, protocol }: ProtocolSelectorOptions) {
  let withoutHttp2Since: Duration | undefined;
  const isWithoutHttp2 = () =>
    withoutHttp2Since !== undefined && clock.monotonic() - withoutHttp2Since < HTTP2_RETRY_INTERVAL;

  return async (exchange: Exchange): Promise<TransportResponse> => {
    if (protocol === "http/1.1" || (protocol === "auto" && isWithoutHttp2())) return http1.request(exchange);
    const response = await http2.request(exchange, protocol === "auto" ? ["h2", "http/1.1"] : ["h2"]);
    if (response !== "http/1.1") return response;
    withoutHttp2Since = clock.monotonic();
    if (protocol === "auto") return http1.request(exchange);
    throw new TransportError("PROTOCOL", "the API server does not offer HTTP/2, but only HTTP/2 is allowed");
  };
}

/** Compressed responses are rejected, so that no decompression bomb can exhaust the memory. */
function refuseEncoding(response: TransportResponse): TransportResponse {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() === "identity") return response;
  response.cancel();
  throw new TransportError(
    "PROTOCOL",
    `answered ${response.status} with Content-Encoding ${encoding.slice(0, 40)} although identity was requested; a proxy in between must not compress responses`,
  );
}
