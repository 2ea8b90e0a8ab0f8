import type { Instant } from "../../core/model/time.ts";

/**
 * Kubernetes stamps whole seconds (apimachinery, `time_proto.go`). Here 0 stands for "no time": the API writes an
 * unset one as null, nothing, year 0001 or, where a runtime passed it through Unix seconds, 1970-01-01.
 */
export type Seconds = number;

export const NEVER: Seconds = 0;

/** 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. */
const LAST: Seconds = 253_402_300_799;

export function toInstant(seconds: Seconds): Instant | undefined {
  return seconds === NEVER ? undefined : seconds * 1_000;
}

/** Undefined for what is no moment that the API could write. */
export function secondsFromUnix(seconds: number): Seconds | undefined {
  if (seconds > LAST) return undefined;
  if (seconds <= 0) return NEVER;
  // A number that was computed with fractions stays an object of its own, in every pod, unless it is made an integer.
  return seconds <= LARGEST_INT32 ? seconds | 0 : seconds;
}

/** 2038-01-19T03:14:07Z. */
const LARGEST_INT32 = 2 ** 31 - 1;

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Undefined for what is no RFC 3339 time. */
export function secondsFromText(text: string): Seconds | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : secondsFromUnix(Math.floor(milliseconds / 1_000));
}
