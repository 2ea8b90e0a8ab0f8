import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `pod-watcher` in a separate process, as a user starts it. */
export interface CliProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves when stdout or stderr matches; rejects with all output if the process ends first. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Compiled once for all processes that tests start: it halves what the start of one costs. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), "pod-watcher-test-compile-cache") };

const BIN = join(import.meta.dirname, "../../bin/pod-watcher.js");

export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    process: child,
    stdout: () => out,
    stderr: () => err,
    ended,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(out) ?? pattern.exec(err);
          if (match) resolve(match);
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        look();
        ended.then(() => reject(new Error(`ended before printing ${pattern}:\n${out}\n${err}`)), reject);
      }),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}
