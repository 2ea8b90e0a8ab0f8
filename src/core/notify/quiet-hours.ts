import { DAY, type Instant, MINUTE } from "../model/time.ts";

/** In the order of `Date.getUTCDay`. */
export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** Times of the week without notifications. `22:00` to `06:00` spans midnight and belongs to the day on which it starts. */
export interface QuietHours {
  /** IANA name. */
  readonly timeZone: string;
  /** 0 is Sunday. Undefined means every day. */
  readonly weekdays?: readonly number[];
  /** Minutes after midnight, 0 to 1439. If equal to `to`, the whole day. */
  readonly from: number;
  readonly to: number;
}

/**
 * When the current quiet hours end; undefined outside of quiet hours. Searches minute by minute, so that days of 23 or
 * 25 hours are handled correctly, for at most two weeks.
 */
export function quietUntil(hours: readonly QuietHours[], now: Instant): Instant | undefined {
  if (!hours.some((one) => isQuiet(one, now))) return undefined;
  let at = Math.floor(now / MINUTE) * MINUTE;
  const limit = at + 14 * DAY;
  while (at < limit) {
    at += MINUTE;
    if (!hours.some((one) => isQuiet(one, at))) break;
  }
  return at;
}

export function isQuiet({ timeZone, weekdays, from, to }: QuietHours, at: Instant): boolean {
  const { weekday, minute } = localTime(timeZone, at);
  const counts = (day: number) => weekdays === undefined || weekdays.includes((day + 7) % 7);
  if (from === to) return counts(weekday);
  if (from < to) return minute >= from && minute < to && counts(weekday);
  return (minute >= from && counts(weekday)) || (minute < to && counts(weekday - 1));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timeZone: string, at: Instant): { readonly weekday: number; readonly minute: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      weekday: "short",
      hour: "numeric",
      minute: "numeric",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    weekday: WEEKDAYS.findIndex((day) => day === parts.weekday!.toLowerCase()),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}
