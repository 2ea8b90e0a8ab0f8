/** Floods of HTTP/2 frames: they cost no more than reading them, and /livez answers meanwhile. */
import { get } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AttackedProgram, LATENCY_MS, observe, startAttacked } from "./attacked-program.ts";

/** RFC 9113, section 6. */
const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION] = [0, 1, 2, 3, 4, 6, 8, 9];
const [END_STREAM, END_HEADERS] = [1, 4];
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const CONNECTIONS = 20;

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const literal = (text: string) => [text.length, ...Buffer.from(text)];
/** HPACK (RFC 7541): a method of the static table, `:scheme https`, `:path` and `:authority`. */
const request = (path: string, method = 0x82) =>
  Buffer.from([method, 0x87, 0x04, ...literal(path), 0x01, ...literal("localhost")]);
const POST = 0x83;
const stream = (index: number) => 2 * index + 1;
const many = (count: number, make: (index: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const uint32 = (value: number) => Buffer.from([0, 0, 0, value]);
const headers = (index: number) => frame(HEADERS, END_STREAM | END_HEADERS, stream(index), request("/api/v1/state"));
const HEADER = Buffer.from([0x00, ...literal("a"), ...literal("b")]);
/** Adds a header of 4 KB to the dynamic table, and refers to it 3,000 times in each of the requests that follow. */
const BOMB = Buffer.concat([Buffer.from([0x40, ...literal("a"), 0x7f, 0xd1, 0x1e]), Buffer.alloc(4_048, "b")]);

const FLOODS: Readonly<Record<string, { readonly frames: Buffer; readonly isClosed: boolean }>> = {
  "requests that are reset at once": {
    frames: many(2_000, (index) => Buffer.concat([headers(index), frame(RST_STREAM, 0, stream(index), uint32(8))])),
    isClosed: true,
  },
  "requests that make the server reset them": {
    frames: many(2_000, (index) => Buffer.concat([headers(index), frame(WINDOW_UPDATE, 0, stream(index), uint32(0))])),
    isClosed: true,
  },
  "resets of streams that do not exist": {
    frames: many(5_000, () => frame(RST_STREAM, 0, 1, uint32(8))),
    isClosed: true,
  },
  "headers that never end": {
    frames: Buffer.concat([
      frame(HEADERS, END_STREAM, 1, request("/livez")),
      many(1_000, () =>
        frame(
          CONTINUATION,
          0,
          1,
          many(1_000, () => HEADER),
        ),
      ),
    ]),
    isClosed: true,
  },
  "empty CONTINUATION frames": {
    frames: Buffer.concat([
      frame(HEADERS, END_STREAM, 1, request("/livez")),
      many(10_000, () => frame(CONTINUATION, 0, 1)),
    ]),
    isClosed: true,
  },
  "a header that unpacks to 12 MB, in each request": {
    frames: many(50, (index) =>
      frame(
        HEADERS,
        END_STREAM | END_HEADERS,
        stream(index),
        Buffer.concat([request("/livez"), index === 0 ? BOMB : Buffer.alloc(3_000, 0xbe)]),
      ),
    ),
    isClosed: false,
  },
  SETTINGS: { frames: many(20_000, () => frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))), isClosed: true },
  PING: { frames: many(20_000, () => frame(PING, 0, 0, Buffer.alloc(8))), isClosed: true },
  PRIORITY: {
    frames: many(20_000, (index) => frame(PRIORITY, 0, stream(index), Buffer.from([0, 0, 0, 0, 16]))),
    isClosed: false,
  },
  "empty DATA frames": {
    frames: Buffer.concat([
      frame(HEADERS, END_HEADERS, 1, request("/api/v1/acknowledge", POST)),
      many(20_000, () => frame(DATA, 0, 1)),
    ]),
    isClosed: false,
  },
  "frames of unknown types": { frames: many(20_000, () => frame(0x20, 0, 0, Buffer.alloc(100))), isClosed: false },
};

let program: AttackedProgram;
beforeAll(async () => {
  program = await startAttacked({ tls: true });
});
afterAll(() => program[Symbol.asyncDispose]());

function open(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { port: program.port, host: "localhost", ca: program.ca, ALPNProtocols: ["h2"] };
    const socket = connect(options, () => {
      socket.write(PREFACE);
      socket.write(frame(SETTINGS, 0, 0));
      resolve(socket.off("error", reject).on("error", () => {}));
    }).once("error", reject);
  });
}

const metrics = () =>
  new Promise<string>((resolve, reject) => {
    const asked = get(new URL("metrics", program.url), { ca: program.ca, agent: false }, (response) => {
      let text = "";
      response.on("data", (data) => {
        text += data;
      });
      response.on("end", () => resolve(text));
    });
    asked.on("error", reject);
  });

it.each(Object.entries(FLOODS))("%s", async (_, { frames, isClosed }) => {
  await program.livez();
  const before = program.memory();
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  let closed = 0;
  for (const socket of sockets) {
    socket.resume().on("close", () => closed++);
    socket.write(frames);
  }
  const seen = await observe(program, 1_500, before + 400);
  expect(seen.failed).toBe(0);
  expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
  expect(seen.memory - before).toBeLessThan(200);
  if (isClosed) await expect.poll(() => closed).toBe(CONNECTIONS);
  for (const socket of sockets) socket.destroy();
  // None of the requests was handled.
  expect(await metrics()).not.toMatch(/^http_requests_total\{[^}]*route="\/api\/v1\/state"/m);
});

it("PING frames whose responses are not read", async () => {
  const before = program.memory();
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  for (const socket of sockets) socket.pause().write(many(50_000, () => frame(PING, 0, 0, Buffer.alloc(8))));
  const seen = await observe(program, 1_500, before + 400);
  expect([seen.failed, seen.memory - before < 200, seen.slowestMs < LATENCY_MS]).toEqual([0, true, true]);
  for (const socket of sockets) socket.destroy();
});
