/**
 * The sockets of the API server: HTTP/2 and HTTP/1.1 on one port, chosen by ALPN as in Kubernetes, or plain HTTP/1.1.
 */
import { createServer as createPlainServer } from "node:http";
import { createSecureServer, type Http2SecureServer, type Http2Session } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type CertificateSubject,
  createExchange,
  type Exchange,
  isAfterGoaway,
  type RawRequest,
  type RawResponse,
  sendGoaway,
} from "./exchange.ts";

export interface ListenOptions {
  /** "both" offers h2 and http/1.1 by ALPN; "http/1.1" offers only that; "plain" is HTTP/1.1 without TLS. */
  readonly protocol: "both" | "http/1.1" | "plain";
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa?: string };
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Kubernetes' default is 100 since the rapid-reset attacks; OpenShift sets 2000. */
  readonly maxConcurrentStreams: number;
}

export interface Listener extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The open TCP connections. */
  readonly connections: number;
  /** Sends GOAWAY on every HTTP/2 session. */
  goaway(code?: number): void;
  /** Breaks every connection, with RST or FIN. */
  dropConnections(how: "reset" | "close"): void;
  /** Serves new connections with another certificate. */
  setCertificate(tls: { readonly key: string; readonly cert: string }): void;
}

export type Handler = (exchange: Exchange) => void;

/** Starts to listen and passes every request to the handler. */
export async function listen(options: ListenOptions, handler: Handler): Promise<Listener> {
  const sockets = new Map<string, { readonly number: number; readonly socket: Socket }>();
  const sessions = new Set<Http2Session>();
  let connections = 0;
  const onRequest = (request: RawRequest, response: RawResponse) => {
    if (isAfterGoaway(response)) return;
    const { number = 0, socket } = sockets.get(peerOf(request.socket)) ?? {};
    handler(createExchange(request, response, { number, socket, certificate: subjectOf(request.socket) }));
  };
  const server = createServer(options, onRequest, sessions);
  server.on("connection", (socket: Socket) => {
    const peer = peerOf(socket);
    sockets.set(peer, { number: ++connections, socket });
    socket.on("close", () => sockets.delete(peer));
    socket.on("error", () => {});
    socket.setNoDelay(true);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  const dropConnections = (how: "reset" | "close") => {
    for (const { socket } of [...sockets.values()]) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
  };
  return {
    url: `${options.protocol === "plain" ? "http" : "https"}://${options.host}:${port}`,
    port,
    get connections() {
      return sockets.size;
    },
    goaway: (code) => {
      for (const session of sessions) sendGoaway(session, code);
    },
    dropConnections,
    setCertificate: (tls) => {
      if ("setSecureContext" in server) server.setSecureContext(tls);
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      dropConnections("close");
      await closed;
    },
  };
}

function createServer(
  { protocol, tls, maxConcurrentStreams }: ListenOptions,
  onRequest: (request: RawRequest, response: RawResponse) => void,
  sessions: Set<Http2Session>,
): Server | Http2SecureServer {
  // Watches last for an hour and faults may delay requests, so the timeouts of the HTTP library are off.
  const timeouts = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000 };
  if (protocol === "plain") return createPlainServer(timeouts, onRequest);
  const secure = {
    key: tls.key,
    cert: tls.cert,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
  };
  if (protocol === "http/1.1") return createTlsServer({ ...secure, ...timeouts }, onRequest);
  const server = createSecureServer(
    { ...secure, allowHTTP1: true, settings: { maxConcurrentStreams } },
    onRequest as (request: unknown, response: unknown) => void,
  );
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  return server;
}

/** CN of the client certificate is the user and O are the groups, as in Kubernetes. */
function subjectOf(socket: Socket | TLSSocket): CertificateSubject | undefined {
  if (!("getPeerCertificate" in socket) || !socket.authorized) return undefined;
  const { CN: user, O: groups = [] } = socket.getPeerCertificate().subject ?? {};
  return typeof user === "string" ? { user, groups: [groups].flat() } : undefined;
}

function peerOf(socket: Socket | TLSSocket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
