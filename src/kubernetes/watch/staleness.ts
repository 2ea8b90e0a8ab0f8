import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Problem, WatchState } from "../../ports/pods.ts";
import type { HealthRecord } from "./health-record.ts";

/** A reconnect that takes longer is a gap for those who look: the routine ones take well under a second. */
const STALE_AFTER: Duration = 5 * SECOND;

/** Decides when an interruption is worth telling. */
export interface Staleness {
  /** A watch has ended and is begun again: routine, unless it takes too long. */
  expectReconnect(cause: string, problem: Problem | undefined): void;
  /** The picture is not confirmed any more, from now on. */
  lose(state: WatchState, cause: string, problem: Problem | undefined): void;
  /** The picture is confirmed. */
  recovered(): void;
  /** What the present or the last interruption was due to. */
  readonly cause: string | undefined;
  stop(): void;
}

export function createStaleness(clock: Clock, health: HealthRecord): Staleness {
  let broken: { readonly cause: string; readonly problem: Problem | undefined } | undefined;
  /** Since when; undefined while nothing is broken. */
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
      // The first end counts, the newest reason is told.
      else timer ??= clock.after(STALE_AFTER, () => lose("stale", broken!.cause, broken!.problem));
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
