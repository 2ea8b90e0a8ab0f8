/**
 * Resolves with the first signal that asks the process to end. A second one is left to Node, which ends the process
 * at once: for whoever does not want to wait for the graceful way.
 */
export function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ["SIGTERM", "SIGINT"] as const;
    const listener = (signal: NodeJS.Signals) => {
      for (const name of signals) process.off(name, listener);
      resolve(signal);
    };
    for (const name of signals) process.on(name, listener);
  });
}

/** Whoever sent the signal is promised an end within 5 s. */
const MAX_END = 4_500;

/** Takes down what was still starting when the signal came. A start that hangs is broken off with exit code 0. */
export async function abandonStart(starting: Promise<AsyncDisposable>): Promise<void> {
  // What it waits for, such as a connection or a plugin, would keep the process alive.
  const breakOff = setTimeout(() => process.exit(0), MAX_END);
  await starting.then(
    (started) => started[Symbol.asyncDispose](),
    () => {},
  );
  clearTimeout(breakOff);
}

/**
 * Calls back at each signal of this name, one after another. One that comes before `begin` waits for it, since without
 * a listener these signals end a process.
 */
export function onSignal(name: "SIGHUP" | "SIGUSR2"): Disposable & { begin(callback: () => Promise<void>): void } {
  const { promise: begun, resolve: begin } = Promise.withResolvers<() => Promise<void>>();
  let last = Promise.resolve();
  const listener = () => {
    last = last.then(async () => (await begun)());
  };
  process.on(name, listener);
  return { begin, [Symbol.dispose]: () => void process.off(name, listener) };
}
