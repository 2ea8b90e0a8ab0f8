import { type Duration, HOUR, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WatchFailure } from "./watch-failure.ts";

/**
 * Tracks whether the API server supports WatchList (KEP-3157). Its responses decide, never its version, because feature
 * gates, aggregated servers and etcd's version all matter. The result is shared by all namespaces. While WatchList works
 * for no namespace, a failure counts for the whole server; otherwise only for the namespace where it occurred.
 */
export interface WatchListSupport {
  forNamespace(): NamespaceWatchList;
}

export interface NamespaceWatchList {
  isWorthTrying(): boolean;
  /** A WatchList failed; returns true when a LIST should be tried at once instead. */
  failed(failure: WatchFailure): boolean;
  worked(): void;
}

/** An upgrade may add support. */
const RETRY_UNSUPPORTED: Duration = 6 * HOUR;
/** For failures that may be temporary: a truncated body, a missing end marker, an error event. */
const RETRY_FAILED: Duration = 10 * MINUTE;
/** After this many resets in a row, a proxy probably does not let a WatchList through. */
const MAX_RESETS = 3;

export function createWatchListSupport(clock: Clock): WatchListSupport {
  let serverNotBefore = Number.NEGATIVE_INFINITY;
  let workedAt = Number.NEGATIVE_INFINITY;

  return {
    forNamespace: () => {
      let notBefore = Number.NEGATIVE_INFINITY;
      let resets = 0;
      const markFailed = () => {
        const now = clock.monotonic();
        if (now - workedAt < RETRY_FAILED) notBefore = now + RETRY_FAILED;
        else serverNotBefore = now + RETRY_FAILED;
      };
      return {
        isWorthTrying: () => clock.monotonic() >= Math.max(notBefore, serverNotBefore),
        worked: () => {
          resets = 0;
          workedAt = clock.monotonic();
        },
        failed: (failure) => {
          switch (failure.kind) {
            case "unsupported":
              serverNotBefore = clock.monotonic() + RETRY_UNSUPPORTED;
              return true;
            case "undecodable":
            case "silent":
              markFailed();
              return true;
            case "server":
              // 502 and 503 mean that the server is unavailable, so a LIST would fail as well.
              if (failure.status !== 500 && !failure.inStream) return false;
              markFailed();
              return true;
            case "forbidden":
            case "missing":
            case "ahead":
              return true;
            case "network":
              if (failure.label !== "reset") return false;
              resets++;
              if (resets < MAX_RESETS) return false;
              resets = 0;
              markFailed();
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
