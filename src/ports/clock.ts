import type { Duration, Instant } from "../core/model/time.ts";

/** Time and chance, handed in so that tests decide them. */
export interface Clock {
  /** The wall clock. May jump: never measure a span with it. */
  now(): Instant;
  /** Milliseconds that only ever grow; no relation to the wall clock. */
  monotonic(): Duration;
  /** Calls back once, not before `delay`. The timer never keeps the process alive. */
  after(delay: Duration, callback: () => void): Timer;
  /** In [0, 1), for jitter. */
  random(): number;
}

export interface Timer {
  cancel(): void;
}
