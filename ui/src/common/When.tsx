import type { Instant } from "../../../src/core/model/time.ts";
import { clockTime, dateMinute, dateTime, iso, minuteTime, relative, shortTime } from "../format/time.ts";
import { usePreferences } from "../state/preferences.ts";

interface WhenProps {
  readonly at: Instant;
  /** Required for `relative` and `short`. */
  readonly now?: Instant;
  readonly as?: "relative" | "short" | "clock" | "minute" | "dateTime" | "dateMinute";
}

/** A time in the reader's time zone, with ISO 8601 UTC as the tooltip. */
export function When({ at, now = at, as = "dateTime" }: WhenProps) {
  const { zone } = usePreferences();
  const text = {
    relative: () => relative(at, Math.max(now, at)),
    short: () => shortTime(at, now, zone),
    clock: () => clockTime(at, zone),
    minute: () => minuteTime(at, zone),
    dateTime: () => dateTime(at, zone),
    dateMinute: () => dateMinute(at, zone),
  }[as]();
  const stamp = iso(at);
  return (
    <time dateTime={stamp} title={stamp}>
      {text}
    </time>
  );
}
