/** A moment: milliseconds since 1970-01-01T00:00:00Z. What Kubernetes stamps has whole seconds, by the node's clock. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Duration = number;

export const SECOND: Duration = 1_000;
export const MINUTE: Duration = 60 * SECOND;
export const HOUR: Duration = 60 * MINUTE;
export const DAY: Duration = 24 * HOUR;

/** The earliest of several moments at which something may change, ignoring those that never come. */
export function earliest(...moments: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const moment of moments) {
    if (moment !== undefined && (first === undefined || moment < first)) first = moment;
  }
  return first;
}
