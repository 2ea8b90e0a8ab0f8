import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createTransport } from "../../src/kubernetes/transport/transport.ts";
import type { Protocol } from "../../src/kubernetes/transport/types.ts";
import { createPodSource } from "../../src/kubernetes/watch/pod-source.ts";
import { systemClock } from "../../src/ports/system-clock.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createWatchEvents } from "../../src/telemetry/watch-events.ts";

const PODS = 20_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

// `npm run bench -- sync` measures 100,000 pods, peak memory and event-loop blocks, which depend on the machine.
it.each(["h2", "http/1.1"] as const)(
  "12. a namespace of 20 000 pods, over %s → all known, little heap each, and others are synced meanwhile",
  async (protocol) => {
    await using server = await startServer(protocol);
    await using transport = createTransport({ access: server.access, clock: systemClock });
    await using source = createPodSource({
      transport,
      clock: systemClock,
      events: createWatchEvents(createLogger("silent"), createRegistry()),
      namespaces: ["shop"],
      identity: { serviceAccount: undefined, access: "a test", cli: "oc" as const },
    });
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const synced = Promise.withResolvers<void>();
    let turns = 0;
    const watching = setInterval(() => turns++, 1);
    source.start({ changed() {}, healthChanged() {}, unwatched() {}, synced: () => synced.resolve() });
    await synced.promise;
    clearInterval(watching);
    expect(source.health()[0]).toMatchObject({ state: "live", pods: PODS, reconnects: {} });
    expect(turns).toBeGreaterThan(20);
    await new Promise((resolve) => setTimeout(resolve, 50));
    collectGarbage();
    expect((process.memoryUsage().heapUsed - before) / PODS).toBeLessThan(1_200);
  },
);

async function startServer(protocol: Protocol) {
  const program = fileURLToPath(import.meta.resolve("@pod-watcher/simulator/bench/process"));
  const offered = protocol === "h2" ? "both" : "http/1.1";
  const args = [program, "--namespaces", "shop", "--populate", String(PODS), "--protocol", offered];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! });
  const line = async () => JSON.parse((await once(lines, "line"))[0] as string);
  const { url, caPem } = await line();
  child.stdin!.write(`${JSON.stringify({ call: "access.issueToken", with: [["shop"]] })}\n`);
  const { result: token } = await line();
  return {
    access: {
      server: new URL(url),
      ca: async () => caPem as string,
      clientCertificate: async () => undefined,
      insecureSkipTlsVerify: false,
      authorization: async () => `Bearer ${token}`,
      invalidate: () => {},
      namespace: undefined,
      description: "a test",
    },
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
