/**
 * One request and its answer, the same for HTTP/1.1 and HTTP/2. Answers are written through here, so that faults can
 * stand between the API server and the wire.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";

/** Node's HTTP/2 requests and responses have the interface of the HTTP/1.1 ones, and a stream besides. */
export type RawRequest = IncomingMessage;
export type RawResponse = ServerResponse & Partial<Pick<Http2ServerResponse, "stream">>;
export type AnswerHeaders = Readonly<Record<string, string>>;

/** How an answer or its connection is broken off. */
export type Break =
  /** The stream alone: RST_STREAM with this code; on HTTP/1.1 the connection is reset. */
  | { readonly how: "stream"; readonly code?: number }
  /** The TCP connection with RST: the peer sees ECONNRESET. */
  | { readonly how: "reset" }
  /** The TCP connection with FIN in the middle of things. */
  | { readonly how: "close" }
  /** HTTP/2 GOAWAY: no new streams on this session, the running ones go on. On HTTP/1.1 nothing happens. */
  | { readonly how: "goaway"; readonly code?: number }
  /** The answer ends as if it were complete; an announced Content-Length stays unfulfilled. */
  | { readonly how: "end" };

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly protocol: "h2" | "http/1.1";
  /** Counts the connections of the server from 1: streams of one session share it. */
  readonly connection: number;
  /** Whom the client's certificate names, when it has one that the server trusts. */
  readonly certificate: CertificateSubject | undefined;
  readonly closed: boolean;
  /** Of the answer; undefined until it begins. */
  readonly status: number | undefined;
  /** Bytes of the body that were written so far. */
  readonly bytesWritten: number;
  /** Bytes that were written but not yet taken by the operating system or the peer's flow control. */
  readonly bytesWaiting: number;
  header(name: string): string | undefined;
  body(): Promise<Buffer>;
  start(status: number, headers: AnswerHeaders): void;
  /** False when the peer takes it more slowly than it comes: wait for `drained()`. */
  write(chunk: Uint8Array): boolean;
  drained(): Promise<void>;
  end(): void;
  break(broken: Break): void;
  /** Sends headers until the peer goes away. */
  endlessHeader(): void;
  onClose(callback: () => void): void;
}

const EARLY_HINTS = 103;
/** Bytes of one header in a header block without end. */
const FILLER = 1_000;

export interface CertificateSubject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The connection that a request came by. */
export interface Connection {
  readonly number: number;
  /** The raw TCP socket: a TLS socket has no RST of its own, and HTTP/2 lends its socket out as a proxy. */
  readonly socket: Socket | undefined;
  readonly certificate: CertificateSubject | undefined;
}

export function createExchange(request: RawRequest, response: RawResponse, connection: Connection): Exchange {
  const { stream } = response;
  let waiting = 0;
  let written = 0;
  let closed = false;
  let answered: number | undefined;
  const closeListeners: (() => void)[] = [];
  response.on("close", () => {
    closed = true;
    for (const listener of closeListeners) listener();
  });
  // A peer that goes away while it is being written to is no error of the server.
  response.on("error", () => {});
  request.on("error", () => {});

  return {
    method: request.method ?? "GET",
    url: new URL(request.url ?? "/", "https://simulator.invalid"),
    protocol: stream === undefined ? "http/1.1" : "h2",
    connection: connection.number,
    certificate: connection.certificate,
    get status() {
      return answered;
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
      answered = status;
      response.writeHead(status, headers);
      // A watch may have nothing to send for long: its client must know at once that it was accepted.
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
          stream?.session?.goaway(broken.code ?? constants.NGHTTP2_NO_ERROR);
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
