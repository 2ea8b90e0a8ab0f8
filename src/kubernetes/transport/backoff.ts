import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

export interface BackoffOptions {
  readonly first: Duration;
  /** No delay is longer, jitter included. */
  readonly longest: Duration;
  /** After this long without a failure the next one waits `first` again. */
  readonly resetAfter: Duration;
}

/** How long to wait after each failure: doubling, with jitter, for ever. */
export interface Backoff {
  next(): Duration;
  reset(): void;
}

/**
 * client-go's numbers (`reflector.go`): 0.8 s, doubled, up to 30 s. At the cap an API server that is down hears from a
 * namespace every 22 s on average, which is 0.05 requests a second instead of the 1.25 of the first delay.
 */
export const REQUEST_BACKOFF: BackoffOptions = { first: 0.8 * SECOND, longest: 30 * SECOND, resetAfter: 2 * MINUTE };

/** For what only a person can mend, a missing role or namespace: 30 to 60 s to begin with, at most 5 min. */
export const REFUSAL_BACKOFF: BackoffOptions = { first: 30 * SECOND, longest: 5 * MINUTE, resetAfter: 10 * MINUTE };

export function createBackoff(clock: Clock, { first, longest, resetAfter }: BackoffOptions): Backoff {
  let step = first;
  let quietSince: Duration | undefined;
  return {
    next: () => {
      const now = clock.monotonic();
      if (quietSince !== undefined && now - quietSince >= resetAfter) step = first;
      // Jitter adds up to the delay itself; halving the cap before keeps the sum under it and the spread above it.
      const delay = Math.min(step, longest / 2) * (1 + clock.random());
      step = Math.min(step * 2, longest);
      quietSince = now + delay;
      return delay;
    },
    reset: () => {
      step = first;
      quietSince = undefined;
    },
  };
}
