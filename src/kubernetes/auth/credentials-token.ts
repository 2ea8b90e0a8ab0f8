import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** A secret that rotates, such as the mounted token that the kubelet renews. */
export interface Renewed<T> {
  /** The current value. Rejects when none has ever been read. */
  get(): Promise<T>;
  /** A request sent at `since` was refused: the value is reread before the next use. */
  invalidate(since: Instant): void;
}

/** The kubelet renews a projected token after 80 % of its hour, so a minute is enough (kubernetes-watch.md rule 38). */
const READ_AGAIN_AFTER: Duration = 60 * SECOND;

/**
 * Caches the value for a minute, or until `expiresAt`. While reading fails, the old value is used, because a mounted
 * secret is missing for a moment when it is updated. Reads never overlap.
 */
export function renewed<T>(
  read: () => Promise<T>,
  clock: Clock,
  expiresAt?: (value: T) => Instant | undefined,
): Renewed<T> {
  let known: { readonly value: T; readonly readAt: Instant; readonly checkedAt: Duration } | undefined;
  let isRefused = false;
  let reading: Promise<T> | undefined;

  function isFresh(): boolean {
    if (known === undefined || isRefused) return false;
    if (expiresAt !== undefined) return clock.now() < (expiresAt(known.value) ?? Number.POSITIVE_INFINITY);
    return clock.monotonic() - known.checkedAt < READ_AGAIN_AFTER;
  }

  async function readAgain(): Promise<T> {
    const readAt = clock.now();
    try {
      const value = await read();
      known = { value, readAt, checkedAt: clock.monotonic() };
      isRefused = false;
      return value;
    } catch (error) {
      if (known === undefined) throw error;
      return known.value;
    }
  }

  return {
    get: async () => {
      if (known !== undefined && isFresh()) return known.value;
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    invalidate: (since) => {
      if (known !== undefined && known.readAt <= since) isRefused = true;
    },
  };
}
