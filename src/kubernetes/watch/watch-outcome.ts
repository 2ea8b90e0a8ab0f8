import type { Duration } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WatchState } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import type { HealthRecord } from "./health-record.ts";
import { type Identity, problemOf } from "./namespace-problem.ts";
import type { ClosedWatch } from "./pod-watch.ts";
import { afterProgress, afterUptime, NO_FAILURES, type Reaction, reactToClose, reactToFailure } from "./reaction.ts";
import { createWaits } from "./reflector-wait.ts";
import type { Staleness } from "./staleness.ts";
import { WatchFailure } from "./watch-failure.ts";

/** What the end of each list and watch of one namespace means: for its health, and for when and how to go on. */
export interface OutcomeHandler {
  /** In good order. Resolves with how long to wait before the next. */
  closed(watch: ClosedWatch): Duration;
  failed(failure: WatchFailure, circumstances: Circumstances): { readonly wait: Duration; readonly resync: boolean };
  /** Counts what was overcome at once. */
  overcome(failure: WatchFailure): void;
  /** A watch has been accepted, for long enough to be one. */
  accepted(): void;
  /** A watch has said something; `isFurther`: beyond where we were. */
  heard(isFurther: boolean): void;
  /** Again and again the server has forgotten our position before we could go on from it: ask for it otherwise. */
  readonly isStalled: boolean;
}

export interface Circumstances {
  /** A watch was resumed; otherwise it was a sync. */
  readonly wasWatching: boolean;
  readonly bookmarksExpected: boolean;
  /** How long the watch had lived; 0 when none was accepted. */
  readonly lived: Duration;
}

export interface OutcomeHandlerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly identity: Identity;
  readonly health: HealthRecord;
  readonly staleness: Staleness;
}

/** How often the server must have found our position too old, without any progress, before it is asked otherwise. */
const STUCK = 2;

export function createOutcomeHandler({
  namespace,
  clock,
  events,
  identity,
  health,
  staleness,
}: OutcomeHandlerOptions): OutcomeHandler {
  const waits = createWaits(clock);
  let failureCounters = NO_FAILURES;

  function count(failure: WatchFailure): void {
    if (failure.status !== undefined && COUNTED_REFUSALS.has(failure.status)) health.refusal(failure.status);
    if (failure.kind === "undecodable") health.decodeError();
  }

  function problemAfter(failure: WatchFailure) {
    return problemOf(failure, namespace, identity, clock.now());
  }

  function tellHealth(failure: WatchFailure, next: Reaction["next"]): void {
    const problem = problemAfter(failure);
    const state = STATE_AFTER[failure.kind];
    if (state === undefined && health.everSynced && next === "resume")
      staleness.expectReconnect(failure.label, problem);
    else if (state === undefined && failure.kind === "expired") staleness.lose("stale", failure.label, undefined);
    else staleness.lose(state ?? (health.everSynced ? "stale" : "syncing"), failure.label, problem);
  }

  return {
    closed: (watch) => {
      failureCounters = afterUptime(failureCounters, watch.lasted);
      const wait = reactToClose(watch);
      if (wait.type === "backoff") {
        const tooShort = new WatchFailure("network", "the API server closes the watch as soon as it is open", {
          label: "short",
        });
        health.reconnect(tooShort.label);
        staleness.expectReconnect(tooShort.label, problemAfter(tooShort));
      } else {
        health.reconnect("timeout");
        staleness.expectReconnect("timeout", undefined);
      }
      return waits.lengthOf(wait);
    },

    failed: (failure, { wasWatching, bookmarksExpected, lived }) => {
      failureCounters = afterUptime(failureCounters, lived);
      count(failure);
      health.reconnect(failure.label);
      const reaction = reactToFailure(failure, failureCounters, { now: clock.monotonic(), bookmarksExpected });
      failureCounters = reaction.failureCounters;
      // An outage is one line for each namespace, not one for each attempt.
      const isNews = health.isLive || staleness.cause !== failure.label;
      events.ended(namespace, failure.label, failure.status, reaction.next, failure.message, isNews);
      if (failureCounters.stuck >= STUCK) events.expiredRepeatedly(namespace, failureCounters.stuck);
      const resync = reaction.next === "resync";
      if (wasWatching && (failure.kind === "forbidden" || failure.kind === "missing")) {
        // Whether it is true of listing as well is known only when that has been tried.
        staleness.expectReconnect(failure.label, undefined);
        return { wait: 0, resync };
      }
      tellHealth(failure, reaction.next);
      return { wait: waits.lengthOf(reaction.wait), resync };
    },

    overcome: count,
    accepted: waits.permitted,
    heard: (isFurther) => {
      failureCounters = isFurther ? afterProgress(failureCounters) : { ...failureCounters, silent: 0 };
    },
    get isStalled() {
      return failureCounters.stuck >= STUCK;
    },
  };
}

const COUNTED_REFUSALS: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/** What only a person can mend has a state of its own. */
const STATE_AFTER: Partial<Record<WatchFailure["kind"], WatchState>> = {
  forbidden: "forbidden",
  missing: "missing",
  unauthenticated: "unauthenticated",
};
