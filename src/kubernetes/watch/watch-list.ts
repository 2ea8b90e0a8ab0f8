import { type Duration, HOUR, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WatchFailure } from "./watch-failure.ts";

/**
 * Whether the API server sends a watch's initial state when asked (WatchList, KEP-3157), as its answers have shown and
 * never by its version: gates, aggregated servers and etcd's own version all have a say. Shared by all namespaces: what
 * one has learnt of the server the others need not learn. Trouble is the server's as long as it works for nobody;
 * otherwise it is one namespace's own.
 */
export interface WatchListSupport {
  forNamespace(): NamespaceWatchList;
}

export interface NamespaceWatchList {
  isWorthTrying(): boolean;
  /** A WatchList has failed; true when a LIST should be tried instead, now. */
  failed(failure: WatchFailure): boolean;
  worked(): void;
}

/** An upgrade may bring it; a sync is rare enough that asking again costs nothing to speak of. */
const ASK_AGAIN: Duration = 6 * HOUR;
/** What may have been an accident: half a body, an end marker that never came, an error inside. */
const ASK_AGAIN_AFTER_TROUBLE: Duration = 10 * MINUTE;
/** Cut as often before its end, and never whole in between: whatever lies between does not let it through. */
const CUT_TOO_OFTEN = 3;

export function createWatchListSupport(clock: Clock): WatchListSupport {
  let serverNotBefore = Number.NEGATIVE_INFINITY;
  let workedAt = Number.NEGATIVE_INFINITY;

  return {
    forNamespace: () => {
      let notBefore = Number.NEGATIVE_INFINITY;
      let cuts = 0;
      const trouble = () => {
        const now = clock.monotonic();
        if (now - workedAt < ASK_AGAIN_AFTER_TROUBLE) notBefore = now + ASK_AGAIN_AFTER_TROUBLE;
        else serverNotBefore = now + ASK_AGAIN_AFTER_TROUBLE;
      };
      return {
        isWorthTrying: () => clock.monotonic() >= Math.max(notBefore, serverNotBefore),
        worked: () => {
          cuts = 0;
          workedAt = clock.monotonic();
        },
        failed: (failure) => {
          switch (failure.kind) {
            case "unsupported":
              serverNotBefore = clock.monotonic() + ASK_AGAIN;
              return true;
            case "undecodable":
            case "silent":
              trouble();
              return true;
            case "server":
              // 502 and 503 come from a server that is away: a LIST would fare no better.
              if (failure.status !== 500 && !failure.inStream) return false;
              trouble();
              return true;
            case "forbidden":
            case "missing":
            case "ahead":
              return true;
            case "network":
              if (failure.label !== "reset") return false;
              cuts++;
              if (cuts < CUT_TOO_OFTEN) return false;
              cuts = 0;
              trouble();
              return true;
            case "throttled":
            case "unauthenticated":
            case "expired":
            case "aborted":
              return false;
          }
        },
      };
    },
  };
}
