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
