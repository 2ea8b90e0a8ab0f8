import { formatSpan } from "../../../src/core/model/duration.ts";
import { DAY, type Duration, HOUR, type Instant, MINUTE } from "../../../src/core/model/time.ts";

/** The time zone of displayed times. Tooltips and copied times are always ISO 8601 UTC. */
export type Zone = "local" | "utc";

type Style = "clock" | "minute" | "hourMinute" | "dayMinute" | "dateTime" | "dateMinute";

/** en-GB: day before month, 24 hours, and zone abbreviations (CET) where en-US has only offsets. */
const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  minute: { hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
  hourMinute: { hour: "2-digit", minute: "2-digit" },
  dayMinute: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  dateTime: {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  },
  dateMinute: {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  },
};

const formats = new Map<string, Intl.DateTimeFormat>();

function format(style: Style, zone: Zone): Intl.DateTimeFormat {
  const key = `${style} ${zone}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat("en-GB", { ...STYLES[style], ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
    formats.set(key, made);
  }
  return made;
}

/** `10:00:30 UTC` */
export function clockTime(at: Instant, zone: Zone): string {
  return format("clock", zone).format(at);
}

/** `10:00 UTC` */
export function minuteTime(at: Instant, zone: Zone): string {
  return format("minute", zone).format(at);
}

/** `22 Nov 2026, 10:00:30 UTC` */
export function dateTime(at: Instant, zone: Zone): string {
  return format("dateTime", zone).format(at);
}

/** `22 Nov 2026, 10:00 UTC` */
export function dateMinute(at: Instant, zone: Zone): string {
  return format("dateMinute", zone).format(at);
}

/** `10:00`: a clock. */
export function hourMinute(at: Instant, zone: Zone): string {
  return format("hourMinute", zone).format(at);
}

/** `10:00`: the zone is said once, in the masthead. With the date if it is more than 20 hours from now. */
export function shortMinute(at: Instant, now: Instant, zone: Zone): string {
  return format(Math.abs(now - at) < 20 * HOUR ? "hourMinute" : "dayMinute", zone).format(at);
}

/** The time alone if it is within 20 hours of now, otherwise with the date. */
export function shortTime(at: Instant, now: Instant, zone: Zone): string {
  return Math.abs(now - at) < 20 * HOUR ? format("minute", zone).format(at) : dateMinute(at, zone);
}

/** `22 Nov 2026, 13:00 CET (12:00 UTC)`, for end times that people in several time zones read. */
export function localAndUtc(at: Instant): string {
  const local = dateMinute(at, "local");
  const utc = format("minute", "utc").format(at);
  return local.endsWith("UTC") ? local : `${local} (${utc})`;
}

/** `2026-11-22T10:00:30Z` */
export function iso(at: Instant): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** `9 min ago`, `in 2 h`; without seconds, because it is refreshed every 15 s only. */
export function relative(at: Instant, now: Instant): string {
  const distance = now - at;
  if (Math.abs(distance) < MINUTE) return distance >= -5_000 ? "just now" : "in under 1 min";
  return distance > 0 ? `${roughly(distance)} ago` : `in ${roughly(-distance)}`;
}

/** One unit, rounded down: `9 min`, `2 h`, `3 d`; `under 1 min` below that. */
export function roughly(length: Duration): string {
  if (length < MINUTE) return "under 1 min";
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} d`;
}

/** `Last hour`, `Last 4 h`: the heading of the timelines. */
export function lastWindow(length: Duration): string {
  return length === HOUR ? "Last hour" : `Last ${formatSpan(length)}`;
}
