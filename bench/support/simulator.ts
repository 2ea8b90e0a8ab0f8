/** The simulated cluster in a process of its own: what a benchmark measures must not include it. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createLines } from "./lines.ts";

const PROGRAM = fileURLToPath(import.meta.resolve("@pod-watcher/simulator/bench/process"));

export interface SimulatorProcess extends AsyncDisposable {
  readonly url: string;
  readonly caPem: string;
  /** Calls a method of the simulator, as packages/simulator/src/bench/process.ts describes; rejects with what it says. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** The same; resolves to the time at which it was done, in milliseconds of the wall clock. */
  timed(method: string, ...args: readonly unknown[]): Promise<number>;
}

export async function startSimulatorProcess(...args: readonly string[]): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createLines(child.stdout);
  const { url, caPem } = (await lines.next()) as { url: string; caPem: string };
  const send = async (method: string, given: readonly unknown[]) => {
    child.stdin.write(`${JSON.stringify({ call: method, with: given })}\n`);
    const answer = (await lines.next()) as { result?: unknown; error?: string; at: number };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  return {
    url,
    caPem,
    call: async <T>(method: string, ...given: readonly unknown[]) => (await send(method, given)).result as T,
    timed: async (method, ...given) => (await send(method, given)).at,
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await ended;
    },
  };
}
