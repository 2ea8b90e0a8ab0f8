import type { Clock } from "../ports.ts";

/** A clock on which time goes `speed` times faster: a day of a cluster's life passes before the reader's eyes. */
export function compressed(clock: Clock, speed: number): Clock {
  if (speed === 1) return clock;
  const startedAt = clock.now();
  const started = clock.monotonic();
  const elapsed = () => (clock.monotonic() - started) * speed;
  return {
    now: () => startedAt + elapsed(),
    monotonic: elapsed,
    after: (delay, callback) => clock.after(delay / speed, callback),
    random: () => clock.random(),
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
