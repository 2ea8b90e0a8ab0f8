import type { Instant } from "../../core/model/time.ts";

/**
 * Whole seconds since 1970, the precision of Kubernetes timestamps (apimachinery, `time_proto.go`). 0 means "no time":
 * the API writes an unset time as null, nothing, year 0001 or, through Unix seconds, 1970-01-01.
 */
export type Seconds = number;

export const NEVER: Seconds = 0;

/** 9999-12-31T23:59:59Z, the last second in RFC 3339. */
const LAST: Seconds = 253_402_300_799;

export function toInstant(seconds: Seconds): Instant | undefined {
  return seconds === NEVER ? undefined : seconds * 1_000;
}

/** Undefined for a time that the API cannot express. */
export function secondsFromUnix(seconds: number): Seconds | undefined {
  if (seconds > LAST) return undefined;
  if (seconds <= 0) return NEVER;
  // Without `| 0`, a number that was computed as a double stays a separate heap number in every pod.
  return seconds <= LARGEST_INT32 ? seconds | 0 : seconds;
}

/** 2038-01-19T03:14:07Z. */
const LARGEST_INT32 = 2 ** 31 - 1;

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Undefined unless the text is an RFC 3339 time. */
export function secondsFromText(text: string): Seconds | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : secondsFromUnix(Math.floor(milliseconds / 1_000));
}
