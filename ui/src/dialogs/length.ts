import type { Instant } from "../../../src/core/model/time.ts";

/** How long, or until when; `value` is what the browser's field holds, in local time. */
export type Length =
  | { readonly kind: "for"; readonly milliseconds: number }
  | { readonly kind: "until"; readonly value: string };

/** When it begins: at once, or when the field says. */
export function startOf(start: string | undefined, now: Instant): Instant | undefined {
  if (start === undefined) return now;
  const at = new Date(start).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** Undefined while the field holds no time. */
export function endOf(length: Length, now: Instant): Instant | undefined {
  if (length.kind === "for") return now + length.milliseconds;
  const at = new Date(length.value).getTime();
  return Number.isFinite(at) ? at : undefined;
}

/** `2026-11-22T13:00` in local time, as the field wants it. */
export function fieldValue(at: Instant): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
