/** Lets at most so many do something at once; the others wait in the order they came. */
export interface Slots {
  /** Resolves with the function that gives the slot back (again is harmless), or rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function take(): () => void {
    free--;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      free++;
      const [next] = waiting;
      next?.();
    };
  }

  return {
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (free > 0) return resolve(take());
        const onFree = () => {
          waiting.delete(onFree);
          signal.removeEventListener("abort", onAbort);
          resolve(take());
        };
        const onAbort = () => {
          waiting.delete(onFree);
          reject(signal.reason);
        };
        waiting.add(onFree);
        signal.addEventListener("abort", onAbort, { once: true });
      }),
  };
}
