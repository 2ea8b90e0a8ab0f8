import { parseDuration } from "../../core/model/duration.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../../core/model/time.ts";

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes it: `2026-11-22T11:32:51Z`. */
export function rfc3339(moment: Instant): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`;
}

const QUARTER: Duration = 15 * MINUTE;
/** From here on every zone of the IANA database keeps its offset from one quarter of an hour to the next. */
const OFFSETS_KEEP_QUARTERS: Instant = Date.UTC(1973, 0);
/** Some hundred kilobytes; moments that are asked for lie close together. */
const MAX_OFFSETS = 5_000;

/**
 * Formats moments as `MM/DD/YYYY-HH:MM:SS` in a time zone of the IANA database: the legacy interface's only format
 * that people read. A day's first hour is 00. Intl takes some ten microseconds a moment, and `/status` has several of
 * them for each of 100,000 pods: only the zone's offset is asked of it, once for each quarter of an hour.
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
  const offsets = new Map<Instant, Duration>();

  function offsetAt(moment: Instant): Duration {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(moment)) part[type] = value;
    const { year, month, day, hour, minute, second } = part;
    const local = new Date(0);
    local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
    local.setUTCHours(Number(hour), Number(minute), Number(second));
    return local.getTime() - Math.floor(moment / SECOND) * SECOND;
  }

  function knownOffsetAt(moment: Instant): Duration {
    const quarter = Math.floor(moment / QUARTER) * QUARTER;
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= MAX_OFFSETS) offsets.clear();
    const offset = offsetAt(quarter);
    offsets.set(quarter, offset);
    return offset;
  }

  return (moment) => {
    const offset = moment >= OFFSETS_KEEP_QUARTERS ? knownOffsetAt(moment) : offsetAt(moment);
    const local = new Date(moment + offset);
    return (
      `${two(local.getUTCMonth() + 1)}/${two(local.getUTCDate())}/${String(local.getUTCFullYear()).padStart(4, "0")}` +
      `-${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`
    );
  };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `30s`, `1h30m`, or a bare number of seconds; undefined for anything else. */
export function parseWait(given: string): Duration | undefined {
  return /^\d{1,9}$/.test(given) ? Number(given) * SECOND : parseDuration(given);
}
