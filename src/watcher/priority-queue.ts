import type { Instant } from "../core/model/time.ts";

/**
 * The next moment at which each key wants to be looked at again. A binary heap with lazy deletion: moving a deadline
 * is O(log n), and a key that was moved or removed leaves a stale entry behind that is skipped when it surfaces.
 */
export class PriorityQueue {
  readonly #at = new Map<string, Instant>();
  #heap: { readonly at: Instant; readonly key: string }[] = [];

  get size(): number {
    return this.#at.size;
  }

  set(key: string, at: Instant | undefined): void {
    if (at === undefined) {
      this.#at.delete(key);
    } else if (this.#at.get(key) !== at) {
      this.#at.set(key, at);
      this.#push({ at, key });
    }
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#at.size) this.#compact();
  }

  /** The earliest deadline, or undefined when there is none. */
  next(): Instant | undefined {
    this.#skipStale();
    return this.#heap[0]?.at;
  }

  /** Removes and returns the key that is due first; undefined when none is due yet. */
  takeDue(now: Instant): string | undefined {
    this.#skipStale();
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.#pop();
    this.#at.delete(top.key);
    return top.key;
  }

  #skipStale(): void {
    for (let top = this.#heap[0]; top !== undefined && this.#at.get(top.key) !== top.at; top = this.#heap[0])
      this.#pop();
  }

  #compact(): void {
    this.#heap = [...this.#at].map(([key, at]) => ({ at, key })).sort((a, b) => a.at - b.at);
  }

  #push(entry: { readonly at: Instant; readonly key: string }): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent]!;
      if (above.at <= entry.at) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left;
      if (heap[child]!.at >= last.at) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}
