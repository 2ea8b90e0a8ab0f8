/** A connection that breaks during COMMIT: the batch is written once, even if the client receives no response. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { makeAlert, makeBatch, makeTransition } from "../support/batches.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { startPostgres } from "../support/postgres.ts";
import { openQuietly } from "../support/store-engines.ts";

const postgres = await startPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** How to break the next connection that sends a COMMIT. */
type Cut = "nothing" | "before the server receives it" | "before the client receives the response";

describe.skipIf(postgres === undefined)("a connection that breaks during COMMIT", () => {
  let cut: Cut = "nothing";
  let cuts = 0;
  let store: Store;
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(postgres?.url ?? "postgres://none:1");

  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    let deaf = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (cut !== "nothing" && chunk.includes("commit\0")) {
        cuts += 1;
        const early = cut === "before the server receives it";
        cut = "nothing";
        if (early) {
          client.destroy();
          return;
        }
        deaf = true;
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => (deaf ? client.destroy() : client.write(chunk)));
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const through = new URL(postgres!.url);
    through.port = String((proxy.address() as AddressInfo).port);
    store = await openQuietly({ kind: "postgres", url: { read: async () => through.href } }, createFakeClock());
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });

  const batch = (pod: string) =>
    makeBatch({
      alerts: [makeAlert({ pod })],
      transitions: [makeTransition(makeAlert({ pod }), 1)],
      terminations: [{ namespace: "shop", workload: "w", container: pod, reason: "Error", count: 1 }],
    });
  const counted = async (pod: string) => (await store.load()).terminations.find((one) => one.container === pod)?.count;

  it("after the server has committed: the commit succeeds and is not repeated", async () => {
    cut = "before the client receives the response";
    await store.commit(batch("received"));
    expect(cuts).toBe(1);
    expect(await counted("received")).toBe(1);
  });

  it("before the server has received it: the commit fails, writes nothing, and can be retried", async () => {
    cut = "before the server receives it";
    await expect(store.commit(batch("lost"))).rejects.toThrow();
    expect(cuts).toBe(2);
    expect(await counted("lost")).toBeUndefined();
    await store.commit(batch("lost"));
    expect(await counted("lost")).toBe(1);
    expect(await store.transitions({ pod: "lost" })).toHaveLength(1);
  });
});
