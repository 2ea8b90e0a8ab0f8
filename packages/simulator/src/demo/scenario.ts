/**
 * What `npm run demo` shows: a small company's cluster in which something is always going wrong, and is mended, for
 * ever. Durations are the cluster's own; on the wall clock they pass `DEMO_SPEED` times faster.
 */
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { seededRandom } from "../model/clocks.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../simulator.ts";
import { createHealthyWorkloads, STORIES } from "./stories.ts";

/** A back-off of five minutes lasts 20 s: policies of the demo are divided by this, and its page says so. */
export const DEMO_SPEED = 15;

export const DEMO_NAMESPACES: readonly string[] = ["batch", "media", "platform", "shop"];

export interface DemoOptions {
  readonly clock: Clock;
  /** The same seed, the same names and accidents; 1 when not given. */
  readonly seed?: number;
  readonly speed?: number;
  readonly server?: Omit<SimulatorOptions, "clock" | "speed" | "namespaces" | "nodes">;
}

/** The demo's cluster behind its API server, already at work. */
export async function startDemo({ clock, seed = 1, speed = DEMO_SPEED, server }: DemoOptions): Promise<Simulator> {
  const simulator = await startSimulator({
    ...server,
    clock: { ...clock, random: seededRandom(seed) },
    speed,
    namespaces: DEMO_NAMESPACES,
    nodes: { "worker-1": {}, "worker-2": {}, "worker-3": { disk: "ssd" } },
  });
  const scenario = playDemo(simulator.cluster);
  return {
    ...simulator,
    get caPem() {
      return simulator.caPem;
    },
    get connections() {
      return simulator.connections;
    },
    [Symbol.asyncDispose]: async () => {
      scenario[Symbol.dispose]();
      await simulator[Symbol.asyncDispose]();
    },
  };
}

/** Creates the workloads and lets things happen to them until it is disposed of. */
export function playDemo(cluster: Cluster): Disposable {
  createHealthyWorkloads(cluster);
  const stories = STORIES.map((story) => story(cluster));
  return {
    [Symbol.dispose]: () => {
      for (const story of stories) story[Symbol.dispose]();
    },
  };
}
