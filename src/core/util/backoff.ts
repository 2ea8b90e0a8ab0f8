import type { Duration } from "../model/time.ts";

export interface Backoff {
  /** The delay after the first failure. */
  readonly first: Duration;
  readonly factor: number;
  readonly most: Duration;
  /** The share of the delay that chance may add, so that those who failed together do not come again together. */
  readonly jitter: number;
}

/** How long to wait after so many failures in a row (1 for the first). `chance` is in [0, 1). */
export function backoffDelay({ first, factor, most, jitter }: Backoff, failures: number, chance: number): Duration {
  const delay = Math.min(first * factor ** Math.max(0, failures - 1), most);
  return Math.round(delay * (1 + jitter * chance));
}
