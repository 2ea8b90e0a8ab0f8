import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import { backoffDelay } from "../../core/util/backoff.ts";
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
  // Jitter adds up to 100 %, so half the limit is applied before it.
  const delays = { first, factor: 2, max: max / 2, jitter: 1 };
  let failures = 0;
  let waitsUntil = Number.POSITIVE_INFINITY;
  return {
    next: () => {
      const now = clock.monotonic();
      failures = now - waitsUntil >= resetAfter ? 1 : failures + 1;
      const delay = backoffDelay(delays, failures, clock.random());
      waitsUntil = now + delay;
      return delay;
    },
    reset: () => {
      failures = 0;
    },
  };
}
