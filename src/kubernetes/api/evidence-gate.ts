/** Lets a few pieces of work run at once; the others wait, the first come first. */
export function createGate(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
