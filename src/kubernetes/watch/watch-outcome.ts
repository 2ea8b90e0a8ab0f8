import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WatchState } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import { createBackoff, REFUSAL_BACKOFF, REQUEST_BACKOFF } from "../transport/backoff.ts";
import type { HealthRecord } from "./health-record.ts";
import { type Identity, problemOf } from "./namespace-problem.ts";
import type { ClosedWatch } from "./pod-watch.ts";
import {
  afterProgress,
  afterUptime,
  NO_FAILURES,
  type Reaction,
  reactToClose,
  reactToFailure,
  type Wait,
} from "./reaction.ts";
import type { Staleness } from "./staleness.ts";
import { WatchFailure } from "./watch-failure.ts";

/** Handles the end of each list and watch of one namespace: updates its health and decides how to continue. */
export interface OutcomeHandler {
  /** The server closed the watch normally. Returns the delay before the next one. */
  closed(watch: ClosedWatch): Duration;
  failed(failure: WatchFailure, attempt: Attempt): { readonly wait: Duration; readonly resync: boolean };
  /** Counts a failure that needs no reaction. */
  record(failure: WatchFailure): void;
  /** A watch has been running long enough to count as accepted. */
  accepted(): void;
  /** A watch delivered an event or a bookmark; `isProgress`: beyond the last position. */
  received(isProgress: boolean): void;
  /** The position expires repeatedly before a watch can resume from it, so it must be read in another way. */
  readonly isStalled: boolean;
}

export interface Attempt {
  /** True for a resumed watch, false for a sync. */
  readonly wasWatching: boolean;
  readonly bookmarksExpected: boolean;
  /** How long the watch was open; 0 when it was not accepted. */
  readonly uptime: Duration;
}

export interface OutcomeHandlerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly identity: Identity;
  readonly health: HealthRecord;
  readonly staleness: Staleness;
}

/** After this many expired positions in a row without progress, the list is read unpaged. */
const STALLED_AFTER = 2;

export function createOutcomeHandler(options: OutcomeHandlerOptions): OutcomeHandler {
  const { namespace, clock, events, identity, health, staleness } = options;
  const requestBackoff = createBackoff(clock, REQUEST_BACKOFF);
  const refusalBackoff = createBackoff(clock, REFUSAL_BACKOFF);
  let counters = NO_FAILURES;

  function delayFor(wait: Wait): Duration {
    switch (wait.type) {
      case "none":
        return 0;
      case "jitter":
        return clock.random() * SECOND;
      case "backoff":
        return requestBackoff.next();
      case "refusal":
        return refusalBackoff.next();
      case "retryAfter": {
        const requested = Math.min(wait.atLeast, MAX_RETRY_AFTER);
        // All clients got the same value: without jitter they would all come back at once.
        return Math.max(requested, requestBackoff.next()) + clock.random() * requested;
      }
    }
  }

  function record(failure: WatchFailure): void {
    if (failure.status !== undefined && COUNTED_REFUSALS.has(failure.status)) health.refusal(failure.status);
    if (failure.kind === "undecodable") health.decodeError();
  }

  function problemAfter(failure: WatchFailure) {
    return problemOf(failure, namespace, identity, clock.now());
  }

  function updateHealth(failure: WatchFailure, next: Reaction["next"]): void {
    const problem = problemAfter(failure);
    const state = STATE_AFTER[failure.kind];
    if (state === undefined && health.everSynced && next === "resume")
      staleness.expectReconnect(failure.label, problem);
    else if (state === undefined && failure.kind === "expired") staleness.lose("stale", failure.label, undefined);
    else staleness.lose(state ?? (health.everSynced ? "stale" : "syncing"), failure.label, problem);
  }

  return {
    closed: (watch) => {
      counters = afterUptime(counters, watch.uptime);
      const wait = reactToClose(watch);
      if (wait.type === "backoff") {
        const tooShort = new WatchFailure("network", "the API server closes the watch right after opening it", {
          label: "short",
        });
        health.reconnect(tooShort.label);
        staleness.expectReconnect(tooShort.label, problemAfter(tooShort));
      } else {
        health.reconnect("timeout");
        staleness.expectReconnect("timeout", undefined);
      }
      return delayFor(wait);
    },

    failed: (failure, { wasWatching, bookmarksExpected, uptime }) => {
      record(failure);
      health.reconnect(failure.label);
      const now = clock.monotonic();
      const reaction = reactToFailure(failure, afterUptime(counters, uptime), { now, bookmarksExpected });
      counters = reaction.counters;
      // An outage is one log line per namespace, not one per attempt.
      const isNew = health.isLive || staleness.cause !== failure.label;
      events.ended(namespace, failure.label, failure.status, reaction.next, failure.message, isNew);
      if (counters.stalled >= STALLED_AFTER) events.expiredRepeatedly(namespace, counters.stalled);
      const resync = reaction.next === "resync";
      if (wasWatching && (failure.kind === "forbidden" || failure.kind === "missing")) {
        // Only a list shows whether reading is refused as well.
        staleness.expectReconnect(failure.label, undefined);
        return { wait: 0, resync };
      }
      updateHealth(failure, reaction.next);
      return { wait: delayFor(reaction.wait), resync };
    },

    record,
    accepted: refusalBackoff.reset,
    received: (isProgress) => {
      counters = isProgress ? afterProgress(counters) : { ...counters, silent: 0 };
    },
    get isStalled() {
      return counters.stalled >= STALLED_AFTER;
    },
  };
}

/** A Retry-After above this is not honoured in full. */
const MAX_RETRY_AFTER: Duration = 5 * MINUTE;

const COUNTED_REFUSALS: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/** Failures that only a person can fix have a state of their own. */
const STATE_AFTER: Partial<Record<WatchFailure["kind"], WatchState>> = {
  forbidden: "forbidden",
  missing: "missing",
  unauthenticated: "unauthenticated",
};
