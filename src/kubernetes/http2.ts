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
import { createBody } from "./transport-body.ts";
import { TransportError } from "./transport-error.ts";

/** HTTP/2 sessions to one API server, as many as its limit of streams asks for. */
export interface Http2 {
  /** A session that has room for one more stream, or word that the server chose HTTP/1.1. */
  session(offer: readonly Protocol[], signal: AbortSignal): Promise<Http2Session | { readonly protocol: "http/1.1" }>;
  close(): void;
}

export interface Http2Session {
  readonly protocol: "h2";
  readonly streams: number;
  /** False once the server has sent GOAWAY or the connection is lost; running streams may still go on. */
  readonly isOpen: boolean;
  readonly hasRoom: boolean;
  request(exchange: Exchange): Promise<TransportResponse>;
  destroy(error?: TransportError): void;
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
  const sessions = new Set<Http2Session>();
  let opening: Promise<Http2Session | { readonly protocol: "http/1.1" }> | undefined;

  /** The least busy one, unless there is reason to open another. */
  function choose(): Http2Session | undefined {
    let best: Http2Session | undefined;
    let open = 0;
    for (const session of sessions) {
      if (!session.isOpen) continue;
      open++;
      if (session.hasRoom && (best === undefined || session.streams < best.streams)) best = session;
    }
    const wantsSecond = open === 1 && best !== undefined && best.streams >= STREAMS_FOR_SECOND_SESSION;
    return wantsSecond ? undefined : best;
  }

  async function open(offer: readonly Protocol[]): Promise<Http2Session | { readonly protocol: "http/1.1" }> {
    const connection = await options.dial(offer, options.signal);
    if (connection.protocol !== "h2") {
      connection.socket.destroy();
      return { protocol: "http/1.1" };
    }
    const session = await startSession(connection, options, () => sessions.delete(session));
    sessions.add(session);
    return session;
  }

  return {
    session: async (offer, signal) => {
      for (;;) {
        const chosen = choose();
        if (chosen !== undefined) return chosen;
        // Whoever needs a session meanwhile waits for the same one, and looks again whether it has room.
        opening ??= open(offer).finally(() => {
          opening = undefined;
        });
        const opened = await unlessAborted(opening, signal);
        if (opened.protocol !== "h2") return opened;
        if (opened.hasRoom) return opened;
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
): Promise<Http2Session> {
  const { promise, resolve, reject } = Promise.withResolvers<Http2Session>();
  const session = connect(server.origin, {
    createConnection: () => socket,
    settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
    maxSessionMemory: SESSION_MEMORY,
  });
  let streams = 0;
  let draining = false;
  let failure: TransportError | undefined;
  const destroy = (error?: TransportError) => {
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
  const onAbort = () => destroy(new TransportError("ABORTED", "cancelled while connecting"));
  signal.addEventListener("abort", onAbort, { once: true });
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
    signal.removeEventListener("abort", onAbort);
    onClose();
    reject(failure ?? new TransportError("RESET", `the API server ${server.host} closed the connection`));
  });

  const self: Http2Session = {
    protocol: "h2",
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
    let aborted: TransportError | undefined;
    const cancel = () => {
      stream.close(constants.NGHTTP2_CANCEL);
      // Does not wait for what is still in the buffers.
      stream.destroy();
    };
    const onAbort = () => {
      aborted = exchange.signal.reason;
      cancel();
    };
    const verdict = () => aborted ?? sessionFailure() ?? verdictOn(stream);

    exchange.signal.addEventListener("abort", onAbort, { once: true });
    if (exchange.signal.aborted) onAbort();
    const body = createBody(stream, verdict, cancel);
    stream.once("response", (headers) => resolve(toResponse(headers, body, connectionBytesRead)));
    stream.once("close", () => {
      exchange.signal.removeEventListener("abort", onAbort);
      onClose();
      exchange.onClose();
      reject(verdict() ?? new TransportError("TRUNCATED", "the stream ended without an answer"));
    });
    if (exchange.body !== undefined) stream.end(exchange.body);
  });
}

/**
 * Why a closed stream is not whole. Node says "end" also when a peer or a lost connection cut the stream with
 * CANCEL; the reset code is what tells.
 */
function verdictOn(stream: ClientHttp2Stream): TransportError | undefined {
  const code = stream.rstCode;
  if (code === constants.NGHTTP2_NO_ERROR) return undefined;
  const name = RESET_NAMES[code] ?? `code ${code}`;
  return new TransportError("RESET", `the stream was reset (${name})`);
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
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
