/** What to do after each way in which a list or a watch has ended: how long to wait, and from where to go on. */
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { ClosedWatch } from "./pod-watch.ts";
import type { WatchFailure } from "./watch-failure.ts";

/** What has gone wrong since the watch was last well for a while, and since it last brought us any further. */
export interface FailureCounters {
  /** The last attempt was well for a while: one failure after that is an accident, not a state. */
  readonly wasHealthy: boolean;
  /** How often our position had expired since all was well. */
  readonly expired: number;
  /** And how often in a row, without having come any further. */
  readonly stuck: number;
  readonly ahead: number;
  readonly unreadable: number;
  /** Watches in a row from which nothing came at all, though bookmarks were expected. */
  readonly silent: number;
  /** Since when (monotonic) ERROR events of the 5xx kind have ended every watch. */
  readonly serverErrorsSince: Duration | undefined;
}

export const NO_FAILURES: FailureCounters = {
  wasHealthy: true,
  expired: 0,
  stuck: 0,
  ahead: 0,
  unreadable: 0,
  silent: 0,
  serverErrorsSince: undefined,
};

/** After an event or a bookmark: what has stopped us at one place is behind us, though not what cuts every watch. */
export function afterProgress(before: FailureCounters): FailureCounters {
  return { ...before, stuck: 0, ahead: 0, unreadable: 0, silent: 0, serverErrorsSince: undefined };
}

/** What cuts a watch no more often than the longest back-off would begin it anew is no reason to back off. */
const STEADY: Duration = 30 * SECOND;
/** So long client-go's back-off takes to begin anew (watch.md rule 23). */
const PROVEN_WELL: Duration = 2 * MINUTE;

/** After a watch that has lived so long. That it was silent is no sign of health. */
export function afterUptime(before: FailureCounters, lived: Duration): FailureCounters {
  if (lived >= PROVEN_WELL) return { ...NO_FAILURES, silent: before.silent };
  return lived >= STEADY ? { ...before, wasHealthy: true } : before;
}

export interface Reaction {
  readonly failureCounters: FailureCounters;
  readonly wait: Wait;
  /** Go on from the last resourceVersion, or look at everything again. */
  readonly next: "resume" | "resync";
}

export type Wait =
  | { readonly type: "none" }
  /** Up to a second, so that many watches that end together do not come back together. */
  | { readonly type: "jitter" }
  | { readonly type: "backoff" }
  /** As the back-off says, and no less than the server asked for. */
  | { readonly type: "asked"; readonly atLeast: Duration }
  /** Only a person can mend it. */
  | { readonly type: "refusal" };

/** etcd electing a leader takes seconds; a watch that cannot be resumed after a minute may never be. */
const ERRING_TOO_LONG: Duration = MINUTE;
const UNREADABLE_TOO_OFTEN = 2;
const SILENT_TOO_OFTEN = 2;
/** A cache that is behind catches up within a second, or not at all (etcd was restored from a backup). */
const AHEAD_RETRY: Duration = SECOND;
/** What a server that says "too many requests" without saying for how long is given. */
const THROTTLED: Duration = SECOND;
/**
 * A watch that ends sooner and brought nothing was not one (client-go: VeryShortWatchError, for one second). We asked
 * for 300 s at least, and what ends idle connections waits for longer than this.
 */
const VERY_SHORT: Duration = 10 * SECOND;

export function reactToClose({ lasted, brought }: ClosedWatch): Wait {
  return { type: lasted < VERY_SHORT && !brought ? "backoff" : "jitter" };
}

export interface Circumstances {
  /** Monotonic. */
  readonly now: Duration;
  /** The server sends bookmarks, so that silence means something. */
  readonly bookmarksExpected: boolean;
}

export function reactToFailure(
  failure: WatchFailure,
  before: FailureCounters,
  { now, bookmarksExpected }: Circumstances,
): Reaction {
  const failureCounters = { ...before, wasHealthy: false };
  const soon: Wait = { type: before.wasHealthy ? "jitter" : "backoff" };
  switch (failure.kind) {
    case "expired": {
      const expired = before.expired + 1;
      // A list that is served from the same old place expires again and again (kubernetes#133810).
      const wait: Wait = { type: expired === 1 ? "none" : "backoff" };
      return { failureCounters: { ...failureCounters, expired, stuck: before.stuck + 1 }, wait, next: "resync" };
    }
    case "ahead": {
      const ahead = before.ahead + 1;
      if (ahead > 1)
        return { failureCounters: { ...failureCounters, ahead: 0 }, wait: { type: "backoff" }, next: "resync" };
      return {
        failureCounters: { ...failureCounters, ahead },
        wait: { type: "asked", atLeast: AHEAD_RETRY },
        next: "resume",
      };
    }
    case "throttled":
      return { failureCounters, wait: { type: "asked", atLeast: failure.retryAfter ?? THROTTLED }, next: "resume" };
    case "forbidden":
    case "missing":
      // Whether list is refused too, or only watch, the next sync will tell.
      return { failureCounters, wait: { type: "refusal" }, next: "resync" };
    case "unauthenticated":
      return { failureCounters, wait: { type: "backoff" }, next: "resume" };
    case "server": {
      if (!failure.inStream) return { failureCounters, wait: { type: "backoff" }, next: "resume" };
      const serverErrorsSince = before.serverErrorsSince ?? now;
      if (now - serverErrorsSince <= ERRING_TOO_LONG) {
        return {
          failureCounters: { ...failureCounters, serverErrorsSince },
          wait: { type: "backoff" },
          next: "resume",
        };
      }
      // Should that not help either, it is another minute before everything is asked for again.
      return {
        failureCounters: { ...failureCounters, serverErrorsSince: undefined },
        wait: { type: "backoff" },
        next: "resync",
      };
    }
    case "undecodable":
    case "unsupported": {
      const unreadable = before.unreadable + 1;
      if (unreadable < UNREADABLE_TOO_OFTEN)
        return { failureCounters: { ...failureCounters, unreadable }, wait: soon, next: "resume" };
      return { failureCounters: { ...failureCounters, unreadable: 0 }, wait: soon, next: "resync" };
    }
    case "silent": {
      // Without bookmarks, a quiet namespace is as silent as this: to resume costs nothing, to list does.
      if (!bookmarksExpected) return { failureCounters, wait: soon, next: "resume" };
      // A server that accepts our position and has nothing to say about it may have gone back to before it: after a
      // restore of etcd it holds back all events, and bookmarks, until its versions have come as far again.
      const silent = before.silent + 1;
      if (silent < SILENT_TOO_OFTEN)
        return { failureCounters: { ...failureCounters, silent }, wait: soon, next: "resume" };
      return { failureCounters: { ...failureCounters, silent: 0 }, wait: soon, next: "resync" };
    }
    case "network":
    case "aborted":
      return { failureCounters, wait: soon, next: "resume" };
  }
}
