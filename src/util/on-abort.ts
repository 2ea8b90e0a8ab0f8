/** Calls back at once or when the first of the signals is aborted; the function returned takes the listeners off. */
export function onAbort(signals: readonly AbortSignal[], callback: () => void): () => void {
  const release = () => {
    for (const signal of signals) signal.removeEventListener("abort", fire);
  };
  const fire = () => {
    release();
    callback();
  };
  for (const signal of signals) signal.addEventListener("abort", fire, { once: true });
  if (signals.some((signal) => signal.aborted)) fire();
  return release;
}
