import { type Duration, SECOND } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import { sleep } from "./sleep.ts";

export interface RateLimit {
  readonly perSecond: number;
  /** After a pause, this many are admitted at once. */
  readonly burst: number;
}

/** Limits how often something is done, in order of arrival. */
export interface RateLimiter {
  /** Resolves when the caller may proceed, or as soon as `signal` aborts. */
  admitted(signal: AbortSignal): Promise<void>;
}

export function createRateLimiter(clock: Clock, { perSecond, burst }: RateLimit): RateLimiter {
  const interval: Duration = SECOND / perSecond;
  /** When the next caller is admitted at an even rate; on the monotonic clock. */
  let next = Number.NEGATIVE_INFINITY;
  return {
    admitted: (signal) => {
      const now = clock.monotonic();
      const at = Math.max(next, now - (burst - 1) * interval);
      next = at + interval;
      return sleep(clock, at - now, signal);
    },
  };
}
