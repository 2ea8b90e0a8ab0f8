/**
 * The program within the memory that the manifests give it (512 MiB): a limit of the heap and, where this host lets us
 * create one, a cgroup, in which the kernel would end the program. Each test reports what limited it.
 */
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type AttackedProgram, observe, pause, startAttacked } from "./attacked-program.ts";

const LIMIT = 512;

const limitOf = ({ isInCgroup }: AttackedProgram) =>
  `limited by ${isInCgroup ? "a cgroup and the heap" : "the heap only: no cgroup can be created here"}`;

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n`;

/** Asks over and over, and reads one piece every half second. */
function slowReader(program: AttackedProgram, host: number, path: string): Socket {
  const socket = connect({ port: program.port, host: "127.0.0.1", localAddress: `127.0.1.${host}` }, () =>
    socket.write(request(path).repeat(4)),
  );
  socket.on("error", () => {});
  socket.on("data", () => {
    socket.pause();
    setTimeout(() => socket.resume(), 500);
  });
  return socket;
}

async function statusOf(program: AttackedProgram, path: string): Promise<number> {
  const response = await fetch(new URL(path, program.url));
  await response.arrayBuffer();
  return response.status;
}

describe(`within ${LIMIT} MiB`, () => {
  it("the program survives 1,000 slow readers", { timeout: 180_000 }, async ({ annotate }) => {
    await using program = await startAttacked({ memory: LIMIT, crashing: 2_000 });
    await annotate(limitOf(program));
    await expect.poll(() => statusOf(program, "readyz")).toBe(200);
    const paths = ["/status", "/api/v1/state", "/api/v1/openapi.json", "/api/v1/stream"];
    const sockets: Socket[] = [];
    for (let index = 0; index < 1_000; index++) {
      sockets.push(slowReader(program, 1 + (index % 10), paths[index % paths.length]!));
      if (index % 50 === 49) await pause(20);
    }
    const seen = await observe(program, 20_000, 2 * LIMIT);
    expect([program.hasEnded(), seen.failed]).toEqual([false, 0]);
    expect(seen.memory).toBeLessThan(LIMIT);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => statusOf(program, "status")).toBe(200);
  });

  it("the program survives a storm of 10,000 alerts", { timeout: 300_000 }, async ({ annotate }) => {
    let messages = 0;
    const sink = createServer((incoming, response) => {
      messages++;
      incoming.resume().once("end", () => response.end());
    });
    await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
    const hook = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
    const config = `receivers: [{ name: hook, type: webhook, url: "${hook}" }]\nroute: { receiver: hook, group_wait: 1s }\n`;
    await using program = await startAttacked({ memory: LIMIT, crashing: 10_000, config });
    await annotate(limitOf(program));
    const pages = Array.from({ length: 3 }, () => slowReader(program, 1, "/api/v1/stream"));
    const seen = { memory: 0, failed: 0, firing: 0 };
    const look = async () => {
      const { memory, failed } = await observe(program, 1_000, 2 * LIMIT);
      seen.memory = Math.max(seen.memory, memory);
      seen.failed += failed;
      seen.firing = await firing(program);
      return seen.firing >= 10_000 && messages > 0;
    };
    await expect.poll(look, { timeout: 240_000 }).toBe(true);
    const after = await observe(program, 10_000, 2 * LIMIT);
    expect([program.hasEnded(), seen.failed + after.failed]).toEqual([false, 0]);
    expect(Math.max(seen.memory, after.memory)).toBeLessThan(LIMIT);
    for (const page of pages) page.destroy();
    sink.close();
  });
});

/** Firing alerts over all namespaces, as the metrics count them. */
async function firing(program: AttackedProgram): Promise<number> {
  const text = await (await fetch(new URL("metrics", program.url))).text();
  const counts = [...text.matchAll(/^pod_watcher_alerts_firing\{[^}]*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
