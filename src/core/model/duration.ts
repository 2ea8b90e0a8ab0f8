import { DAY, type Duration, HOUR, MINUTE, SECOND } from "./time.ts";

const UNITS: Readonly<Record<string, Duration>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Reads `500ms`, `90s`, `10m`, `1h30m`, `7d`, `2w` or `0`: the form of Prometheus. Undefined when it is none of them. */
export function parseDuration(text: string): Duration | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!/^(?:\d{1,9}(?:ms|[smhdw]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d{1,9})(ms|[smhdw])/g)) total += Number(count) * UNITS[unit!]!;
  return total;
}

/** The shortest text that `parseDuration` reads as the same span: `4h`, `1h30m`, `250ms`, `0s`. */
export function formatDuration(span: Duration): string {
  let rest = Math.round(span);
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / UNITS[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest %= UNITS[unit]!;
  }
  return text === "" ? "0s" : text;
}

/** A span for people, as coarse as is useful: `340 ms`, `45 s`, `6 min`, `2 h 10 min`, `3 days`. */
export function formatSpan(span: Duration): string {
  if (span > 0 && span < SECOND) return `${Math.ceil(span)} ms`;
  if (span < 90 * SECOND) return `${Math.round(span / SECOND)} s`;
  if (span < 90 * MINUTE) return `${Math.round(span / MINUTE)} min`;
  if (span < 36 * HOUR) {
    const minutes = Math.round(span / MINUTE);
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  return `${Math.round(span / DAY)} days`;
}
