/** The latest changes of a collection, oldest first. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";

interface Dated {
  readonly revision: number;
  /** By the monotonic clock. */
  readonly at: Instant;
}

interface History<C extends Dated> {
  add(change: C): void;
  /** All changes after a revision; undefined when some of them are no longer kept. */
  since(revision: number): readonly C[] | undefined;
  /** The oldest revision after which all changes are kept. */
  oldest(): number;
  /** Drops all changes up to a revision. */
  compact(revision: number): void;
}

/** Keeps changes for `maxAge`, and the latest `minimum` of them whatever their age. */
export function createHistory<C extends Dated>(limits: {
  readonly maxAge: Duration;
  readonly minimum: number;
}): History<C> {
  let changes: C[] = [];
  /** Index of the oldest kept change: removing them one by one would copy the array each time. */
  let first = 0;
  let compacted = 0;

  const removeOld = (now: Instant) => {
    while (changes.length - first > limits.minimum && now - (changes[first]?.at ?? now) > limits.maxAge) {
      compacted = changes[first]?.revision ?? compacted;
      first++;
    }
    if (first > 1_024 && first * 2 > changes.length) {
      changes = changes.slice(first);
      first = 0;
    }
  };
  return {
    add: (change) => {
      changes.push(change);
      removeOld(change.at);
    },
    since: (revision) => {
      if (revision < compacted) return undefined;
      let low = first;
      let high = changes.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
        else high = middle;
      }
      return changes.slice(low);
    },
    oldest: () => compacted,
    compact: (revision) => {
      changes = [];
      first = 0;
      compacted = revision;
    },
  };
}
