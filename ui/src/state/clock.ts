import type { Instant } from "../../../src/core/model/time.ts";

/** Smaller differences are network delay and must not make times jump. */
const TOLERANCE = 2_000;

/**
 * An estimate of the server's clock. Every message carries `serverNow`, which is slightly old on arrival; the least
 * delayed message gives the best estimate, so the offset only grows until it is clearly wrong.
 */
export function createServerClock(now: () => number = Date.now) {
  let offset: number | undefined;
  return {
    observe(serverNow: Instant): void {
      const sample = serverNow - now();
      if (offset === undefined || sample > offset || offset - sample > TOLERANCE) offset = sample;
    },
    now(): Instant {
      return now() + (offset ?? 0);
    },
    /** Server minus browser, in ms. */
    offset(): number {
      return offset ?? 0;
    },
  };
}
