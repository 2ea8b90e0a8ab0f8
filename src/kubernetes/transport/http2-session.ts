import { connect } from "node:http2";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { onAbort } from "../../util/on-abort.ts";
import { TransportError } from "./error.ts";
import { watchWithPings } from "./http2-ping.ts";
import { goawayError, openStream, type StreamEnd } from "./http2-stream.ts";
import type { Connection } from "./tls.ts";
import type { Exchange, TransportResponse } from "./types.ts";

/** One connection to the API server. */
export interface Session {
  readonly streams: number;
  /** False after GOAWAY or a lost connection; after GOAWAY, running streams continue. */
  readonly isOpen: boolean;
  readonly hasRoom: boolean;
  /** Occupies a stream at once. Rejects with UnprocessedError when a GOAWAY refused it. */
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
 * Flow-control windows. With Node's 64 KiB, a list waits one round trip per 64 KiB. With these, 290 MB over TLS took half
 * the CPU time (kubernetes-watch.md section 5). One stream cannot fill the session's window.
 */
const STREAM_WINDOW = 4 * 1024 * 1024;
const SESSION_WINDOW = 8 * 1024 * 1024;
/** Megabytes that Node may buffer per session; the default of 10 is less than two full windows with their headers. */
const SESSION_MEMORY = 64;
/** Servers send their SETTINGS with the first packet after TLS. */
const SETTINGS_TIMEOUT: Duration = 10 * SECOND;
/** After this many refused streams in a row, no more requests are sent on the connection. */
const MAX_REFUSALS = 3;

/** Resolves when the server's SETTINGS have arrived, which limit the number of streams. */
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
  let goaway: number | undefined;
  let failure: TransportError | undefined;
  const destroy = (error: TransportError) => {
    failure ??= error;
    session.destroy(error);
  };
  const onEnd = (end: StreamEnd) => {
    streams--;
    if (end === "answered") refusals = 0;
    // A draining connection is closed after its last stream.
    if (end === "refused" && ++refusals >= MAX_REFUSALS) draining = true;
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
  session.on("goaway", (code) => {
    draining = true;
    goaway = code;
    pings.drain();
  });
  session.on("error", (error) => {
    failure ??=
      error instanceof TransportError
        ? error
        : goaway === undefined
          ? new TransportError("RESET", `the connection was lost: ${error.message}`, error)
          : goawayError(goaway, error);
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
        goaway: () => goaway,
        onEnd,
      });
    },
    destroy,
  };
  return promise;
}
