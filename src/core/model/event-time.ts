import type { Instant } from "./time.ts";

/**
 * When a Kubernetes Event last happened; undefined for an event without any time. A repeated event updates its series or
 * its lastTimestamp; an event of events.k8s.io has only an eventTime (kubernetes-watch.md 4.5).
 */
export function eventTime(event: Readonly<Record<string, unknown>>): Instant | undefined {
  const series = event.series as { readonly lastObservedTime?: unknown } | null | undefined;
  const metadata = event.metadata as { readonly creationTimestamp?: unknown } | null | undefined;
  const times = [
    series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.firstTimestamp,
    metadata?.creationTimestamp,
  ];
  for (const time of times) {
    const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
    // An unset Go time is written as year 1.
    if (at > 0) return at;
  }
  return undefined;
}
