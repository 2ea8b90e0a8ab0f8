import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";

/**
 * The time in a cluster whose life passes `speed` times faster before the reader's eyes. `now()` is the wall clock, so
 * that what is stamped with it can be compared with the watcher's own time; `monotonic()` and `after()` count in the
 * cluster's own durations, in which a back-off of 5 min is 5 min.
 */
export interface ClusterClock extends Clock {
  /** How long a duration of the cluster takes on the wall clock. */
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

/** The same chances for the same seed (mulberry32): what a scenario does can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
