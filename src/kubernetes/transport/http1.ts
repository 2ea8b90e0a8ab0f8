import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { createBody } from "./body.ts";
import { codeOf, TransportError } from "./error.ts";
import type { Dial } from "./tls.ts";
import type { Exchange, TransportResponse } from "./types.ts";

/** HTTP/1.1 for servers and proxies without HTTP/2: one connection per running request, reused for later ones. */
export interface Http1 {
  request(exchange: Exchange): Promise<TransportResponse>;
  close(): void;
}

/** Longer response headers are an error. */
const MAX_HEADER_BYTES = 64 * 1024;

export function createHttp1({ dial, server }: { readonly dial: Dial; readonly server: URL }): Http1 {
  const closing = new AbortController();
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = (_options, callback) => {
    dial(["http/1.1"], closing.signal).then(
      ({ socket }) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };

  return {
    request: async (exchange) => {
      const { message, done } = await send(agent, server, exchange);
      return toResponse(message, exchange.signal, done);
    },
    close: () => {
      closing.abort();
      agent.destroy();
    },
  };
}

interface Response {
  readonly message: IncomingMessage;
  readonly done: () => void;
}

function send(agent: Agent, server: URL, exchange: Exchange): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = requestHttp({
      agent,
      method: exchange.method,
      path: exchange.path,
      headers: { host: server.host, ...exchange.headers },
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const onAbort = () => request.destroy(exchange.signal.reason);
    const done = () => {
      exchange.signal.removeEventListener("abort", onAbort);
      exchange.onClose();
    };
    exchange.signal.addEventListener("abort", onAbort, { once: true });
    let hasResponse = false;
    request.once("response", (message) => {
      hasResponse = true;
      resolve({ message, done });
    });
    request.on("error", (error) => {
      // After the head, the message itself reports its end.
      if (hasResponse) return;
      // The server closed the idle connection just as it was reused, so the request is sent on another one.
      if (request.reusedSocket && codeOf(error) === "ECONNRESET" && !exchange.signal.aborted) {
        exchange.signal.removeEventListener("abort", onAbort);
        send(agent, server, exchange).then(resolve, reject);
        return;
      }
      const failure = toTransportError(error);
      // Servers that expect TLS close the connection without an answer.
      const isRefused = server.protocol === "http:" && failure.code === "RESET";
      const hint = ". Use https:// unless the server speaks plain HTTP";
      reject(isRefused ? new TransportError("RESET", failure.message + hint, error) : failure);
    });
    if (exchange.signal.aborted) onAbort();
    request.end(exchange.body);
  });
}

function toResponse(message: IncomingMessage, signal: AbortSignal, done: () => void): TransportResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const { socket } = message;
  const body = createBody(message, {
    signal,
    explain: toTransportError,
    truncation: () => (message.complete ? undefined : truncated()),
    cancel: () => message.destroy(),
  });
  message.once("close", done);
  return {
    read: body.read,
    cancel: body.cancel,
    get bytesRead() {
      return body.bytesRead;
    },
    get connectionBytesRead() {
      return socket.bytesRead;
    },
    connectionActiveAt: undefined,
    status: message.statusCode ?? 0,
    headers,
    contentType: headers["content-type"] ?? "",
    protocol: "http/1.1",
    delimited: headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined,
  };
}

function truncated(): TransportError {
  return new TransportError("TRUNCATED", "the connection ended before the response was complete");
}

function toTransportError(error: Error): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error) ?? "RESET";
  if (code.startsWith("HPE_")) {
    return new TransportError("PROTOCOL", `the response is not valid HTTP/1.1: ${error.message}`, error);
  }
  return new TransportError(code === "ECONNRESET" ? "RESET" : code, `the connection was lost: ${error.message}`, error);
}
