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

/** Calls back at each SIGHUP, one after another, until it is disposed of. */
export function onHangUp(callback: () => Promise<void>): Disposable {
  let last = Promise.resolve();
  const listener = () => {
    last = last.then(callback);
  };
  process.on("SIGHUP", listener);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", listener) };
}
