import type { Duration } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import { onAbort } from "./on-abort.ts";

/** Resolves after `delay` milliseconds, without a timer when it is 0, or as soon as `signal` aborts; never rejects. */
export function sleep(clock: Clock, delay: Duration, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (delay <= 0 || signal?.aborted) return Promise.resolve();
  const timer = clock.after(delay, wake);
  const unlink = signal === undefined ? undefined : onAbort([signal], wake);
  function wake(): void {
    timer.cancel();
    unlink?.();
    resolve();
  }
  return promise;
}
