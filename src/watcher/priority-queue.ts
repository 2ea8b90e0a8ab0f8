import TinyQueue from "tinyqueue";
import type { Instant } from "../core/model/time.ts";

interface Entry {
  readonly at: Instant;
  readonly key: string;
}

/**
 * Keys by deadline. Deletion is lazy: moving a deadline is O(log n), and a key that was moved or removed leaves a stale
 * entry that is skipped when it reaches the top.
 */
export class PriorityQueue {
  readonly #at = new Map<string, Instant>();
  #queue = newQueue([]);

  get size(): number {
    return this.#at.size;
  }

  set(key: string, at: Instant | undefined): void {
    if (at === undefined) {
      this.#at.delete(key);
    } else if (this.#at.get(key) !== at) {
      this.#at.set(key, at);
      this.#queue.push({ at, key });
    }
    if (this.#queue.length > 64 && this.#queue.length > 4 * this.#at.size) {
      this.#queue = newQueue([...this.#at].map(([key, at]) => ({ at, key })));
    }
  }

  /** The earliest deadline; undefined when there is none. */
  next(): Instant | undefined {
    return this.#first()?.at;
  }

  /** Removes and returns the key with the earliest deadline; undefined when none is due yet. */
  takeDue(now: Instant): string | undefined {
    const first = this.#first();
    if (first === undefined || first.at > now) return undefined;
    this.#queue.pop();
    this.#at.delete(first.key);
    return first.key;
  }

  #first(): Entry | undefined {
    let first = this.#queue.peek();
    while (first !== undefined && this.#at.get(first.key) !== first.at) {
      this.#queue.pop();
      first = this.#queue.peek();
    }
    return first;
  }
}

function newQueue(entries: Entry[]): TinyQueue<Entry> {
  return new TinyQueue(entries, (a, b) => a.at - b.at);
}
