import { createServer, type RequestListener, type Server } from "node:http";
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { refuseAmbiguous } from "./ambiguous-requests.ts";
import { CONNECTIONS, type Connections, limitPipelining } from "./connections.ts";
import type { ServingPair } from "./tls.ts";

/** Limits per client, far above what a page, a poller or Prometheus needs. */
export const LIMITS = {
  /** Tokens and cookies are a few KiB. */
  headerBytes: 16 * 1024,
  bodyBytes: 256 * 1024,
  headersWithin: 10 * SECOND,
  requestWithin: 30 * SECOND,
  /** Above the 60 s of proxies, so that they close first and never use a closing connection. */
  keptIdleFor: 65 * SECOND,
  /** For a connection without traffic in either direction: longer than the longest long poll. */
  silentFor: 6 * MINUTE,
  streamsPerConnection: 100,
  /** Streams that a client may give up at once, and per second; a page gives up a few when it is closed. */
  resets: { streamResetBurst: 200, streamResetRate: 33 },
  pathParameter: 1_000,
} as const;

export interface Listener {
  readonly server: Server;
  /** Closes all connections. */
  cut(): void;
}

/** Plain HTTP/1.1, or with a certificate HTTP/2 and HTTP/1.1 over TLS 1.2 and later. */
export function createListener(
  handler: RequestListener,
  pair: ServingPair | undefined,
  clock: Clock,
  connections: Connections,
): Listener {
  const limited = refuseAmbiguous(limitPipelining(handler));
  const listener = pair === undefined ? plainListener(limited) : secureListener(limited, pair, clock);
  listener.server.prependListener("connection", connections.admit);
  return listener;
}

/** Sockets whose place another one has taken are closed a moment later. */
const MAX_SOCKETS = CONNECTIONS.total + 2 * CONNECTIONS.reserved;

function plainListener(handler: RequestListener): Listener {
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: LIMITS.headersWithin,
      requestTimeout: LIMITS.requestWithin,
      keepAliveTimeout: LIMITS.keptIdleFor,
      connectionsCheckingInterval: 2 * SECOND,
    },
    handler,
  );
  server.maxConnections = MAX_SOCKETS;
  server.timeout = LIMITS.silentFor;
  return { server, cut: () => server.closeAllConnections() };
}

function secureListener(handler: RequestListener, { cert, key }: ServingPair, clock: Clock): Listener {
  const server: Http2SecureServer = createSecureServer(
    {
      cert,
      key,
      minVersion: "TLSv1.2",
      allowHTTP1: true,
      handshakeTimeout: LIMITS.headersWithin,
      settings: { maxConcurrentStreams: LIMITS.streamsPerConnection, maxHeaderListSize: LIMITS.headerBytes },
      maxSessionMemory: 4,
      ...LIMITS.resets,
    },
    handler as unknown as Parameters<typeof createSecureServer>[1],
  );
  // The HTTP/1.1 side reads these only as properties, when it starts to listen and for each connection.
  Object.assign(server, {
    maxConnections: MAX_SOCKETS,
    timeout: LIMITS.silentFor,
    maxHeaderSize: LIMITS.headerBytes,
    headersTimeout: LIMITS.headersWithin,
    requestTimeout: LIMITS.requestWithin,
    keepAliveTimeout: LIMITS.keptIdleFor,
    connectionsCheckingInterval: 2 * SECOND,
  });
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<{ destroy(): void }>();
  server.on("session", (session) => {
    sessions.add(session);
    session.setTimeout(LIMITS.silentFor, () => session.close());
    session.once("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  // The request timeouts of Node.js only apply to HTTP/1.1.
  server.on("stream", (stream: ServerHttp2Stream) => {
    const late = clock.after(LIMITS.requestWithin, () => {
      if (isStillComing(stream)) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.once("close", () => late.cancel());
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A client without TLS, or with an outdated version, is not an error of this program.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return {
    // Fastify's types have one kind of server; both have the members that it uses.
    server: server as unknown as Server,
    cut: () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Whether the request is not complete yet. */
function isStillComing({ state }: ServerHttp2Stream): boolean {
  const { NGHTTP2_STREAM_STATE_OPEN: open, NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL: answered } = constants;
  return state.state === open || state.state === answered;
}
