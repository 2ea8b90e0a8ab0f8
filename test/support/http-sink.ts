import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Never responds. */
  | "silence"
  /** Resets the connection without a response. */
  | "reset"
  /** Sends 200 and an endless body. */
  | "flood";

export interface HttpSink extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** Response to the next requests; initially 200 with an empty body. */
  answer: Answer | ((request: ReceivedRequest) => Answer);
  /** Bytes written by floods so far. */
  readonly flooded: number;
}

/** A service that accepts every request and responds as a test sets; over TLS if a key and a certificate are given. */
export async function startHttpSink(tls?: { readonly key: string; readonly cert: string }): Promise<HttpSink> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let flooded = 0;

  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const request: ReceivedRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: Buffer.concat(parts).toString("utf8"),
    };
    requests.push(request);
    const answer = typeof sink.answer === "function" ? sink.answer(request) : sink.answer;
    if (answer === "silence") return;
    if (answer === "reset") {
      incoming.socket.destroy();
      return;
    }
    if (answer === "flood") {
      response.writeHead(200, { "content-type": "text/plain" });
      const block = "x".repeat(64 * 1024);
      const more = () => {
        while (!response.destroyed && flooded < 100_000_000) {
          flooded += block.length;
          if (!response.write(block)) return response.once("drain", more);
        }
        return response.end();
      };
      more();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body ?? "");
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse) =>
    void handle(incoming, response).catch(() => {});
  const server: Server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  // Closing an idle connection could race with the next message, which would be a different fault.
  server.keepAliveTimeout = 600_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the sink has no port");

  const sink: HttpSink = {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`,
    requests,
    answer: { status: 200 },
    get flooded() {
      return flooded;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return sink;
}
