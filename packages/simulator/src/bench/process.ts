/**
 * The simulator as a separate process, for tests with a server that is stopped with SIGSTOP or killed, and for benchmarks
 * that must not include the server.
 *
 *     node packages/simulator/src/bench/process.ts --port 0 --namespaces shop --populate 10000
 *
 * It prints one JSON line when it listens, `{"url", "port", "caPem", "pid"}`, then reads commands as JSON lines from its
 * standard input and replies to each with a line: `{"id": 1, "call": "cluster.crash", "with": ["web-0", {"times": 5}]}` →
 * `{"id": 1, "result": …, "at": …}` with the time of completion in Unix milliseconds, or `{"id": 1, "error": "…"}`.
 * Commands are all methods of the simulator, its cluster, faults, access and requests, and `populate`, `touch`, `churn`
 * and `stats`. The process ends when its input ends.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { systemClock } from "../../../../src/ports/system-clock.ts";
import type { ListenOptions } from "../http/listener.ts";
import { type Simulator, startSimulator } from "../simulator.ts";
import { type Churn, startChurn } from "./churn.ts";
import { type Population, populate } from "./population.ts";

interface Command {
  readonly id?: number | string;
  readonly call: string;
  readonly with?: readonly unknown[];
}

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    protocol: { type: "string", default: "both" },
    namespaces: { type: "string", default: "default" },
    populate: { type: "string", default: "0" },
    speed: { type: "string", default: "1" },
    "bookmark-interval": { type: "string", default: "60000" },
    "history-age": { type: "string", default: "75000" },
    "max-concurrent-streams": { type: "string", default: "100" },
    "no-watch-list": { type: "boolean", default: false },
    "no-protobuf": { type: "boolean", default: false },
  },
});

const namespaces = values.namespaces.split(",");
const simulator = await startSimulator({
  clock: systemClock,
  port: Number(values.port),
  protocol: values.protocol as ListenOptions["protocol"],
  namespaces,
  speed: Number(values.speed),
  bookmarkInterval: Number(values["bookmark-interval"]),
  historyAge: Number(values["history-age"]),
  maxConcurrentStreams: Number(values["max-concurrent-streams"]),
  watchList: !values["no-watch-list"],
  protobuf: !values["no-protobuf"],
});
const load = loadOf(simulator);
if (Number(values.populate) > 0) load.populate({ namespaces, pods: Number(values.populate) });

print({ url: simulator.url, port: simulator.port, caPem: simulator.caPem, pid: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") print(await respond(line));
}
load.stop();
await simulator[Symbol.asyncDispose]();

async function respond(line: string): Promise<object> {
  let id: Command["id"];
  try {
    const command = JSON.parse(line) as Command;
    ({ id } = command);
    const result: unknown = await call(command);
    return { id, result: isPlain(result) ? result : undefined, at: performance.timeOrigin + performance.now() };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function call({ call: path, with: args = [] }: Command): unknown {
  const roots: Readonly<Record<string, object>> = { ...load, simulator };
  let holder: object = { ...roots, ...simulator };
  const names = path.split(".");
  for (const name of names.slice(0, -1)) holder = (holder as Record<string, object>)[name] ?? {};
  const method = (holder as Record<string, unknown>)[names.at(-1) ?? ""];
  if (typeof method !== "function") throw new Error(`${path} is not a method of the simulator`);
  return method.apply(holder, args);
}

/** The commands that create load for a watcher. */
function loadOf(simulator: Simulator) {
  const { storage, clock } = simulator.cluster;
  let population: Population | undefined;
  let churning: Churn | undefined;
  const populated = (): Population => {
    if (population === undefined) throw new Error("there is no population: call populate first");
    return population;
  };
  return {
    populate: (options: Parameters<typeof populate>[2]) => {
      population = populate(storage, clock, options);
    },
    touch: (index: number) => populated().touch(index),
    /** Sets the number of changes per second; 0 stops them. */
    churn: (perSecond: number) => {
      churning?.stop();
      churning = perSecond > 0 ? startChurn(systemClock, populated(), perSecond) : undefined;
    },
    stop: () => churning?.stop(),
    stats: () => ({
      pods: storage.pods.size,
      revision: storage.resourceVersion(storage.revision()),
      written: churning?.written ?? 0,
      watches: simulator.running({ verb: "watch" }),
      connections: simulator.connections,
      cpu: process.cpuUsage(),
      rss: process.memoryUsage.rss(),
    }),
  };
}

/** Whether the value can be sent as JSON, unlike handles. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  return !(Symbol.dispose in value) && !(Symbol.asyncDispose in value);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
