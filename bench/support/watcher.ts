/** A watcher of the simulated cluster in a process of its own, and what it costs: ours, or a peer to compare with. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLines } from "./lines.ts";
import type { Report, WatcherOptions } from "./subject.ts";

export interface Contestant {
  readonly name: string;
  readonly program: string;
  /** Why it cannot take part; undefined when it can. */
  readonly absent?: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const OURS: Contestant = { name: "pod-watcher", program: here("./watch-ours.ts") };

/** Not only the reading: what the program does with each pod as well. */
export const PROGRAM: Contestant = { name: "the whole program", program: here("./watch-program.ts") };

/** The informer of @kubernetes/client-node, from bench/peers where it is installed. */
export function peer(): Contestant {
  const name = "@kubernetes/client-node";
  const contestant = { name, program: here("../peers/watch-informer.ts") };
  if (existsSync(here(`../peers/node_modules/${name}/package.json`))) return contestant;
  return { ...contestant, absent: "not installed: npm ci --prefix bench/peers" };
}

export interface WatcherProcess extends AsyncDisposable {
  /** What it has cost since it was asked last, or since it began. */
  report(): Promise<Report>;
}

export async function startWatcher({ program }: Contestant, options: WatcherOptions): Promise<WatcherProcess> {
  const child = spawn(process.execPath, ["--expose-gc", "--max-semi-space-size=4", program, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createLines(child.stdout);
  return {
    report: async () => {
      child.stdin.write("report\n");
      return (await lines.next()) as Report;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await ended;
    },
  };
}
