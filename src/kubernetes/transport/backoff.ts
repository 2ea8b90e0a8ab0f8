import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

export interface BackoffOptions {
  readonly first: Duration;
  /** Upper limit, jitter included. */
  readonly max: Duration;
  /** After this time without a failure, the next delay is `first` again. */
  readonly resetAfter: Duration;
}

/** Exponential delays with jitter, without a limit on retries. */
export interface Backoff {
  next(): Duration;
  reset(): void;
}

/**
 * As in client-go (`reflector.go`): 0.8 s, doubled up to 30 s. At the limit, each namespace sends a request every 22 s on
 * average.
 */
export const REQUEST_BACKOFF: BackoffOptions = { first: 0.8 * SECOND, max: 30 * SECOND, resetAfter: 2 * MINUTE };

/** For causes that only a person can fix, such as a missing role: initially 30 to 60 s, at most 5 min. */
export const REFUSAL_BACKOFF: BackoffOptions = { first: 30 * SECOND, max: 5 * MINUTE, resetAfter: 10 * MINUTE };

export function createBackoff(clock: Clock, { first, max, resetAfter }: BackoffOptions): Backoff {
  let step = first;
  let quietSince: Duration | undefined;
  return {
    next: () => {
      const now = clock.monotonic();
      if (quietSince !== undefined && now - quietSince >= resetAfter) step = first;
      // Jitter adds up to 100 %, so half the limit is applied before it.
      const delay = Math.min(step, max / 2) * (1 + clock.random());
      step = Math.min(step * 2, max);
      quietSince = now + delay;
      return delay;
    },
    reset: () => {
      step = first;
      quietSince = undefined;
    },
  };
}
