/** Requests that a proxy in front may read as something else, and floods of frames: refused, and nothing else suffers. */
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AttackedProgram, LATENCY_MS, observe, startAttacked } from "./attacked-program.ts";

const HIDDEN = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const HOST = "Host: localhost\r\n";
const EMPTY_CHUNKS = `0\r\n\r\n${HIDDEN}`;
const post = (headers: string, rest: string, version = "1.1") =>
  `POST /api/v1/session HTTP/${version}\r\n${HOST}Content-Type: application/json\r\n${headers}\r\n${rest}`;
const get = (headers: string, target = "/livez", version = "1.1") =>
  `GET ${target} HTTP/${version}\r\n${headers}\r\n${HIDDEN}`;
const chunked = (rest: string) => post("Transfer-Encoding: chunked\r\n", rest + HIDDEN);

/** Each is followed by a request that must not be answered. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  "a length, and chunks": post(
    `Content-Length: ${EMPTY_CHUNKS.length}\r\nTransfer-Encoding: chunked\r\n`,
    EMPTY_CHUNKS,
  ),
  "chunks, and a length": post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", EMPTY_CHUNKS),
  "two lengths": post(`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n`, HIDDEN),
  "the same length twice": post("Content-Length: 2\r\nContent-Length: 2\r\n", `{}${HIDDEN}`),
  "a list of lengths": post("Content-Length: 2, 2\r\n", `{}${HIDDEN}`),
  "a length with a sign": post("Content-Length: +2\r\n", `{}${HIDDEN}`),
  "a negative length": post("Content-Length: -2\r\n", `{}${HIDDEN}`),
  "a hexadecimal length": post("Content-Length: 0x2\r\n", `{}${HIDDEN}`),
  "a length beyond 64 bits": post("Content-Length: 18446744073709551618\r\n", `{}${HIDDEN}`),
  "no length": post("Content-Length: \r\n", `{}${HIDDEN}`),
  "a space before the colon of a length": post("Content-Length : 2\r\n", `{}${HIDDEN}`),
  "a space before the colon of an encoding": post("Transfer-Encoding : chunked\r\n", EMPTY_CHUNKS),
  "an unknown encoding": post("Transfer-Encoding: xchunked\r\n", EMPTY_CHUNKS),
  "the encoding identity": post("Transfer-Encoding: identity\r\n", `{}${HIDDEN}`),
  "chunks, then identity": post("Transfer-Encoding: chunked, identity\r\n", EMPTY_CHUNKS),
  "chunks in chunks": post("Transfer-Encoding: chunked, chunked\r\n", EMPTY_CHUNKS),
  "two encodings": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", EMPTY_CHUNKS),
  "a folded encoding": post("Transfer-Encoding:\r\n chunked\r\n", EMPTY_CHUNKS),
  "an encoding after a vertical tab": post("Transfer-Encoding: \u000Bchunked\r\n", EMPTY_CHUNKS),
  "chunks in HTTP/1.0": post("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", EMPTY_CHUNKS, "1.0"),
  "a folded header": get(`${HOST}X: a\r\n b: c\r\n`),
  "lines that end with LF": `GET /livez HTTP/1.1\nHost: localhost\n\n${HIDDEN}`,
  "a LF within a header": get(`${HOST}X: a\nContent-Length: ${HIDDEN.length}\r\n`),
  "a CR within a header": get(`${HOST}X: a\rContent-Length: ${HIDDEN.length}\r\n`),
  "a NUL within a header": get(`${HOST}X: a\0b\r\n`),
  "a chunk size that ends with LF": chunked("2\n{}\n0\n\n"),
  "a chunk extension that ends with LF": chunked("2;\n{}\r\n0\r\n\r\n"),
  "a chunk size with a prefix": chunked("0x2\r\n{}\r\n0\r\n\r\n"),
  "a chunk size beyond 64 bits": chunked("10000000000000002\r\n{}\r\n0\r\n\r\n"),
  "a chunk size with a space": chunked("2 \r\n{}\r\n0\r\n\r\n"),
  "a chunk that is longer than its size": chunked("2\r\n{}XX0\r\n\r\n"),
  "a long chunk extension": chunked(`2;${"a".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  "two hosts": get(`${HOST}Host: evil.example\r\n`),
  "the same host twice": get(`${HOST}${HOST}`),
  "no host": get(""),
  "an absolute target of another host": get(HOST, "http://evil.example/livez"),
  "a malformed target": get(HOST, "http://[/livez"),
  "HTTP/2.0 in text": get(HOST, "/livez", "2.0"),
  "HTTP/3.0 in text": get(HOST, "/livez", "3.0"),
  "HTTP/0.9": `GET /livez\r\n\r\n${HIDDEN}`,
  "two spaces in the first line": get(HOST, "/livez /x"),
};

/** The statuses of all responses until the program closes the connection. */
function statuses(program: AttackedProgram, text: string): Promise<readonly number[]> {
  return new Promise((resolve) => {
    let received = "";
    const { port, ca } = program;
    const isPlain = program.url.protocol === "http:";
    const socket = isPlain ? connect(port, "127.0.0.1") : connectTls({ port, host: "localhost", ca });
    socket.once(isPlain ? "connect" : "secureConnect", () => socket.write(text, "latin1"));
    socket
      .on("data", (data) => {
        received += data;
      })
      .on("error", () => {})
      .on("close", () => resolve([...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))));
  });
}

describe.each([false, true])("HTTP/1.1, with TLS: %s", (tls) => {
  let program: AttackedProgram;
  beforeAll(async () => {
    program = await startAttacked({ tls });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it.each(Object.entries(AMBIGUOUS))("%s is refused, and ends the connection", async (_, text) => {
    expect(await statuses(program, text)).toEqual([400]);
  });

  it("takes chunks with extensions and trailers, and an absolute target of its own", async () => {
    const body = post("Transfer-Encoding: chunked\r\n", `2;a=b\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n${HIDDEN}`);
    expect((await statuses(program, body)).at(-1)).toBe(200);
    expect(await statuses(program, get(HOST, `${program.url.protocol}//localhost/livez`))).toEqual([200, 200]);
  });

  it("switches to no other protocol, and does not act as a proxy", async () => {
    for (const upgrade of ["h2c", "websocket"]) {
      const headers = `${HOST}Connection: Upgrade, close\r\nUpgrade: ${upgrade}\r\n`;
      expect(await statuses(program, `GET /livez HTTP/1.1\r\n${headers}\r\n`)).toEqual([200]);
    }
    expect(await statuses(program, `CONNECT localhost:22 HTTP/1.1\r\n${HOST}\r\n${HIDDEN}`)).toEqual([]);
    expect(await statuses(program, `TRACE /livez HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)).toEqual([405]);
  });
});

it("responses to requests that claim to be HTTP/2 in text, and are not read, neither end the program nor fill its memory", async () => {
  await using program = await startAttacked();
  await program.livez();
  const before = program.memory();
  const ask = `GET /api/docs/json HTTP/2.0\r\n${HOST}Connection: keep-alive\r\n\r\n`.repeat(500);
  const sockets = Array.from({ length: 20 }, () => connect(program.port, "127.0.0.1").on("error", () => {}));
  for (const socket of sockets) socket.pause().write(ask);
  const seen = await observe(program, 12_000, before + 200);
  expect(seen.failed).toBe(0);
  expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
  expect(seen.memory - before).toBeLessThan(150);
  for (const socket of sockets) socket.destroy();
});

it("a request over HTTP/2 whose :authority is not its Host is refused", async () => {
  await using program = await startAttacked({ tls: true });
  const session = connectHttp2(program.url, { ca: program.ca });
  const own = program.url.host;
  for (const [authority, host, expected] of [
    [own, own, 200],
    [own, undefined, 200],
    [own, "evil.example", 400],
    ["evil.example", own, 400],
    [own, own.toUpperCase().replace("127", "0127"), 400],
  ] as const) {
    const stream = session.request({ ":path": "/livez", ":authority": authority, ...(host && { host }) });
    const [headers] = (await once(stream, "response")) as [{ ":status"?: number }];
    expect([authority, host, headers[":status"]]).toEqual([authority, host, expected]);
    stream.close();
  }
  session.destroy();
});
