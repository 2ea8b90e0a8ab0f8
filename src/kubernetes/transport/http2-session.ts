import { connect } from "node:http2";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { onAbort } from "../../util/on-abort.ts";
import { TransportError } from "./error.ts";
import { watchWithPings } from "./http2-ping.ts";
import { openStream, type StreamEnd } from "./http2-stream.ts";
import type { Connection } from "./tls.ts";
import type { Exchange, TransportResponse } from "./transport.ts";

/** One connection to the API server. */
export interface Session {
  readonly streams: number;
  /** False once the server has sent GOAWAY or the connection is lost; running streams may still go on. */
  readonly isOpen: boolean;
  readonly hasRoom: boolean;
  /** Takes up its room at once. */
  request(exchange: Exchange): Promise<TransportResponse>;
  destroy(error: TransportError): void;
}

export interface SessionOptions {
  readonly server: URL;
  readonly clock: Clock;
  /** Aborted when the transport closes. */
  readonly signal: AbortSignal;
}

/**
 * The window is what a server may send before it hears from us. Node's 64 KiB makes a list wait a round trip for every
 * 64 KiB; with these, 290 MB over TLS cost half the CPU (watch.md part 5.4). One stream can never fill the session's.
 */
const STREAM_WINDOW = 4 * 1024 * 1024;
const SESSION_WINDOW = 8 * 1024 * 1024;
/** Megabytes that Node may hold for one session; its 10 are less than two full windows with their headers. */
const SESSION_MEMORY = 64;
/** What a server must say within this time after TLS: its SETTINGS come with its first packet. */
const SETTINGS_TIMEOUT: Duration = 10 * SECOND;
/** A server that has refused so many streams in a row on this connection will refuse the next one, too. */
const REFUSALS_IN_A_ROW = 3;

/** The session once the server's SETTINGS have come: before them nobody knows how many streams it allows. */
export function startSession(
  { socket }: Connection,
  { server, clock, signal }: SessionOptions,
  onClose: () => void,
): Promise<Session> {
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  const session = connect(server.origin, {
    createConnection: () => socket,
    settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
    maxSessionMemory: SESSION_MEMORY,
  });
  let streams = 0;
  let refusals = 0;
  let draining = false;
  let failure: TransportError | undefined;
  const destroy = (error: TransportError) => {
    failure ??= error;
    session.destroy(error);
  };
  const onEnd = (end: StreamEnd) => {
    streams--;
    if (end === "answered") refusals = 0;
    // Running streams go on; the last one of a connection that takes no others closes it.
    if (end === "refused" && ++refusals >= REFUSALS_IN_A_ROW) draining = true;
    if (draining && streams === 0) session.close();
  };
  const isOpen = () => !draining && !session.closed && !session.destroyed;
  const hasRoom = () => isOpen() && streams < (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);

  const timer = clock.after(SETTINGS_TIMEOUT, () =>
    destroy(
      new TransportError(
        "TIMEOUT",
        `the API server ${server.host} sent no HTTP/2 SETTINGS within ${SETTINGS_TIMEOUT / SECOND} s`,
      ),
    ),
  );
  const unlink = onAbort([signal], () => destroy(new TransportError("ABORTED", "cancelled")));
  const pings = watchWithPings({ session, socket, clock, onDead: destroy });

  session.once("connect", () => session.setLocalWindowSize(SESSION_WINDOW));
  session.once("remoteSettings", () => {
    timer.cancel();
    pings.start();
    resolve(self);
  });
  session.on("goaway", () => {
    draining = true;
  });
  session.on("error", (error) => {
    failure ??=
      error instanceof TransportError
        ? error
        : new TransportError("RESET", `the connection was lost: ${error.message}`, error);
  });
  session.once("close", () => {
    timer.cancel();
    pings.stop();
    unlink();
    onClose();
    reject(failure ?? new TransportError("RESET", `the API server ${server.host} closed the connection`));
  });

  const self: Session = {
    get streams() {
      return streams;
    },
    get isOpen() {
      return isOpen();
    },
    get hasRoom() {
      return hasRoom();
    },
    request: (exchange) => {
      streams++;
      return openStream({
        session,
        exchange,
        connection: {
          get bytesRead() {
            return socket.bytesRead;
          },
          get lastActivityAt() {
            return pings.lastActivityAt;
          },
        },
        sessionFailure: () => failure,
        onEnd,
      });
    },
    destroy,
  };
  return promise;
}
