/**
 * The cluster of `npm run demo`: a small company whose workloads keep failing and recovering. Durations are in cluster
 * time, which passes `DEMO_SPEED` times faster than real time.
 */
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { seededRandom } from "../model/clocks.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../simulator.ts";
import { createHealthyWorkloads, STORIES } from "./stories.ts";

/** A back-off of five minutes lasts 20 s. The demo divides the durations of its policy by this. */
export const DEMO_SPEED = 15;

export const DEMO_NAMESPACES: readonly string[] = ["batch", "media", "platform", "shop"];

export interface DemoOptions {
  readonly clock: Clock;
  /** The same seed produces the same names and failures; default 1. */
  readonly seed?: number;
  readonly speed?: number;
  readonly server?: Omit<SimulatorOptions, "clock" | "speed" | "namespaces" | "nodes">;
}

/** The running cluster of the demo behind its API server. */
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

/** Creates the workloads and runs their stories until it is disposed. */
export function playDemo(cluster: Cluster): Disposable {
  createHealthyWorkloads(cluster);
  const stories = STORIES.map((story) => story(cluster));
  return {
    [Symbol.dispose]: () => {
      for (const story of stories) story[Symbol.dispose]();
    },
  };
}
