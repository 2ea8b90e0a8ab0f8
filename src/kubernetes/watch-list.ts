import { type Duration, HOUR, MINUTE } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import type { WatchFailure } from "./watch-failure.ts";

/**
 * Whether the API server sends a watch's initial state when asked (WatchList, KEP-3157), as its answers have shown and
 * never by its version: gates, aggregated servers and etcd's own version all have a say.
 */
export interface WatchListSupport {
  isWorthTrying(): boolean;
  /** A WatchList has failed; true when a LIST should be tried instead, now. */
  failed(failure: WatchFailure): boolean;
  worked(): void;
}

/** An upgrade may bring it; a sync is rare enough that asking again costs nothing to speak of. */
const ASK_AGAIN: Duration = 6 * HOUR;
/** What may have been an accident: half a body, an end marker that never came, an error inside. */
const ASK_AGAIN_AFTER_TROUBLE: Duration = 10 * MINUTE;

export function createWatchListSupport(clock: Clock): WatchListSupport {
  let notBefore = Number.NEGATIVE_INFINITY;
  let cuts = 0;
  const avoidFor = (time: Duration) => {
    notBefore = clock.monotonic() + time;
  };
  return {
    isWorthTrying: () => clock.monotonic() >= notBefore,
    worked: () => {
      cuts = 0;
    },
    failed: (failure) => {
      switch (failure.kind) {
        case "unsupported":
          avoidFor(ASK_AGAIN);
          return true;
        case "undecodable":
        case "silent":
          avoidFor(ASK_AGAIN_AFTER_TROUBLE);
          return true;
        case "server":
          // 502 and 503 come from a server that is away: a LIST would fare no better.
          if (failure.status !== 500 && !failure.inStream) return false;
          avoidFor(ASK_AGAIN_AFTER_TROUBLE);
          return true;
        case "forbidden":
        case "missing":
        case "ahead":
          return true;
        case "network":
          if (failure.label !== "reset") return false;
          // Cut again and again before its end: whatever lies between does not let it through.
          cuts++;
          if (cuts < 3) return false;
          cuts = 0;
          avoidFor(ASK_AGAIN_AFTER_TROUBLE);
          return true;
        case "throttled":
        case "unauthenticated":
        case "expired":
        case "aborted":
          return false;
      }
    },
  };
}
