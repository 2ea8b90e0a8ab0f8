import pLimit from "p-limit";

/** Limits how many callers hold a slot at once; the others wait in order of arrival. */
export interface Semaphore {
  /** Resolves with the function that releases the slot; calling it twice is harmless. Rejects when `signal` aborts. */
  acquire(signal: AbortSignal): Promise<() => void>;
}

export function createSemaphore(slots: number): Semaphore {
  const limit = pLimit(slots);
  return {
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        const onAbort = () => reject(signal.reason);
        signal.addEventListener("abort", onAbort, { once: true });
        void limit(() => {
          signal.removeEventListener("abort", onAbort);
          if (signal.aborted) return reject(signal.reason);
          const { promise: released, resolve: release } = Promise.withResolvers<void>();
          resolve(release);
          return released;
        });
      }),
  };
}
