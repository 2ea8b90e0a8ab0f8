import { HttpProblem } from "./problem.ts";

/** Does work at most so many at once; what comes beyond waits, and is refused when too much waits already. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createTurns(atOnce: number, mostWaiting: number = Number.POSITIVE_INFINITY): InTurn {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async function inTurn(work) {
    if (busy < atOnce) busy++;
    else if (waiting.length < mostWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new HttpProblem(503, "Too many callers ask at once: try again shortly.", {}, { "retry-after": "1" });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The turn is passed on as it is, so that nobody takes it in between.
      if (next === undefined) busy--;
      else next();
    }
  };
}
