import { TransportError } from "../../src/kubernetes/transport/error.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/kubernetes/transport/types.ts";

/** An API server without a socket whose responses a test writes. Bodies are JSON by default. */
export interface FakeTransport extends Transport {
  /** The oldest unanswered request; waits for one, and fails after some iterations of the event loop. */
  next(): Promise<FakeRequest>;
  /** Unanswered requests. */
  readonly waiting: number;
  /** All requests so far, as `path?query`. */
  readonly paths: readonly string[];
}

export interface FakeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the client has aborted. */
  readonly aborted: boolean;
  /** Sends the head of a response; the body follows with `send` and ends with `end` or `cut`. */
  start(status?: number, headers?: Record<string, string>): FakeAnswer;
  /** Sends a complete response. */
  answer(status: number, body: unknown, headers?: Record<string, string>): void;
  /** Fails without a response. */
  fail(error: TransportError): void;
}

export interface FakeAnswer {
  /** Sends objects as a line of JSON, and strings and bytes unchanged. */
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
      throw new Error(`no request is waiting; earlier requests: ${paths.join(" ") || "nothing"}`);
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
      // Unread data belongs to the body that ends.
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
