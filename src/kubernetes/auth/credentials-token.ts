import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** A secret that changes from time to time, such as the mounted token that the kubelet renews. */
export interface Renewed<T> {
  /** The present value. Rejects when there has never been one. */
  get(): Promise<T>;
  /** A request sent at `since` was refused: what was read up to then is not used again if there is anything newer. */
  invalidate(since: Instant): void;
}

/** A projected token is renewed when 80 % of its hour is over (kubelet), so a minute is soon enough (kubernetes-watch.md rule 38). */
const READ_AGAIN_AFTER: Duration = 60 * SECOND;

/**
 * Reads again when asked for after a minute, or when `expiresAt` says so. While reading fails, the old value serves: a
 * mounted secret is missing for a moment while it is exchanged. Reads never overlap.
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
