/** Clients that ask and do not read: what they leave unread is bounded, and they are disconnected. */
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type AttackedProgram, LATENCY_MS, observe, pause, startAttacked } from "./attacked-program.ts";

/** MiB that the program may grow by; the attack stops itself beyond `STOP_AT`. */
const GROWTH = 200;
const STOP_AT = 400;
const SETTLED = 12;

function unread(program: AttackedProgram, text: string): Socket {
  const socket = connect(program.port, "127.0.0.1", () => socket.write(text));
  return socket.pause().on("error", () => {});
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe("answers that nobody reads", () => {
  it.each(["/api/v1/openapi.json", "/api/docs/json", "/api/docs/static/swagger-ui-bundle.js"])(
    "to pipelined requests for %s neither fill the memory nor delay /livez, and their connections end",
    async (path) => {
      await using program = await startAttacked();
      await program.livez();
      const before = { memory: program.memory(), sockets: program.sockets() };
      const sockets = Array.from({ length: 60 }, () => unread(program, request(path).repeat(400)));
      const seen = await observe(program, 8_000, before.memory + STOP_AT);
      expect(seen.memory - before.memory).toBeLessThan(GROWTH);
      expect(seen.failed).toBe(0);
      expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
      await expect.poll(() => program.sockets() - before.sockets).toBeLessThanOrEqual(SETTLED);
      for (const socket of sockets) socket.destroy();
    },
  );

  it("over HTTP/2 with a zero window neither fill the memory nor stay", async () => {
    await using program = await startAttacked({ tls: true });
    await program.livez();
    const before = program.memory();
    const sessions = Array.from({ length: 20 }, () =>
      connectHttp2(program.url, { ca: program.ca, settings: { initialWindowSize: 0 } }).on("error", () => {}),
    );
    let closed = 0;
    for (const session of sessions) {
      for (let index = 0; index < 90; index++) {
        session
          .request({ ":path": "/api/docs/json" })
          .on("error", () => {})
          .once("close", () => closed++);
      }
    }
    const seen = await observe(program, 8_000, before + STOP_AT);
    expect(seen.memory - before).toBeLessThan(GROWTH);
    expect(seen.failed).toBe(0);
    expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
    await expect.poll(() => closed).toBe(20 * 90);
    for (const session of sessions) session.destroy();
  });

  it("leave a reader in peace that is slow, but reads", async () => {
    await using program = await startAttacked();
    const socket = connect(program.port, "127.0.0.1", () => socket.write(request("/api/v1/openapi.json")));
    let received = 0;
    socket.on("data", (data) => {
      received += data.length;
      socket.pause();
      setTimeout(() => socket.resume(), 500);
    });
    await pause(3_000);
    expect(received).toBeGreaterThan(50_000);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
