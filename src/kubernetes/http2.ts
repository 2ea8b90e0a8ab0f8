import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { type Duration, SECOND } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import { watchWithPings } from "./http2-ping.ts";
import type { Connection, Dial, Protocol } from "./tls.ts";
import type { Exchange, TransportResponse } from "./transport.ts";
import { onAbort } from "./transport-abort.ts";
import { createBody } from "./transport-body.ts";
import { TransportError } from "./transport-error.ts";

/** HTTP/2 sessions to one API server, as many as its limit of streams asks for. */
export interface Http2 {
  /** One exchange, on the session with the most room; or word that the server chose HTTP/1.1 of what was offered. */
  request(exchange: Exchange, offer: readonly Protocol[]): Promise<TransportResponse | "http/1.1">;
  close(): void;
}

interface Session {
  readonly streams: number;
  /** False once the server has sent GOAWAY or the connection is lost; running streams may still go on. */
  readonly isOpen: boolean;
  readonly hasRoom: boolean;
  /** Takes up its room at once. */
  request(exchange: Exchange): Promise<TransportResponse>;
  destroy(error: TransportError): void;
}

export interface Http2Options {
  readonly dial: Dial;
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
/** From here on a second connection, to another API server where there are several: half the watches survive one. */
const STREAMS_FOR_SECOND_SESSION = 50;

export function createHttp2(options: Http2Options): Http2 {
  const sessions = new Set<Session>();
  let opening: Promise<Session | "http/1.1"> | undefined;

  function leastBusy(): { readonly open: number; readonly session: Session | undefined } {
    const open = [...sessions].filter(({ isOpen }) => isOpen);
    const free = open.filter(({ hasRoom }) => hasRoom).sort((a, b) => a.streams - b.streams);
    return { open: open.length, session: free[0] };
  }

  /** Whoever needs a session while one is being opened waits for the same. */
  function openAnother(offer: readonly Protocol[]): Promise<Session | "http/1.1"> {
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
    const session = await startSession(connection, options, () => sessions.delete(session));
    if (session.isOpen) sessions.add(session);
    return session;
  }

  return {
    request: async (exchange, offer) => {
      for (;;) {
        const { open, session } = leastBusy();
        if (session !== undefined) {
          const isCrowded = open === 1 && session.streams >= STREAMS_FOR_SECOND_SESSION;
          // Nobody waits for the second: the first has room.
          if (isCrowded) openAnother(offer).catch(() => {});
          return session.request(exchange);
        }
        const opened = await unlessAborted(openAnother(offer), exchange.signal);
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

/** The session once the server's SETTINGS have come: before them nobody knows how many streams it allows. */
function startSession(
  { socket }: Connection,
  { server, clock, signal }: Http2Options,
  onClose: () => void,
): Promise<Session> {
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  const session = connect(server.origin, {
    createConnection: () => socket,
    settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
    maxSessionMemory: SESSION_MEMORY,
  });
  let streams = 0;
  let draining = false;
  let failure: TransportError | undefined;
  const destroy = (error: TransportError) => {
    failure ??= error;
    session.destroy(error);
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
      return send(
        session,
        exchange,
        () => socket.bytesRead,
        () => failure,
        () => {
          streams--;
        },
      );
    },
    destroy,
  };
  return promise;
}

function send(
  session: ClientHttp2Session,
  exchange: Exchange,
  connectionBytesRead: () => number,
  sessionFailure: () => TransportError | undefined,
  onClose: () => void,
): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(
        { ":method": exchange.method, ":path": exchange.path, ...exchange.headers },
        { endStream: exchange.body === undefined },
      );
    } catch (error) {
      onClose();
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
    stream.once("response", (headers) => resolve(toResponse(headers, body, connectionBytesRead)));
    stream.once("close", () => {
      unlink();
      onClose();
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

function explain(error: Error, stream: ClientHttp2Stream): TransportError {
  if (error instanceof TransportError) return error;
  return verdictOn(stream) ?? new TransportError("RESET", error.message, error);
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
  body: ReturnType<typeof createBody>,
  connectionBytesRead: () => number,
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
      return connectionBytesRead();
    },
    status: head[":status"] ?? 0,
    headers,
    contentType: headers["content-type"] ?? "",
    protocol: "h2",
    delimited: true,
  };
}

/** Waits no longer than `signal` allows; the promise itself goes on, for those who share it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const unlink = onAbort([signal], () => reject(signal.reason));
    promise.then(resolve, reject).finally(unlink);
  });
}
