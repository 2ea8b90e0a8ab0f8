import type { Duration, Instant } from "../../src/core/model/time.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** A clock that does not advance until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves the time forward, running due timers in order, also those that the callbacks set meanwhile; promises settle
   * before the first timer, after each one and at the end.
   */
  advance(by: Duration): Promise<void>;
  /** Moves the time forward like a blocked event loop: all due timers run together, before anything else. */
  block(by: Duration): void;
  /** Lets promises settle without moving the time. */
  settle(): Promise<void>;
  /** Moves only the wall clock, like an administrator or NTP; timers and `monotonic()` are not affected. */
  jump(by: Duration): void;
  /** Time until the next timer is due; undefined if none is set. */
  nextTimer(): Duration | undefined;
  /** How many timers are set. */
  readonly timers: number;
}

export interface FakeClockOptions {
  /** The wall clock at the start; default: 2026-01-01T00:00:00Z. */
  readonly now?: Instant;
  /** The constant result of `random()`; default: 0.5. */
  readonly random?: number | (() => number);
}

interface Pending {
  readonly due: number;
  readonly callback: () => void;
}

export function createFakeClock({ now = Date.UTC(2026, 0, 1), random = 0.5 }: FakeClockOptions = {}): FakeClock {
  let elapsed = 0;
  let wall = now;
  const pending = new Set<Pending>();

  const earliestPending = (): Pending | undefined => {
    let first: Pending | undefined;
    for (const timer of pending) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  };
  const moveTo = (moment: number) => {
    wall += moment - elapsed;
    elapsed = moment;
  };

  return {
    now: () => wall,
    monotonic: () => elapsed,
    after: (delay, callback) => {
      const timer: Pending = { due: elapsed + Math.max(0, delay), callback };
      pending.add(timer);
      return { cancel: () => void pending.delete(timer) };
    },
    random: typeof random === "function" ? random : () => random,
    advance: async (by) => {
      const end = elapsed + by;
      await settled();
      for (let timer = earliestPending(); timer !== undefined && timer.due <= end; timer = earliestPending()) {
        pending.delete(timer);
        moveTo(timer.due);
        timer.callback();
        await settled();
      }
      moveTo(end);
    },
    block: (by) => {
      const end = elapsed + by;
      for (let timer = earliestPending(); timer !== undefined && timer.due <= end; timer = earliestPending()) {
        pending.delete(timer);
        moveTo(timer.due);
        timer.callback();
      }
      moveTo(end);
    },
    settle: settled,
    jump: (by) => {
      wall += by;
    },
    nextTimer: () => {
      const timer = earliestPending();
      return timer === undefined ? undefined : timer.due - elapsed;
    },
    get timers() {
      return pending.size;
    },
  };
}

/** Two iterations of the event loop: runs all microtasks, and callbacks that they pass to setImmediate. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
