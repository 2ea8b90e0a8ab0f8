/** Clients that hold connections: one address cannot take all places, and probes always have some. */
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type AttackedProgram, LATENCY_MS, observe, pause, startAttacked } from "./attacked-program.ts";

const UNFINISHED =
  "POST /api/v1/acknowledge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";

/** Connections from loopback addresses, each of which stands for one host. */
async function hold(program: AttackedProgram, hosts: number, each: number, text: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let host = 1; host <= hosts; host++) {
    for (let index = 0; index < each; index++) {
      const socket = connect({ port: program.port, host: "127.0.0.1", localAddress: `127.0.1.${host}` }, () =>
        socket.write(text),
      );
      sockets.push(socket.on("error", () => {}));
      if (index % 100 === 99) await pause(20);
    }
  }
  await pause(500);
  return sockets;
}

const status = (program: AttackedProgram, localAddress: string) =>
  new Promise<string>((resolve) => {
    let received = "";
    const ask = "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const socket = connect({ port: program.port, host: "127.0.0.1", localAddress }, () => socket.write(ask));
    socket
      .on("data", (data) => {
        received += data;
      })
      .on("error", () => {})
      .on("close", () => resolve(received.slice(9, 12)));
  });

describe("connections", () => {
  it.each([
    ["unfinished bodies", UNFINISHED],
    ["unfinished headers", "GET /status HTTP/1.1\r\nHost: localhost\r\nX-Slow: "],
    ["no request at all", ""],
  ])("of one address leave places for others: %s", async (_, text) => {
    await using program = await startAttacked();
    const sockets = await hold(program, 1, 1_500, text);
    expect(program.sockets()).toBeLessThan(800);
    expect(await status(program, "127.0.2.1")).toBe("200");
    const seen = await observe(program, 2_000, 1_000);
    expect(seen.failed).toBe(0);
    expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
    for (const socket of sockets) socket.destroy();
  });

  it("of many addresses leave places for probes, from those addresses too", { timeout: 60_000 }, async () => {
    await using program = await startAttacked({ config: "  auth: { mode: kubernetes }\n" });
    const sockets = await hold(program, 8, 400, UNFINISHED);
    expect(program.sockets()).toBeLessThan(2_300);
    const again = setInterval(() => {
      for (let index = 0; index < 50; index++) {
        const socket = connect({ port: program.port, host: "127.0.0.1", localAddress: "127.0.1.1" });
        sockets.push(socket.on("error", () => {}));
      }
    }, 100);
    const seen = await observe(program, 3_000, 1_000);
    clearInterval(again);
    expect(seen.failed).toBe(0);
    expect(seen.slowestMs).toBeLessThan(LATENCY_MS);
    for (const socket of sockets) socket.destroy();
  });
});
