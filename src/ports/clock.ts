import type { Duration, Instant } from "../core/model/time.ts";

/** Time and randomness, as an argument so that tests control them. */
export interface Clock {
  /** The wall clock. It can jump: never measure a duration with it. */
  now(): Instant;
  /** Milliseconds that only increase; unrelated to the wall clock. */
  monotonic(): Duration;
  /** Calls back once, not before `delay`. The timer never keeps the process alive. */
  after(delay: Duration, callback: () => void): Timer;
  /** In [0, 1), for jitter. */
  random(): number;
}

export interface Timer {
  cancel(): void;
}
