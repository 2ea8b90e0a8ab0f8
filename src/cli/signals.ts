/**
 * Resolves with the first signal that stops the process. The second one has Node's default behavior, which ends the
 * process immediately.
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

/** Milliseconds. The documentation promises a shutdown within 5 s of the signal. */
const MAX_SHUTDOWN = 4_500;

/** Stops a start that the signal interrupted. If it hangs, the process exits with 0. */
export async function abandonStart(starting: Promise<AsyncDisposable>): Promise<void> {
  // A pending connection or plugin would keep the process alive.
  const timeout = setTimeout(() => process.exit(0), MAX_SHUTDOWN);
  await starting.then(
    (started) => started[Symbol.asyncDispose](),
    () => {},
  );
  clearTimeout(timeout);
}

/** After a command, ends a process that is kept alive by what cannot be cancelled, such as a credential plugin. */
export function endSoon(): void {
  // After the output has been written; the timer does not keep the process alive itself.
  process.stdout.write("", () => setTimeout(() => process.exit(), 1_000).unref());
}

/**
 * Runs a callback for each signal of this name, one run at a time. Signals before `begin` wait for it, because without a
 * listener they would end the process.
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
