import { DAY, type Duration, HOUR, type Instant, MINUTE, SECOND } from "../core/time.ts";

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

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: at most two units. */
export function durationText(length: Duration): string {
  if (length < MINUTE) return `${Math.max(0, Math.floor(length / SECOND))} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  const [unit, name, smaller, smallerName] = length < DAY ? [HOUR, "h", MINUTE, "min"] : [DAY, "d", HOUR, "h"];
  const rest = Math.floor((length % Number(unit)) / Number(smaller));
  return `${Math.floor(length / Number(unit))} ${name}${rest === 0 ? "" : ` ${rest} ${smallerName}`}`;
}

const UNITS: Readonly<Record<string, Duration>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR };

/** `30s`, `5m`, `1h`, `500ms`, or a bare number of seconds; undefined for anything else. */
export function parseWait(given: string): Duration | undefined {
  const match = /^(\d{1,9})(ms|s|m|h)?$/.exec(given);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2] ?? "s"]!;
}
