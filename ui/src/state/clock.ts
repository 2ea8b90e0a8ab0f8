import type { Instant } from "../../../src/core/model/time.ts";

/** Small differences are the network's; they must not make times jump. */
const TOLERANCE = 2_000;

/**
 * The server's clock as far as this page can tell: every message brings `serverNow`, which was true a little before it
 * arrived. The least delayed message is the best one, so the offset only grows, until it is clearly wrong.
 */
export function createServerClock(now: () => number = Date.now) {
  let offset: number | undefined;
  return {
    observe(serverNow: Instant): void {
      const seen = serverNow - now();
      if (offset === undefined || seen > offset || offset - seen > TOLERANCE) offset = seen;
    },
    now(): Instant {
      return now() + (offset ?? 0);
    },
    /** Server minus browser. */
    offset(): number {
      return offset ?? 0;
    },
  };
}

export type ServerClock = ReturnType<typeof createServerClock>;
