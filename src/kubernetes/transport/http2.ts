import type { Clock } from "../../ports/clock.ts";
import { onAbort } from "../../util/on-abort.ts";
import { TransportError, UnprocessedError } from "./error.ts";
import { type Session, startSession } from "./http2-session.ts";
import type { Dial } from "./tls.ts";
import type { Exchange, Protocol, TransportResponse } from "./types.ts";

/** HTTP/2 sessions to one API server, as many as its stream limit requires. */
export interface Http2 {
  /** Sends a request on the session with the fewest streams; resolves with `http/1.1` when the server chose HTTP/1.1. */
  request(exchange: Exchange, offer: readonly Protocol[]): Promise<TransportResponse | "http/1.1">;
  close(): void;
}

export interface Http2Options {
  readonly dial: Dial;
  readonly server: URL;
  readonly clock: Clock;
  /** Aborted when the transport closes. */
  readonly signal: AbortSignal;
}

/** From this number on, a second connection is opened. With several API servers, half the watches survive one. */
const STREAMS_FOR_SECOND_SESSION = 50;

export function createHttp2(options: Http2Options): Http2 {
  const sessions = new Set<Session>();
  let opening: Promise<Session | "http/1.1"> | undefined;

  function leastBusy(): { readonly open: number; readonly session: Session | undefined } {
    let open = 0;
    let least: Session | undefined;
    for (const session of sessions) {
      if (!session.isOpen) continue;
      open++;
      if (session.hasRoom && (least === undefined || session.streams < least.streams)) least = session;
    }
    return { open, session: least };
  }

  /** Callers that need a session while one is being opened share it. */
  function openSession(offer: readonly Protocol[]): Promise<Session | "http/1.1"> {
    opening ??= open(offer).finally(() => {
      opening = undefined;
    });
    return opening;
  }

  async function open(offer: readonly Protocol[]): Promise<Session | "http/1.1"> {
    const connection = await options.dial(offer, options.signal);
    if (connection.protocol !== "h2") {
      connection.socket.destroy();
      return "http/1.1";
    }
    // The server may close the session before it is started.
    let session: Session | undefined;
    session = await startSession(connection, options, () => {
      if (session !== undefined) sessions.delete(session);
    });
    if (session.isOpen) sessions.add(session);
    return session;
  }

  return {
    request: async (exchange, offer) => {
      for (;;) {
        const { open, session } = leastBusy();
        if (session !== undefined) {
          const isCrowded = open === 1 && session.streams >= STREAMS_FOR_SECOND_SESSION;
          // The first session has room, so the request does not wait for the second.
          if (isCrowded) openSession(offer).catch(() => {});
          try {
            return await session.request(exchange);
          } catch (error) {
            // The server did not process the request, so it is sent again on another connection.
            if (!(error instanceof UnprocessedError)) throw error;
            continue;
          }
        }
        const opened = await unlessAborted(openSession(offer), exchange.signal);
        if (opened === "http/1.1") return opened;
        if (!opened.hasRoom && opened.streams === 0) {
          throw new TransportError("PROTOCOL", `the API server ${options.server.host} allows no HTTP/2 streams`);
        }
      }
    },
    close: () => {
      for (const session of sessions) session.destroy(new TransportError("ABORTED", "closed"));
    },
  };
}

/** Rejects when `signal` aborts; the promise itself continues for the other callers. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlink = onAbort([signal], () => reject(signal.reason));
    promise.then(resolve, reject).finally(unlink);
  });
}
