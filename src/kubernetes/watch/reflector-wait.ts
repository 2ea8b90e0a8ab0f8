import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { createBackoff, REFUSAL_BACKOFF, REQUEST_BACKOFF } from "../transport/backoff.ts";
import type { Wait } from "./reaction.ts";

/** A server may ask for patience, but not to be left alone for hours. */
const MAX_RETRY_AFTER: Duration = 5 * MINUTE;

export interface Waits {
  lengthOf(wait: Wait): Duration;
  /** The person has mended it. */
  permitted(): void;
}

/** How long each kind of waiting takes, for one namespace. */
export function createWaits(clock: Clock): Waits {
  const backoff = createBackoff(clock, REQUEST_BACKOFF);
  const refusal = createBackoff(clock, REFUSAL_BACKOFF);
  return {
    lengthOf: (wait) => {
      switch (wait.type) {
        case "none":
          return 0;
        case "jitter":
          return clock.random() * SECOND;
        case "backoff":
          return backoff.next();
        case "refusal":
          return refusal.next();
        case "asked": {
          const asked = Math.min(wait.atLeast, MAX_RETRY_AFTER);
          // All were asked for the same time; who adds nothing comes back together with the others.
          return Math.max(asked, backoff.next()) + clock.random() * asked;
        }
      }
    },
    permitted: refusal.reset,
  };
}
