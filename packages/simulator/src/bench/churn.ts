import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import type { Population } from "./population.ts";

export interface Churn {
  /** Changes so far. */
  readonly written: number;
  stop(): void;
}

/** Often enough that the changes come evenly, seldom enough that timers cost nothing. */
const TICK = 10;

/** Changes pods evenly at a rate, one after the other; what a late timer missed is caught up with. */
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
