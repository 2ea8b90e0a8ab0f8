/**
 * One request and its response, with the same interface for HTTP/1.1 and HTTP/2. Responses pass through here, so that
 * faults can change them.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerResponse, type Http2Session } from "node:http2";
import type { Socket } from "node:net";

/** The HTTP/2 requests and responses of Node.js have the interface of the HTTP/1.1 ones, and a stream. */
export type RawRequest = IncomingMessage;
export type RawResponse = ServerResponse & Partial<Pick<Http2ServerResponse, "stream">>;
export type ResponseHeaders = Readonly<Record<string, string>>;

/** How a response or its connection is broken. */
export type Break =
  /** Only the stream: RST_STREAM with this code. On HTTP/1.1 the connection is reset. */
  | { readonly how: "stream"; readonly code?: number }
  /** The TCP connection with RST: the peer gets ECONNRESET. */
  | { readonly how: "reset" }
  /** The TCP connection with FIN before the response is complete. */
  | { readonly how: "close" }
  /** HTTP/2 GOAWAY: no new streams on this session; existing ones continue. On HTTP/1.1 nothing happens. */
  | { readonly how: "goaway"; readonly code?: number }
  /** The response ends as if it were complete, even before its Content-Length. */
  | { readonly how: "end" };

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly protocol: "h2" | "http/1.1";
  /** The number of the connection, counted from 1. Streams of one session share it. */
  readonly connection: number;
  /** The subject of the client's certificate, if the server trusts it. */
  readonly certificate: CertificateSubject | undefined;
  readonly closed: boolean;
  /** Of the response; undefined until it begins. */
  readonly status: number | undefined;
  /** Bytes of the body that were written so far. */
  readonly bytesWritten: number;
  /** Bytes that were written but not yet accepted by the operating system or the peer's flow control. */
  readonly bytesWaiting: number;
  header(name: string): string | undefined;
  body(): Promise<Buffer>;
  start(status: number, headers: ResponseHeaders): void;
  /** False when the peer reads too slowly: wait for `drained()`. */
  write(chunk: Uint8Array): boolean;
  drained(): Promise<void>;
  end(): void;
  break(broken: Break): void;
  /** Sends headers until the peer disconnects. */
  endlessHeader(): void;
  onClose(callback: () => void): void;
}

/** The sessions that got a GOAWAY. Node would still process their new streams; Go, and so the API server, does not. */
const draining = new WeakSet<Http2Session>();

export function sendGoaway(session: Http2Session, code: number = constants.NGHTTP2_NO_ERROR): void {
  session.goaway(code);
  draining.add(session);
}

/** A request that arrived after the GOAWAY of its session. */
export function isAfterGoaway({ stream }: RawResponse): boolean {
  return stream?.session !== undefined && draining.has(stream.session);
}

const EARLY_HINTS = 103;
/** Bytes per header of an endless header block. */
const FILLER = 1_000;

export interface CertificateSubject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The connection of a request. */
export interface Connection {
  readonly number: number;
  /** The raw TCP socket: a TLS socket cannot send RST, and HTTP/2 exposes its socket only as a proxy. */
  readonly socket: Socket | undefined;
  readonly certificate: CertificateSubject | undefined;
}

export function createExchange(request: RawRequest, response: RawResponse, connection: Connection): Exchange {
  const { stream } = response;
  let waiting = 0;
  let written = 0;
  let closed = false;
  let responded: number | undefined;
  const closeListeners: (() => void)[] = [];
  response.on("close", () => {
    closed = true;
    for (const listener of closeListeners) listener();
  });
  // A peer that disconnects during a write is not an error of the server.
  response.on("error", () => {});
  request.on("error", () => {});

  return {
    method: request.method ?? "GET",
    url: new URL(request.url ?? "/", "https://simulator.invalid"),
    protocol: stream === undefined ? "http/1.1" : "h2",
    connection: connection.number,
    certificate: connection.certificate,
    get status() {
      return responded;
    },
    get closed() {
      return closed;
    },
    get bytesWritten() {
      return written;
    },
    get bytesWaiting() {
      return waiting;
    },
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    start: (status, headers) => {
      if (closed) return;
      responded = status;
      response.writeHead(status, headers);
      // A watch may have nothing to send for a long time; its client must know immediately that it was accepted.
      response.flushHeaders();
    },
    write: (chunk) => {
      if (closed) return true;
      waiting += chunk.length;
      written += chunk.length;
      return response.write(chunk, () => {
        waiting -= chunk.length;
      });
    },
    drained: () =>
      closed
        ? Promise.resolve()
        : new Promise((resolve) => {
            const done = () => {
              response.off("drain", done);
              response.off("close", done);
              resolve();
            };
            response.on("drain", done);
            response.on("close", done);
          }),
    end: () => {
      if (!closed) response.end();
    },
    break: (broken) => {
      switch (broken.how) {
        case "end":
          response.end();
          return;
        case "goaway":
          if (stream?.session !== undefined) sendGoaway(stream.session, broken.code);
          return;
        case "stream":
          if (stream !== undefined) stream.close(broken.code ?? constants.NGHTTP2_INTERNAL_ERROR);
          else connection.socket?.resetAndDestroy();
          return;
        case "reset":
          connection.socket?.resetAndDestroy();
          return;
        case "close":
          connection.socket?.destroy();
      }
    },
    endlessHeader: () => {
      const { socket } = response;
      if (stream === undefined) socket?.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n");
      let sent = 0;
      const more = () => {
        if (closed || socket?.destroyed) return;
        const [name, value] = [`x-filler-${sent++}`, "a".repeat(FILLER)];
        if (stream === undefined) socket?.write(`${name}: ${value}\r\n`);
        else stream.additionalHeaders({ ":status": EARLY_HINTS, [name]: value });
        setImmediate(more);
      };
      more();
    },
    onClose: (callback) => {
      if (closed) callback();
      else closeListeners.push(callback);
    },
  };
}
