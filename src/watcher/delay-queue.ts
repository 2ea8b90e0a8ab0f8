import { type Duration, type Instant, MINUTE } from "../core/model/time.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { PriorityQueue } from "./priority-queue.ts";

export interface DelayQueueOptions {
  readonly clock: Clock;
  /** The moment of this key has come. */
  readonly meet: (key: string) => void;
  /** `meet` threw: the others come to their turn all the same. */
  readonly failed: (key: string, error: unknown) => void;
}

/** Meets each key when its moment has come, a few milliseconds at a time, however many are due together. */
export interface Due extends Disposable {
  /** The last word on a key counts; undefined: not at all. */
  set(key: string, at: Instant | undefined): void;
}

/** As a moment: as soon as others have had their turn. */
export const AT_ONCE: Instant = 0;

/** After so long a page, a probe and the reading from Kubernetes get their turn. */
const MAX_TURN: Duration = 10;
/** The longest that a timer sleeps: deadlines are moments of the wall clock, which may be set while it runs. */
const MAX_SLEEP: Duration = MINUTE;

export function createDelayQueue({ clock, meet, failed }: DelayQueueOptions): Due {
  const deadlines = new PriorityQueue();
  let timer: Timer | undefined;
  /** When it wakes, on the clock that nobody sets. */
  let wakesAt: Duration = Number.POSITIVE_INFINITY;
  let isStopped = false;

  function wakeFor(at: Instant): void {
    const delay = Math.min(Math.max(at - clock.now(), 0), MAX_SLEEP);
    if (isStopped || clock.monotonic() + delay >= wakesAt) return;
    timer?.cancel();
    wakesAt = clock.monotonic() + delay;
    timer = clock.after(delay, () => {
      wakesAt = Number.POSITIVE_INFINITY;
      meetDue();
      const next = deadlines.next();
      if (next !== undefined) wakeFor(next);
    });
  }

  function meetDue(): void {
    const until = clock.monotonic() + MAX_TURN;
    do {
      const key = deadlines.takeDue(clock.now());
      if (key === undefined) return;
      try {
        meet(key);
      } catch (error) {
        failed(key, error);
      }
    } while (clock.monotonic() < until);
  }

  return {
    set(key, at) {
      deadlines.set(key, at);
      if (at !== undefined) wakeFor(at);
    },
    [Symbol.dispose]() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
