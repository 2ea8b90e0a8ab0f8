import { parseDuration } from "../core/duration.ts";
import { type Duration, type Instant, SECOND } from "../core/time.ts";

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes it: `2026-11-22T11:32:51Z`. */
export function rfc3339(moment: Instant): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`;
}

/**
 * Formats moments as `MM/DD/YYYY-HH:MM:SS` in a time zone of the IANA database: the legacy interface's only format
 * that people read. A day's first hour is 00.
 */
export function localTimeFormat(timeZone: string): (moment: Instant) => string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (moment) => {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(moment)) part[type] = value;
    return `${part.month}/${part.day}/${part.year?.padStart(4, "0")}-${part.hour}:${part.minute}:${part.second}`;
  };
}

/** `30s`, `1h30m`, or a bare number of seconds; undefined for anything else. */
export function parseWait(given: string): Duration | undefined {
  return /^\d{1,9}$/.test(given) ? Number(given) * SECOND : parseDuration(given);
}
