import type { Duration, Instant } from "../../../src/core/model/time.ts";

export const BARS = 24;

export interface Bar {
  readonly count: number;
  /** At or after the restart that reached the threshold. */
  readonly over: boolean;
}

/**
 * The window as 24 bars; the last one is the current one. Bars start at multiples of their length, so that they shift
 * together every few minutes instead of flickering.
 */
export function timelineBars(restarts: readonly Instant[], now: Instant, window: Duration, threshold: number): Bar[] {
  const length = window / BARS;
  const last = Math.floor(now / length);
  const counts = new Array<number>(BARS).fill(0);
  let total = 0;
  let crossed = Number.POSITIVE_INFINITY;
  for (const at of restarts) {
    if (at <= now - window) continue;
    const bar = Math.max(0, Math.min(BARS - 1, Math.floor(at / length) - last + BARS - 1));
    counts[bar] = (counts[bar] ?? 0) + 1;
    total += 1;
    if (total === threshold) crossed = bar;
  }
  return counts.map((count, bar) => ({ count, over: count > 0 && bar >= crossed }));
}
