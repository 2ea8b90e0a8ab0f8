/** A watcher of the simulated cluster in a separate process, and its cost: ours, or a peer to compare with. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLines } from "./lines.ts";
import type { Report, WatcherOptions } from "./subject.ts";

export interface Contestant {
  readonly name: string;
  readonly program: string;
  /** Why it cannot run; undefined if it can. */
  readonly absent?: string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const OURS: Contestant = { name: "pod-watcher", program: here("./watch-ours.ts") };

/** The whole program, not only the reflector. */
export const PROGRAM: Contestant = { name: "the whole program", program: here("./watch-program.ts") };

/** The informer of @kubernetes/client-node, from bench/peers where it is installed. */
export function peer(): Contestant {
  const name = "@kubernetes/client-node";
  const contestant = { name, program: here("../peers/watch-informer.ts") };
  if (existsSync(here(`../peers/node_modules/${name}/package.json`))) return contestant;
  return { ...contestant, absent: "not installed: npm ci --prefix bench/peers" };
}

export interface WatcherProcess extends AsyncDisposable {
  /** Its cost since the last report, or since the start. */
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
