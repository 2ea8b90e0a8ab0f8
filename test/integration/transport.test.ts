/** The transport against real servers on loop-back: what is true only of sockets, TLS and HTTP as they are. */
import { once } from "node:events";
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsSocketServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { afterEach, describe, expect, it } from "vitest";
import type { ClusterAccess } from "../../src/kubernetes/auth/credentials.ts";
import { readUpTo } from "../../src/kubernetes/transport/body.ts";
import { createTransport, type TransportOptions } from "../../src/kubernetes/transport/transport.ts";
import { systemClock } from "../../src/ports/system-clock.ts";

type Response = Pick<ServerResponse & Http2ServerResponse, "end" | "write" | "writeHead" | "statusCode" | "on">;
type Handler = (request: IncomingMessage | Http2ServerRequest, response: Response) => void;

const authority = createCertificateAuthority();
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

async function serve(
  handler: Handler,
  options: { readonly onlyHttp1?: boolean; readonly hosts?: string[]; readonly maxConcurrentStreams?: number } = {},
) {
  const { keyPem: key, certPem: cert } = authority.issueServer(options.hosts ?? ["127.0.0.1", "localhost"]);
  const sockets = new Set<Socket>();
  const settings = { maxConcurrentStreams: options.maxConcurrentStreams ?? 100 };
  const server = options.onlyHttp1
    ? createTlsServer({ key, cert }, handler as (request: IncomingMessage) => void)
    : createSecureServer({ key, cert, allowHTTP1: true, settings }, handler as (request: Http2ServerRequest) => void);
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    socket.on("error", () => {});
    sockets.add(socket);
  });
  server.on("session", (session: { on(event: "error", listener: () => void): void }) => session.on("error", () => {}));
  server.on("tlsClientError", () => {});
  const port = await listening(server);
  cleanup.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    get connections() {
      return connections;
    },
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function accessTo(port: number, changes: Partial<ClusterAccess> = {}): ClusterAccess {
  return {
    server: new URL(`https://127.0.0.1:${port}`),
    ca: async () => authority.certPem,
    clientCertificate: async () => undefined,
    insecureSkipTlsVerify: false,
    authorization: async () => "Bearer secret-token",
    invalidate: () => {},
    namespace: undefined,
    description: "a test",
    ...changes,
  };
}

function open(access: ClusterAccess, options: Partial<TransportOptions> = {}) {
  const transport = createTransport({ access, clock: systemClock, ...options });
  cleanup.push(() => transport[Symbol.asyncDispose]());
  const abort = new AbortController();
  const get = (path: string, headers: Record<string, string> = {}) =>
    transport.request({ method: "GET", path, headers, signal: abort.signal });
  const text = async (path: string, headers: Record<string, string> = {}) => {
    const response = await get(path, headers);
    return `${response.protocol} ${response.status} ${Buffer.from(await readUpTo(response, 1_000_000)).toString()}`;
  };
  return { transport, abort, get, text };
}

const echo: Handler = (request, response) => {
  const { headers } = request;
  response.end(`${request.method} ${request.url} ${headers.authorization} ${headers["accept-encoding"]}`);
};

describe("the protocol", () => {
  it("is HTTP/2 where the server offers it, on one connection", async () => {
    const server = await serve(echo);
    const { text } = open(accessTo(server.port));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => text(`/x/${number}`)));
    expect(answers[7]).toBe("h2 200 GET /x/7 Bearer secret-token identity");
    expect(server.connections).toBe(1);
  });

  it("is HTTP/1.1 where the server offers no other, with connections used again", async () => {
    const server = await serve(echo, { onlyHttp1: true });
    const { text } = open(accessTo(server.port));
    for (let number = 0; number < 5; number++) {
      expect(await text(`/x/${number}`)).toBe(`http/1.1 200 GET /x/${number} Bearer secret-token identity`);
    }
    // The one that asked for HTTP/2 and the one in use.
    expect(server.connections).toBe(2);
  });

  it("sends a request that a GOAWAY refused again, on a new connection", async () => {
    const seen: string[] = [];
    const server = await serve((request, response) => {
      seen.push(request.url ?? "");
      // The second request of the first connection: only the first one was processed.
      if (seen.length === 2 && "stream" in request) request.stream.session?.goaway(0, 1);
      else response.end("here");
    });
    const { text } = open(accessTo(server.port));
    expect(await text("/a")).toBe("h2 200 here");
    expect(await text("/b")).toBe("h2 200 here");
    expect(seen).toEqual(["/a", "/b", "/b"]);
    expect(server.connections).toBe(2);
  });

  it("opens further sessions when the server's limit of streams is reached", async () => {
    const held: Response[] = [];
    const server = await serve((_request, response) => void held.push(response), { maxConcurrentStreams: 10 });
    const { get } = open(accessTo(server.port));
    const answers = Array.from({ length: 35 }, () => get("/watch"));
    while (held.length < 35) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.connections).toBe(4);
    for (const response of held) response.end("x");
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
  });

  it("uses a second session from 50 streams on", async () => {
    const held: Response[] = [];
    const server = await serve((_request, response) => void held.push(response));
    const { get } = open(accessTo(server.port));
    const answers = Array.from({ length: 51 }, () => get("/watch"));
    while (server.connections < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    answers.push(...Array.from({ length: 20 }, () => get("/watch")));
    while (held.length < 71) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.connections).toBe(2);
    for (const response of held) response.end();
    await Promise.all(answers);
  });

  it("keeps a prefix of the server's URL", async () => {
    const server = await serve(echo);
    const access = accessTo(server.port);
    const { text } = open({ ...access, server: new URL("/k8s/clusters/c-1/", access.server) });
    expect(await text("/api/v1/x")).toContain("GET /k8s/clusters/c-1/api/v1/x ");
  });
});

describe("credentials", () => {
  it("are reread after a 401, and the request is sent once more", async () => {
    const seen: string[] = [];
    const server = await serve((request, response) => {
      seen.push(request.headers.authorization ?? "");
      response.statusCode = request.headers.authorization === "Bearer fresh" ? 200 : 401;
      response.end();
    });
    let token = "stale";
    let invalidated = 0;
    const { get } = open(
      accessTo(server.port, {
        authorization: async () => `Bearer ${token}`,
        invalidate: (since) => {
          invalidated = since;
          token = "fresh";
        },
      }),
    );
    const begun = Date.now();
    expect((await get("/x")).status).toBe(200);
    expect(seen).toEqual(["Bearer stale", "Bearer fresh"]);
    expect(invalidated).toBeGreaterThanOrEqual(begun);
    expect((await get("/x", { authorization: "Bearer of another caller" })).status).toBe(401);
    expect(seen).toHaveLength(3);
  });

  it("that cannot be read are reported as the cause", async () => {
    const server = await serve(echo);
    const { get } = open(accessTo(server.port, { authorization: () => Promise.reject(new Error("no token in /x")) }));
    await expect(get("/x")).rejects.toMatchObject({ code: "CREDENTIALS", message: "no token in /x" });
  });
});

describe("the server's certificate", () => {
  it("must be signed by the cluster's authority", async () => {
    const server = await serve(echo);
    const { get } = open(accessTo(server.port, { ca: async () => createCertificateAuthority().certPem }));
    await expect(get("/x")).rejects.toThrow(/its certificate .*CA certificate/);
    const trusting = open(accessTo(server.port, { ca: async () => undefined, insecureSkipTlsVerify: true }));
    expect(await trusting.text("/x")).toContain("GET /x");
  });

  it("must match the host name", async () => {
    const server = await serve(echo, { hosts: ["kubernetes.default.svc"] });
    await expect(open(accessTo(server.port)).get("/x")).rejects.toThrow(/its certificate is for another host name/);
    const named = open(accessTo(server.port, { tlsServerName: "kubernetes.default.svc" }));
    expect(await named.text("/x")).toContain("GET /x");
  });

  it("is verified against a rotated CA bundle without a restart", async () => {
    let ca = createCertificateAuthority().certPem;
    const server = await serve(echo);
    const { get, text } = open(accessTo(server.port, { ca: async () => ca }));
    await expect(get("/x")).rejects.toThrow(/CA certificate/);
    ca = authority.certPem;
    expect(await text("/x")).toContain("GET /x");
  });
});

describe("a server that cannot be reached", () => {
  it("is reported with the cause", async () => {
    const port = await listening(
      createTcpServer().on("listening", function close(this: Server) {
        setImmediate(() => this.close());
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(open(accessTo(port)).get("/x")).rejects.toMatchObject({
      code: "ECONNREFUSED",
      message: expect.stringMatching(
        /^cannot connect to the API server 127\.0\.0\.1:\d+ \(a test\): connection refused: nothing listens at this address/,
      ),
    });
  });

  it("without TLS is recognised", async () => {
    const server = createPlainServer((_request, response) => response.end("hello"));
    const port = await listening(server);
    cleanup.push(() => server.close());
    await expect(open(accessTo(port)).get("/x")).rejects.toThrow(/does not speak TLS/);
  });

  it("that expects TLS, at an address with http, is recognised", async () => {
    const server = createTcpServer((socket) => socket.once("data", () => socket.destroy()));
    const port = await listening(server);
    cleanup.push(() => server.close());
    const access = accessTo(port, { server: new URL(`http://127.0.0.1:${port}`) });
    await expect(open(access).get("/x")).rejects.toThrow(/connection was lost: .* Use https:\/\//);
  });

  it("that closes the connection before its SETTINGS is reported", async () => {
    const { keyPem: key, certPem: cert } = authority.issueServer(["127.0.0.1"]);
    const server = createTlsSocketServer({ key, cert, ALPNProtocols: ["h2"] }, (socket) => socket.destroy());
    const port = await listening(server);
    cleanup.push(() => server.close());
    await expect(open(accessTo(port)).get("/x")).rejects.toThrow(/closed the connection|connection was lost/);
  });

  it("does not delay an aborted request", async () => {
    // Accepts, and never says a word.
    const server = createTcpServer((socket) => cleanup.push(() => socket.destroy()));
    const port = await listening(server);
    cleanup.push(() => server.close());
    const { get, abort } = open(accessTo(port));
    const answer = get("/x");
    setTimeout(() => abort.abort(), 20);
    await expect(answer).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe.each([
  { protocol: "h2", onlyHttp1: false },
  { protocol: "http/1.1", onlyHttp1: true },
])("a body over $protocol", ({ protocol, onlyHttp1 }) => {
  const options = { onlyHttp1 };

  it("arrives in order and complete", async () => {
    const body = Buffer.alloc(3_000_000, "0123456789");
    const server = await serve((_request, response) => void response.end(body), options);
    const response = await open(accessTo(server.port)).get("/x");
    expect([response.protocol, response.delimited]).toEqual([protocol, true]);
    expect(Buffer.compare(Buffer.from(await readUpTo(response, body.length + 1)), body)).toBe(0);
    expect(response.bytesRead).toBe(body.length);
    expect(response.connectionBytesRead).toBeGreaterThan(body.length);
  });

  it("that is truncated is an error", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "x" });
      response.write("half");
      setTimeout(() => server.cut(), 20);
    }, options);
    const response = await open(accessTo(server.port)).get("/x");
    const chunks: string[] = [];
    await expect(response.read((chunk) => chunks.push(Buffer.from(chunk).toString()))).rejects.toMatchObject({
      name: "TransportError",
    });
    expect(chunks).toEqual(["half"]);
  });

  it("ends with the error that its reader throws", async () => {
    let closed = false;
    const server = await serve((_request, response) => {
      response.on("close", () => (closed = true));
      response.write("first");
      setInterval(() => response.write("more"), 5).unref();
    }, options);
    const response = await open(accessTo(server.port)).get("/x");
    let calls = 0;
    const failure = new Error("cannot be decoded");
    await expect(
      response.read(() => {
        calls++;
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(calls).toBe(1);
    while (!closed) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it("that is compressed although identity was asked for is refused unread", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" });
      response.end(bomb);
    }, options);
    await expect(open(accessTo(server.port)).get("/x")).rejects.toThrow(/Content-Encoding gzip although identity/);
  });

  it("can be aborted", async () => {
    const server = await serve((_request, response) => void response.write("first"), options);
    const { get, abort } = open(accessTo(server.port));
    const response = await get("/x");
    const reading = response.read(() => {});
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("has a head of bounded length", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "x-endless": "y".repeat(200_000) });
      response.end();
    }, options);
    await expect(open(accessTo(server.port)).get("/x")).rejects.toMatchObject({ name: "TransportError" });
  });
});

describe("an HTTP proxy of the kubeconfig", () => {
  async function startProxy(status: string) {
    const seen: string[] = [];
    const proxy = createPlainServer();
    proxy.on("connect", (request, socket) => {
      seen.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      socket.on("error", () => {});
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      if (!status.startsWith("200")) {
        socket.end();
        return;
      }
      const upstream = connect(Number(request.url?.split(":")[1]), "127.0.0.1");
      upstream.on("error", () => {});
      upstream.pipe(socket).pipe(upstream);
    });
    const port = await listening(proxy);
    cleanup.push(() => proxy.close());
    return { seen, url: new URL(`http://user:p%40ss@127.0.0.1:${port}`) };
  }

  it("connects to the API server with end-to-end TLS", async () => {
    const server = await serve(echo);
    const proxy = await startProxy("200 Connection established");
    expect(await open(accessTo(server.port, { proxy: proxy.url })).text("/x")).toMatch(/^h2 200 GET \/x/);
    const expected = Buffer.from("user:p@ss").toString("base64");
    expect(proxy.seen).toEqual([`127.0.0.1:${server.port} Basic ${expected}`]);
  });

  it("that refuses is reported without its password", async () => {
    const server = await serve(echo);
    const proxy = await startProxy("407 Proxy Authentication Required");
    const failure = await open(accessTo(server.port, { proxy: proxy.url }))
      .get("/x")
      .catch((error: Error) => error.message);
    expect(failure).toContain("407 Proxy Authentication Required");
    expect(failure).not.toContain("p@ss");
  });
});
