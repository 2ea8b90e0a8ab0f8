import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import type { Population } from "./population.ts";

export interface Churn {
  /** Changes so far. */
  readonly written: number;
  stop(): void;
}

/** Short enough for evenly spread changes, long enough that the timers cost nothing. In milliseconds. */
const TICK = 10;

/** Changes one pod after the other at a constant rate; a late timer catches up. */
export function startChurn(clock: Clock, population: Population, perSecond: number): Churn {
  const started = clock.monotonic();
  let written = 0;
  let timer: Timer;
  const tick = () => {
    const due = Math.floor(((clock.monotonic() - started) / 1_000) * perSecond);
    for (; written < due; written++) population.touch(written % population.size);
    timer = clock.after(TICK, tick);
  };
  timer = clock.after(0, tick);
  return {
    get written() {
      return written;
    },
    stop: () => timer.cancel(),
  };
}
