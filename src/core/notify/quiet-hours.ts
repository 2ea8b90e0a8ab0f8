import { DAY, type Instant, MINUTE } from "../model/time.ts";

/** Times of the week in which nothing is told. They may go over midnight: `22:00` to `06:00` belongs to its first day. */
export interface QuietHours {
  /** IANA name. */
  readonly timeZone: string;
  /** 0 is Sunday. Undefined: every day. */
  readonly weekdays?: readonly number[];
  /** Minutes after midnight, 0 to 1439; the same as `to`: the whole day. */
  readonly from: number;
  readonly to: number;
}

/**
 * Until when it is quiet, when it is so now; undefined when it is not. The end is looked for minute by minute, so that
 * a day of 23 or 25 hours is right as well; two weeks is the longest that is seen.
 */
export function quietUntil(hours: readonly QuietHours[], now: Instant): Instant | undefined {
  if (!hours.some((one) => isQuiet(one, now))) return undefined;
  let moment = Math.floor(now / MINUTE) * MINUTE;
  const end = moment + 14 * DAY;
  while (moment < end) {
    moment += MINUTE;
    if (!hours.some((one) => isQuiet(one, moment))) break;
  }
  return moment;
}

function isQuiet({ timeZone, weekdays, from, to }: QuietHours, at: Instant): boolean {
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
    weekday: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday!),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}
