/**
 * The simulator as a process of its own, for what cannot be tried inside one: a peer that is stopped with SIGSTOP or
 * killed, and benchmarks of which the server must not be a part.
 *
 *     node packages/simulator/src/bench/process.ts --port 0 --namespaces shop --populate 10000
 *
 * It prints one JSON line when it listens, `{"url", "port", "caPem", "pid"}`, then takes commands as JSON lines on its
 * standard input and answers each with a line: `{"id": 1, "call": "cluster.crash", "with": ["web-0", {"times": 5}]}` →
 * `{"id": 1, "result": …, "at": …}` with the wall clock's milliseconds when it was done, or `{"id": 1, "error": "…"}`. Any method of the simulator, its cluster, faults, access and
 * requests can be called; besides these `populate`, `touch`, `churn` and `stats`. It ends when its input does.
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
  if (line.trim() !== "") print(await answer(line));
}
load.stop();
await simulator[Symbol.asyncDispose]();

async function answer(line: string): Promise<object> {
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
  if (typeof method !== "function") throw new Error(`${path} is nothing that the simulator can do`);
  return method.apply(holder, args);
}

/** What makes work for a watcher. */
function loadOf(simulator: Simulator) {
  const { storage, clock } = simulator.cluster;
  let population: Population | undefined;
  let churning: Churn | undefined;
  const populated = (): Population => {
    if (population === undefined) throw new Error("there is no population to change: call populate first");
    return population;
  };
  return {
    populate: (options: Parameters<typeof populate>[2]) => {
      population = populate(storage, clock, options);
    },
    touch: (index: number) => populated().touch(index),
    /** So many changes a second until told otherwise; 0 ends it. */
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

/** What can be told as JSON; handles and promises of more cannot. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  return !(Symbol.dispose in value) && !(Symbol.asyncDispose in value);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
