/** The callbacks of each signal. An event target searches its listeners for every one that is added or taken off. */
const callbacks = new WeakMap<AbortSignal, Callbacks>();

interface Callbacks {
  readonly pending: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Calls back at once or when the first of the signals is aborted; the function returned takes the callback off. The cost
 * does not depend on how many wait for the same signal: there is one per watch.
 */
export function onAbort(signals: readonly AbortSignal[], callback: () => void): () => void {
  const release = () => {
    for (const signal of signals) remove(signal, fire);
  };
  const fire = () => {
    release();
    callback();
  };
  for (const signal of signals) add(signal, fire);
  if (signals.some((signal) => signal.aborted)) fire();
  return release;
}

function add(signal: AbortSignal, callback: () => void): void {
  let own = callbacks.get(signal);
  if (own === undefined) {
    const pending = new Set<() => void>();
    // A callback may take off others, which are not called then.
    own = { pending, listener: () => pending.forEach((call) => void call()) };
    callbacks.set(signal, own);
    signal.addEventListener("abort", own.listener, { once: true });
  }
  own.pending.add(callback);
}

function remove(signal: AbortSignal, callback: () => void): void {
  const own = callbacks.get(signal);
  if (own === undefined || !own.pending.delete(callback) || own.pending.size > 0) return;
  callbacks.delete(signal);
  signal.removeEventListener("abort", own.listener);
}
