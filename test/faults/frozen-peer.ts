import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A proxy in a separate process that can be frozen, while its kernel continues to acknowledge packets. */
export interface FrozenPeer extends AsyncDisposable {
  readonly url: string;
  /** SIGSTOP: connections stay, nothing is read or said any more. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

export async function startFreezablePeer(target: number): Promise<FrozenPeer> {
  const child: ChildProcess = fork(new URL("./frozen-peer-child.ts", import.meta.url), [String(target)], {
    execArgv: ["--no-warnings"],
  });
  const [port] = (await once(child, "message")) as [number];
  return {
    url: `https://127.0.0.1:${port}`,
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
