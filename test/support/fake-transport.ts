import { TransportError } from "../../src/kubernetes/transport/error.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/kubernetes/transport/transport.ts";

/** An API server that says what a test lets it say, without a socket. Bodies are JSON unless told otherwise. */
export interface FakeTransport extends Transport {
  /** The oldest request that nobody has answered yet; waits for one, and gives up after some turns of the event loop. */
  next(): Promise<FakeRequest>;
  /** Requests that wait for an answer. */
  readonly waiting: number;
  /** All requests so far, as `path?query`. */
  readonly paths: readonly string[];
}

export interface FakeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** The client has given up. */
  readonly aborted: boolean;
  /** The head of an answer; the body follows with `send` and ends with `end` or `cut`. */
  start(status?: number, headers?: Record<string, string>): FakeAnswer;
  /** A whole answer. */
  answer(status: number, body: unknown, headers?: Record<string, string>): void;
  /** No answer at all. */
  fail(error: TransportError): void;
}

export interface FakeAnswer {
  /** Objects become a line of JSON; strings and bytes are sent as they are. */
  send(...parts: readonly unknown[]): void;
  end(): void;
  cut(error?: TransportError): void;
  readonly closed: boolean;
}

export function createFakeTransport(): FakeTransport {
  const waiting: FakeRequest[] = [];
  const paths: string[] = [];

  return {
    paths,
    get waiting() {
      return waiting.length;
    },
    next: async () => {
      for (let turn = 0; turn < 50; turn++) {
        const request = waiting.shift();
        if (request !== undefined) return request;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`nobody asked for anything; before that: ${paths.join(" ") || "nothing"}`);
    },
    request: (request) =>
      new Promise((resolve, reject) => {
        paths.push(request.path);
        waiting.push(createRequest(request, resolve, reject));
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}

function createRequest(
  { path, headers = {}, signal }: TransportRequest,
  resolve: (response: TransportResponse) => void,
  reject: (error: TransportError) => void,
): FakeRequest {
  let breakOff: (error: TransportError) => void = reject;
  signal.addEventListener("abort", () => breakOff(new TransportError("ABORTED", "cancelled")), { once: true });

  const start = (status = 200, given: Record<string, string> = {}): FakeAnswer => {
    const answerHeaders: Record<string, string> = { "content-type": "application/json", ...given };
    const body = Promise.withResolvers<void>();
    body.promise.catch(() => {});
    const unread: Uint8Array[] = [];
    let sink: ((chunk: Uint8Array) => void) | undefined;
    let bytesRead = 0;
    let closed = false;
    const close = (error?: unknown) => {
      if (closed) return;
      closed = true;
      if (error === undefined) body.resolve();
      else body.reject(error);
    };
    const hand = (chunk: Uint8Array) => {
      if (closed) return;
      bytesRead += chunk.byteLength;
      try {
        sink?.(chunk);
      } catch (error) {
        close(error);
      }
    };
    breakOff = close;
    resolve({
      status,
      headers: answerHeaders,
      contentType: answerHeaders["content-type"] ?? "",
      protocol: "h2",
      delimited: true,
      get bytesRead() {
        return bytesRead;
      },
      connectionActiveAt: undefined,
      get connectionBytesRead() {
        return bytesRead;
      },
      read: (onChunk) => {
        sink = onChunk;
        for (const chunk of unread.splice(0)) hand(chunk);
        return body.promise;
      },
      cancel: () => close(new TransportError("ABORTED", "cancelled")),
    });
    return {
      send: (...parts) => {
        for (const part of parts) {
          const chunk = bytesOf(part);
          if (sink === undefined) unread.push(chunk);
          else hand(chunk);
        }
      },
      // What is unread belongs to the body that ends.
      end: () => void setImmediate(() => close()),
      cut: (error = new TransportError("RESET", "the connection was lost")) => close(error),
      get closed() {
        return closed;
      },
    };
  };

  const url = new URL(path, "https://fake.invalid");
  return {
    path: url.pathname,
    query: url.searchParams,
    headers,
    get aborted() {
      return signal.aborted;
    },
    start,
    answer: (status, body, given) => {
      const answer = start(status, given);
      answer.send(body);
      answer.end();
    },
    fail: reject,
  };
}

function bytesOf(part: unknown): Uint8Array {
  if (part instanceof Uint8Array) return part;
  return Buffer.from(typeof part === "string" ? part : `${JSON.stringify(part)}\n`);
}
