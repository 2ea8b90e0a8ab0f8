import { type Duration, type Instant, MINUTE } from "../core/model/time.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { PriorityQueue } from "./priority-queue.ts";

export interface DelayQueueOptions {
  readonly clock: Clock;
  /** Called for each key at its deadline. */
  readonly process: (key: string) => void;
  /** Called when `process` throws. Other keys are not affected. */
  readonly failed: (key: string, error: unknown) => void;
}

/** Processes each key at its deadline, a few milliseconds at a time, however many are due together. */
export interface DelayQueue extends Disposable {
  /** Replaces the deadline of a key; undefined removes it. */
  set(key: string, at: Instant | undefined): void;
}

/** A deadline in the past: process the key as soon as the event loop allows. */
export const IMMEDIATELY: Instant = 0;

/** The event loop is blocked for no longer than this before HTTP requests and watch events are served. */
const MAX_BLOCK: Duration = 10;
/** The longest timer: deadlines are wall-clock times, and the wall clock may be set while the timer runs. */
const MAX_TIMER: Duration = MINUTE;

export function createDelayQueue({ clock, process, failed }: DelayQueueOptions): DelayQueue {
  const deadlines = new PriorityQueue();
  let timer: Timer | undefined;
  /** When the timer fires, on the monotonic clock. */
  let firesAt: Duration = Number.POSITIVE_INFINITY;
  let isStopped = false;

  function scheduleFor(at: Instant): void {
    const delay = Math.min(Math.max(at - clock.now(), 0), MAX_TIMER);
    if (isStopped || clock.monotonic() + delay >= firesAt) return;
    timer?.cancel();
    firesAt = clock.monotonic() + delay;
    timer = clock.after(delay, () => {
      firesAt = Number.POSITIVE_INFINITY;
      processDue();
      const next = deadlines.next();
      if (next !== undefined) scheduleFor(next);
    });
  }

  function processDue(): void {
    const until = clock.monotonic() + MAX_BLOCK;
    do {
      const key = deadlines.takeDue(clock.now());
      if (key === undefined) return;
      try {
        process(key);
      } catch (error) {
        failed(key, error);
      }
    } while (clock.monotonic() < until);
  }

  return {
    set(key, at) {
      deadlines.set(key, at);
      if (at !== undefined) scheduleFor(at);
    },
    [Symbol.dispose]() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
