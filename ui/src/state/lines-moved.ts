/**
 * The number of lines that differ between two orders: new lines, removed lines, and the fewest lines that must move
 * (all except a longest increasing subsequence).
 */
export function linesMoved(shown: readonly string[], fresh: readonly string[]): number {
  const indexes = new Map(shown.map((key, index) => [key, index]));
  const kept: number[] = [];
  for (const key of fresh) {
    const index = indexes.get(key);
    if (index !== undefined) kept.push(index);
  }
  const changed = shown.length - kept.length + (fresh.length - kept.length);
  // Both lists are one page: each new line pushes another one out. Count such a pair once.
  const replaced = Math.min(shown.length - kept.length, fresh.length - kept.length);
  return changed - replaced + (kept.length - longestIncreasing(kept));
}

/** Length of a longest increasing subsequence, by patience sorting. */
function longestIncreasing(values: readonly number[]): number {
  const piles: number[] = [];
  for (const value of values) {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((piles[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    piles[low] = value;
  }
  return piles.length;
}
