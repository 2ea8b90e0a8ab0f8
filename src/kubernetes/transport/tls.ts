import { connect as connectTcp, isIP, type Socket } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext, connect as startTls } from "node:tls";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { onAbort } from "../../util/on-abort.ts";
import type { ClusterAccess } from "../auth/credentials.ts";
import { connectError, TransportError } from "./error.ts";
import { openTunnel } from "./tunnel.ts";
import type { Protocol } from "./types.ts";

/** A connection on which no request has been sent yet. */
export interface Connection {
  readonly socket: Socket;
  /** Chosen by the server (ALPN); `http/1.1` without ALPN. */
  readonly protocol: Protocol;
}

/** Connects to the API server and verifies its certificate. Rejects with a TransportError that says what to fix. */
export type Dial = (offer: readonly Protocol[], signal: AbortSignal) => Promise<Connection>;

/** TCP and TLS take three round trips; a server that needs longer is overloaded or unreachable. */
const CONNECT_TIMEOUT: Duration = 15 * SECOND;
/** Keeps entries of NAT tables and load balancers alive. It does not detect dead peers (kubernetes-watch.md rule 31). */
const TCP_KEEPALIVE: Duration = 30 * SECOND;

export function createDial(access: ClusterAccess, clock: Clock): Dial {
  const secureContext = createContextCache(access);

  return async (offer, signal) => {
    const attempt = new AbortController();
    const unlink = onAbort([signal], () => attempt.abort(new TransportError("ABORTED", "cancelled while connecting")));
    const timer = clock.after(CONNECT_TIMEOUT, () => attempt.abort(timedOut(access)));
    try {
      return await connect(access, offer, secureContext, attempt.signal);
    } catch (error) {
      throw connectError(
        attempt.signal.aborted ? attempt.signal.reason : error,
        access.server.host,
        access.description,
      );
    } finally {
      timer.cancel();
      unlink();
    }
  };
}

async function connect(
  access: ClusterAccess,
  offer: readonly Protocol[],
  secureContext: () => Promise<SecureContext>,
  signal: AbortSignal,
): Promise<Connection> {
  const { host, port } = endpointOf(access.server);
  const context = access.server.protocol === "https:" ? await secureContext() : undefined;
  signal.throwIfAborted();
  const socket =
    access.proxy === undefined
      ? await once(connectTcp({ host, port }), "connect", signal)
      : await openTunnel(access.proxy, host, port, signal);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEPALIVE);
  if (context === undefined) return { socket, protocol: offer[0]! };

  const name = access.tlsServerName ?? host;
  const secure = startTls({
    socket,
    host,
    // The SNI extension must not contain an IP address (RFC 6066).
    ...(isIP(name) === 0 ? { servername: name } : {}),
    secureContext: context,
    ALPNProtocols: [...offer],
    rejectUnauthorized: !access.insecureSkipTlsVerify,
  });
  await once(secure, "secureConnect", signal);
  return { socket: secure, protocol: secure.alpnProtocol === "h2" ? "h2" : "http/1.1" };
}

function timedOut({ server, description }: ClusterAccess): TransportError {
  return new TransportError(
    "TIMEOUT",
    `cannot connect to the API server ${server.host} (${description}): no response within ${CONNECT_TIMEOUT / SECOND} s`,
  );
}

/** Rebuilds the TLS context only when a certificate has changed, because parsing a bundle is slow (rule 39). */
function createContextCache(access: ClusterAccess): () => Promise<SecureContext> {
  let cached: { ca: string | undefined; cert: string | undefined; key: string | undefined; context: SecureContext };
  return async () => {
    const [ca, client] = await Promise.all([access.ca(), access.clientCertificate()]).catch((error: unknown) => {
      const message = errorMessage(error);
      throw new TransportError("CREDENTIALS", message, error);
    });
    if (cached === undefined || cached.ca !== ca || cached.cert !== client?.cert || cached.key !== client?.key) {
      const context = createSecureContext({
        // The system's bundle may contain a company CA that Node's bundle lacks.
        ca: ca ?? [...getCACertificates("default"), ...getCACertificates("system")],
        ...client,
        minVersion: "TLSv1.2",
      });
      cached = { ca, cert: client?.cert, key: client?.key, context };
    }
    return cached.context;
  };
}

/** Host and port to connect to; an IPv6 address without its brackets. */
export function endpointOf(url: URL): { host: string; port: number } {
  const defaultPort = url.protocol === "https:" ? 443 : 80;
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? defaultPort : Number(url.port) };
}

/** Resolves with the socket at the event. Destroys it and rejects when it fails, closes or is aborted before. */
function once<T extends Socket>(socket: T, event: "connect" | "secureConnect", signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      socket.off("close", onClose);
      unlink();
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const onClose = () => settle(Object.assign(new Error("the peer closed the connection"), { code: "ECONNRESET" }));
    socket.once(event, () => settle());
    socket.once("close", onClose);
    // Not removed: a later error is handled by the HTTP client, but without a listener it would end the process.
    socket.on("error", settle);
    const unlink = onAbort([signal], () => settle(signal.reason));
  });
}
