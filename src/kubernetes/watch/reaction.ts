/** Decides after each end of a list or watch how long to wait and where to continue. Rule numbers: kubernetes-watch.md. */
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { ClosedWatch } from "./pod-watch.ts";
import type { WatchFailure } from "./watch-failure.ts";

/** Failures since the last healthy watch, and since the last progress. */
export interface FailureCounters {
  /** The last watch was healthy for a while, so the next failure is treated as a one-off. */
  readonly wasHealthy: boolean;
  /** Expired positions since the last healthy watch. */
  readonly expired: number;
  /** Expired positions in a row without progress. */
  readonly stalled: number;
  readonly ahead: number;
  readonly undecodable: number;
  /** Watches in a row that delivered nothing although bookmarks were expected. */
  readonly silent: number;
  /** Start (monotonic) of an unbroken series of watches that ended with a 5xx ERROR event. */
  readonly serverErrorsSince: Duration | undefined;
}

export const NO_FAILURES: FailureCounters = {
  wasHealthy: true,
  expired: 0,
  stalled: 0,
  ahead: 0,
  undecodable: 0,
  silent: 0,
  serverErrorsSince: undefined,
};

/** After an event or a bookmark: resets the counters of one position, not those of the connection. */
export function afterProgress(before: FailureCounters): FailureCounters {
  return { ...before, stalled: 0, ahead: 0, undecodable: 0, silent: 0, serverErrorsSince: undefined };
}

/** A watch that fails no more often than the longest backoff would retry it needs no backoff. */
const STEADY: Duration = 30 * SECOND;
/** client-go resets its backoff after this time (kubernetes-watch.md rule 23). */
const HEALTHY: Duration = 2 * MINUTE;

/** After a watch that was open for `uptime`. A silent watch is not a healthy one. */
export function afterUptime(before: FailureCounters, uptime: Duration): FailureCounters {
  if (uptime >= HEALTHY) return { ...NO_FAILURES, silent: before.silent };
  return uptime >= STEADY ? { ...before, wasHealthy: true } : before;
}

export interface Reaction {
  readonly counters: FailureCounters;
  readonly wait: Wait;
  /** Resume from the last resourceVersion, or list everything again. */
  readonly next: "resume" | "resync";
}

export type Wait =
  | { readonly type: "none" }
  /** Up to a second, so that watches that ended together do not reconnect together. */
  | { readonly type: "jitter" }
  | { readonly type: "backoff" }
  /** The backoff, but at least what the server requested. */
  | { readonly type: "retryAfter"; readonly atLeast: Duration }
  /** A long backoff: only a person can fix the cause. */
  | { readonly type: "refusal" };

/** An etcd leader election takes seconds. A watch that cannot resume within a minute may never resume. */
const MAX_SERVER_ERRORS: Duration = MINUTE;
const MAX_UNDECODABLE = 2;
const MAX_SILENT = 2;
/** A lagging watch cache catches up within a second. It never does after etcd was restored from a backup. */
const AHEAD_RETRY: Duration = SECOND;
/** For a 429 without Retry-After. */
const THROTTLED: Duration = SECOND;
/**
 * A watch that ends sooner without any event counts as failed (client-go: VeryShortWatchError, below one second). The
 * request asks for at least 300 s, and idle time-outs of load balancers are longer than this.
 */
const VERY_SHORT: Duration = 10 * SECOND;

export function reactToClose({ uptime, delivered }: ClosedWatch): Wait {
  return { type: uptime < VERY_SHORT && !delivered ? "backoff" : "jitter" };
}

export interface ReactionContext {
  /** Monotonic. */
  readonly now: Duration;
  /** The server sends bookmarks, so silence means a dead watch. */
  readonly bookmarksExpected: boolean;
}

export function reactToFailure(
  failure: WatchFailure,
  before: FailureCounters,
  { now, bookmarksExpected }: ReactionContext,
): Reaction {
  const counters = { ...before, wasHealthy: false };
  const soon: Wait = { type: before.wasHealthy ? "jitter" : "backoff" };
  switch (failure.kind) {
    case "expired": {
      const expired = before.expired + 1;
      // A paged list at the old version can expire repeatedly (kubernetes#133810).
      const wait: Wait = { type: expired === 1 ? "none" : "backoff" };
      return { counters: { ...counters, expired, stalled: before.stalled + 1 }, wait, next: "resync" };
    }
    case "ahead": {
      const ahead = before.ahead + 1;
      if (ahead > 1) return { counters: { ...counters, ahead: 0 }, wait: { type: "backoff" }, next: "resync" };
      return {
        counters: { ...counters, ahead },
        wait: { type: "retryAfter", atLeast: AHEAD_RETRY },
        next: "resume",
      };
    }
    case "throttled":
      return { counters, wait: { type: "retryAfter", atLeast: failure.retryAfter ?? THROTTLED }, next: "resume" };
    case "forbidden":
    case "missing":
      // The next sync shows whether only the watch is refused, or the list as well.
      return { counters, wait: { type: "refusal" }, next: "resync" };
    case "unauthenticated":
      return { counters, wait: { type: "backoff" }, next: "resume" };
    case "server": {
      if (!failure.inStream) return { counters, wait: { type: "backoff" }, next: "resume" };
      const serverErrorsSince = before.serverErrorsSince ?? now;
      if (now - serverErrorsSince <= MAX_SERVER_ERRORS) {
        return {
          counters: { ...counters, serverErrorsSince },
          wait: { type: "backoff" },
          next: "resume",
        };
      }
      // If the resync does not help, the next one follows after another minute.
      return {
        counters: { ...counters, serverErrorsSince: undefined },
        wait: { type: "backoff" },
        next: "resync",
      };
    }
    case "undecodable":
    case "unsupported": {
      const undecodable = before.undecodable + 1;
      if (undecodable < MAX_UNDECODABLE) return { counters: { ...counters, undecodable }, wait: soon, next: "resume" };
      return { counters: { ...counters, undecodable: 0 }, wait: soon, next: "resync" };
    }
    case "silent": {
      // Without bookmarks, a quiet namespace is just as silent. Resuming is cheap, listing is not.
      if (!bookmarksExpected) return { counters, wait: soon, next: "resume" };
      // The server may have been restored to an older version: it then accepts our position and sends neither events
      // nor bookmarks until its versions have reached that position again.
      const silent = before.silent + 1;
      if (silent < MAX_SILENT) return { counters: { ...counters, silent }, wait: soon, next: "resume" };
      return { counters: { ...counters, silent: 0 }, wait: soon, next: "resync" };
    }
    case "network":
    case "aborted":
      return { counters, wait: soon, next: "resume" };
  }
}
