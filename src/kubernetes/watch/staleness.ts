import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Problem, WatchState } from "../../ports/pods.ts";
import type { HealthRecord } from "./health-record.ts";

/** Routine reconnects take well under a second; a longer one is reported. */
const STALE_AFTER: Duration = 5 * SECOND;

/** Decides when an interruption of the watch makes the cache stale. */
export interface Staleness {
  /** A watch has ended and is being reopened: stale only if that takes too long. */
  expectReconnect(cause: string, problem: Problem | undefined): void;
  /** The cache is stale from now on. */
  lose(state: WatchState, cause: string, problem: Problem | undefined): void;
  /** The cache is synced again. */
  recovered(): void;
  /** The cause of the current or last interruption. */
  readonly cause: string | undefined;
  stop(): void;
}

export function createStaleness(clock: Clock, health: HealthRecord): Staleness {
  let broken: { readonly cause: string; readonly problem: Problem | undefined } | undefined;
  /** Start of the interruption; undefined while the watch runs. */
  let since: Instant | undefined;
  let timer: Timer | undefined;

  const stop = () => {
    timer?.cancel();
    timer = undefined;
  };
  const lose = (state: WatchState, cause: string, problem: Problem | undefined) => {
    stop();
    since ??= clock.now();
    broken = { cause, problem };
    health.lost(state, cause, problem, since);
  };
  return {
    lose,
    expectReconnect: (cause, problem) => {
      since ??= clock.now();
      broken = { cause, problem };
      if (!health.isLive) lose("stale", cause, problem);
      // The time counts from the first end; the reported cause is the latest one.
      else timer ??= clock.after(STALE_AFTER, () => broken && lose("stale", broken.cause, broken.problem));
    },
    recovered: () => {
      since = undefined;
      stop();
    },
    get cause() {
      return broken?.cause;
    },
    stop,
  };
}
