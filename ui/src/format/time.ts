import type { Duration, Instant } from "../../../src/core/model/time.ts";

/** Which zone people read: their browser's, or UTC. What is copied or put in a tooltip is always ISO 8601 UTC. */
export type Zone = "local" | "utc";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Shape = "clock" | "minute" | "dateTime" | "dateMinute";

/** en-GB: day before month, 24 hours, and zone abbreviations (CET) where en-US has only offsets. */
const SHAPES: Record<Shape, Intl.DateTimeFormatOptions> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  minute: { hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
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

function format(shape: Shape, zone: Zone): Intl.DateTimeFormat {
  const key = `${shape} ${zone}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat("en-GB", { ...SHAPES[shape], ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
    formats.set(key, made);
  }
  return made;
}

/** `10:00:30 UTC` */
export function clockTime(at: Instant, zone: Zone): string {
  return format("clock", zone).format(at);
}

/** `22 Nov 2026, 10:00:30 UTC` */
export function dateTime(at: Instant, zone: Zone): string {
  return format("dateTime", zone).format(at);
}

/** `22 Nov 2026, 10:00 UTC` */
export function dateMinute(at: Instant, zone: Zone): string {
  return format("dateMinute", zone).format(at);
}

/** The time alone when it is within 20 hours of now, with the date otherwise: as short as is unmistakable. */
export function shortTime(at: Instant, now: Instant, zone: Zone): string {
  return Math.abs(now - at) < 20 * HOUR ? format("minute", zone).format(at) : dateMinute(at, zone);
}

/** `13:00 CET (12:00 UTC)`: for ends that people in several places plan by. */
export function localAndUtc(at: Instant): string {
  const local = dateMinute(at, "local");
  const utc = format("minute", "utc").format(at);
  return local.endsWith("UTC") ? local : `${local} (${utc})`;
}

/** `2026-11-22T10:00:30Z` */
export function iso(at: Instant): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** `9 min ago`, `in 2 h`; below a minute it does not count seconds, since it is only refreshed every 15 s. */
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

/** Exact to the second, largest units first: `1 h 30 min`, `12 s`, `340 ms`. */
export function exactly(length: Duration): string {
  if (length < 1_000) return `${Math.round(length)} ms`;
  const parts: string[] = [];
  let rest = Math.round(length / 1_000);
  for (const [seconds, unit] of [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const) {
    const count = Math.floor(rest / seconds);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * seconds;
  }
  return parts.slice(0, 2).join(" ");
}

/** In words, for a window: `60 minutes`, `4 hours`, `7 days`. */
export function describeWindow(length: Duration): string {
  if (length >= 2 * DAY && length % DAY === 0) return `${length / DAY} days`;
  if (length >= 2 * HOUR && length % HOUR === 0) return `${length / HOUR} hours`;
  const minutes = Math.round(length / MINUTE);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

/** `Last hour`, `Last 4 hours`: the timeline's column. */
export function lastWindow(length: Duration): string {
  return length === HOUR ? "Last hour" : `Last ${describeWindow(length)}`;
}
