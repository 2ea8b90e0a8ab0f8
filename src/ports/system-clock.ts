import type { Duration } from "../core/model/time.ts";
import type { Clock } from "./clock.ts";

/** setTimeout takes at most a signed 32-bit count of milliseconds (24.8 days) and fires at once beyond it. */
const MAX_TIMEOUT: Duration = 2 ** 31 - 1;

/** The machine's own time and chance. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay, callback) => {
    const due = performance.now() + delay;
    let timeout: NodeJS.Timeout;
    const arm = (left: Duration) => {
      timeout = setTimeout(fire, Math.min(Math.ceil(left), MAX_TIMEOUT));
      timeout.unref();
    };
    // The event loop counts whole milliseconds and may be one early.
    const fire = () => {
      const left = due - performance.now();
      if (left > 0) arm(left);
      else callback();
    };
    arm(Math.max(0, delay));
    return { cancel: () => clearTimeout(timeout) };
  },
  random: () => Math.random(),
};
