import type { Duration } from "../model/time.ts";

export interface Backoff {
  /** The delay after the first failure. */
  readonly first: Duration;
  readonly factor: number;
  readonly max: Duration;
  /** The fraction of the delay that is added at random, so that simultaneous failures are not retried simultaneously. */
  readonly jitter: number;
}

/** The delay after a number of consecutive failures (1 for the first). `chance` is a random number in [0, 1). */
export function backoffDelay({ first, factor, max, jitter }: Backoff, failures: number, chance: number): Duration {
  const delay = Math.min(first * factor ** Math.max(0, failures - 1), max);
  return Math.round(delay * (1 + jitter * chance));
}
