import type { Duration } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";

/** Resolves after `delay` milliseconds, without a timer when it is 0, or as soon as `signal` aborts; never rejects. */
export function sleep(clock: Clock, delay: Duration, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (delay <= 0 || signal?.aborted) return Promise.resolve();
  const timer = clock.after(delay, wake);
  signal?.addEventListener("abort", wake, { once: true });
  function wake(): void {
    timer.cancel();
    signal?.removeEventListener("abort", wake);
    resolve();
  }
  return promise;
}
