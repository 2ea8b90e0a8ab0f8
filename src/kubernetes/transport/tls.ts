import { connect as connectTcp, isIP, type Socket } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext, connect as startTls } from "node:tls";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { onAbort } from "../../util/on-abort.ts";
import type { ClusterAccess } from "../auth/credentials.ts";
import { connectError, TransportError } from "./error.ts";
import { openTunnel } from "./tunnel.ts";

export type Protocol = "h2" | "http/1.1";

/** A connection on which nothing has been said yet. */
export interface Connection {
  readonly socket: Socket;
  /** What the server chose of what was offered; `http/1.1` when it does not know ALPN. */
  readonly protocol: Protocol;
}

/** Connects to the API server, its certificate verified. Rejects with a TransportError that says what to mend. */
export type Dial = (offer: readonly Protocol[], signal: AbortSignal) => Promise<Connection>;

/** TCP and TLS take three round trips; a server that has not got so far in this time is overloaded or not there. */
const CONNECT_TIMEOUT: Duration = 15 * SECOND;
/** Keeps the entries of NAT tables and load balancers alive; death is noticed by other means (watch.md rule 31). */
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
    // A name in the SNI extension must not be an address (RFC 6066).
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
    `cannot connect to the API server ${server.host} (${description}): nobody answered within ${CONNECT_TIMEOUT / SECOND} s`,
  );
}

/** The TLS settings, made anew only when a certificate has changed (watch.md rule 39): parsing a bundle is not cheap. */
function createContextCache(access: ClusterAccess): () => Promise<SecureContext> {
  let known: { ca: string | undefined; cert: string | undefined; key: string | undefined; context: SecureContext };
  return async () => {
    const [ca, client] = await Promise.all([access.ca(), access.clientCertificate()]).catch((error: unknown) => {
      const message = errorMessage(error);
      throw new TransportError("CREDENTIALS", message, error);
    });
    if (known === undefined || known.ca !== ca || known.cert !== client?.cert || known.key !== client?.key) {
      const context = createSecureContext({
        // Node's own bundle does not hold a company's CA; the system's may.
        ca: ca ?? [...getCACertificates("default"), ...getCACertificates("system")],
        ...client,
        minVersion: "TLSv1.2",
      });
      known = { ca, cert: client?.cert, key: client?.key, context };
    }
    return known.context;
  };
}

/** Host and port to connect to; an IPv6 address without its brackets. */
export function endpointOf(url: URL): { host: string; port: number } {
  const defaultPort = url.protocol === "https:" ? 443 : 80;
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? defaultPort : Number(url.port) };
}

/** Resolves with the socket at the event; destroys it and rejects when it fails, closes or the signal says so before. */
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
    // Stays: an error after this moment is for whoever speaks over the socket, and must not end the process.
    socket.on("error", settle);
    const unlink = onAbort([signal], () => settle(signal.reason));
  });
}
