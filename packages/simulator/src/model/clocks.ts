import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";

/**
 * The time in a cluster that runs `speed` times faster than real time. `now()` is the wall clock, so that timestamps can be
 * compared with those of the watcher; `monotonic()` and `after()` use cluster time, in which a back-off of 5 min is 5 min.
 */
export interface ClusterClock extends Clock {
  /** Converts a duration from cluster time to real time. */
  onWall(duration: Duration): Duration;
}

export function clusterClock(clock: Clock, speed: number): ClusterClock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() * speed,
    after: (delay, callback) => clock.after(delay / speed, callback),
    random: () => clock.random(),
    onWall: (duration) => duration / speed,
  };
}

/** Random numbers for a seed (mulberry32), so that a scenario is repeatable. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
