import type { Instant } from "../../../src/core/model/time.ts";

/** A duration or an end time; `value` is the value of the date field, in local time. */
export type Length =
  | { readonly kind: "for"; readonly milliseconds: number }
  | { readonly kind: "until"; readonly value: string };

/** `start` is the value of the date field; undefined means now. The result is undefined while the field is empty. */
export function startOf(start: string | undefined, now: Instant): Instant | undefined {
  if (start === undefined) return now;
  const at = new Date(start).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** Undefined while the date field is empty. */
export function endOf(length: Length, now: Instant): Instant | undefined {
  if (length.kind === "for") return now + length.milliseconds;
  const at = new Date(length.value).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** `2026-11-22T13:00` in local time, the format of the date field. */
export function fieldValue(at: Instant): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
