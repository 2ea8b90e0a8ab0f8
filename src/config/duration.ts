import { DAY, type Duration, HOUR, MINUTE, SECOND } from "../core/time.ts";

const UNITS: Readonly<Record<string, Duration>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** `90s`, `10m`, `1h30m`, `30d`, `0`; undefined when the text is none. */
export function parseDuration(text: string): Duration | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) total += Number(count) * UNITS[unit!]!;
  return total;
}

/** The shortest text that `parseDuration` reads as the same span: `4h`, `1h30m`, `250ms`, `0s`. */
export function formatDuration(span: Duration): string {
  let rest = span;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / UNITS[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNITS[unit]!;
  }
  return text === "" ? "0s" : text;
}
