import { afterEach, describe, expect, it, vi } from "vitest";
import { clockTime, dateTime, iso, lastWindow, relative, roughly, shortTime } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 22, 10, 0, 30);

describe("times", () => {
  it("always include the time zone", () => {
    expect(clockTime(NOW, "utc")).toBe("10:00:30 UTC");
    expect(dateTime(NOW, "utc")).toBe("22 Nov 2026, 10:00:30 UTC");
    expect(clockTime(NOW, "local")).toMatch(/^\d\d:\d\d:\d\d \S+$/);
  });

  it("omit the date only when it is unambiguous", () => {
    expect(shortTime(NOW - 3 * HOUR, NOW, "utc")).toBe("07:00 UTC");
    expect(shortTime(NOW - 21 * HOUR, NOW, "utc")).toBe("21 Nov 2026, 13:00 UTC");
    expect(shortTime(NOW + 21 * HOUR, NOW, "utc")).toBe("23 Nov 2026, 07:00 UTC");
  });

  it("are ISO 8601 in UTC for machines, without zero milliseconds", () => {
    expect(iso(NOW)).toBe("2026-11-22T10:00:30Z");
    expect(iso(NOW + 5)).toBe("2026-11-22T10:00:30.005Z");
  });
});

describe("local time", () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  /** The formatters of a browser in that time zone. */
  async function formattersIn(timeZone: string) {
    process.env.TZ = timeZone;
    vi.resetModules();
    return import("./time.ts");
  }

  it.each`
    timeZone              | at                        | local                               | both
    ${"Europe/Prague"}    | ${"2026-11-22T12:00:00Z"} | ${"22 Nov 2026, 13:00:00 CET"}      | ${"22 Nov 2026, 13:00 CET (12:00 UTC)"}
    ${"Europe/Prague"}    | ${"2026-07-01T22:30:00Z"} | ${"2 Jul 2026, 00:30:00 CEST"}      | ${"2 Jul 2026, 00:30 CEST (22:30 UTC)"}
    ${"Europe/Prague"}    | ${"2026-10-25T00:30:00Z"} | ${"25 Oct 2026, 02:30:00 CEST"}     | ${"25 Oct 2026, 02:30 CEST (00:30 UTC)"}
    ${"Europe/Prague"}    | ${"2026-10-25T01:30:00Z"} | ${"25 Oct 2026, 02:30:00 CET"}      | ${"25 Oct 2026, 02:30 CET (01:30 UTC)"}
    ${"America/St_Johns"} | ${"2026-11-22T12:00:00Z"} | ${"22 Nov 2026, 08:30:00 GMT-3:30"} | ${"22 Nov 2026, 08:30 GMT-3:30 (12:00 UTC)"}
    ${"UTC"}              | ${"2026-11-22T12:00:00Z"} | ${"22 Nov 2026, 12:00:00 UTC"}      | ${"22 Nov 2026, 12:00 UTC"}
  `("$at in $timeZone", async ({ timeZone, at, local, both }) => {
    const time = await formattersIn(timeZone);
    const moment = Date.parse(at);
    expect(time.dateTime(moment, "local")).toBe(local);
    expect(time.localAndUtc(moment)).toBe(both);
    expect(time.dateTime(moment, "utc")).toMatch(/ UTC$/);
  });
});

describe("durations", () => {
  it.each`
    distance           | text
    ${0}               | ${"just now"}
    ${59_999}          | ${"just now"}
    ${MINUTE}          | ${"1 min ago"}
    ${9 * MINUTE + 59} | ${"9 min ago"}
    ${HOUR}            | ${"1 h ago"}
    ${47 * HOUR}       | ${"47 h ago"}
    ${49 * HOUR}       | ${"2 d ago"}
    ${-30_000}         | ${"in under 1 min"}
    ${-2 * HOUR}       | ${"in 2 h"}
  `("$distance ms ago is $text", ({ distance, text }) => {
    expect(relative(NOW - distance, NOW)).toBe(text);
  });

  it("treat a small step back of the clock as now", () => {
    expect(relative(NOW + 4_000, NOW)).toBe("just now");
  });

  it("are rounded down to one unit", () => {
    expect(roughly(30_000)).toBe("under 1 min");
    expect(roughly(119 * MINUTE)).toBe("1 h");
  });

  it.each`
    length         | text
    ${HOUR}        | ${"Last hour"}
    ${4 * HOUR}    | ${"Last 4 h"}
    ${90 * MINUTE} | ${"Last 1 h 30 min"}
    ${72 * HOUR}   | ${"Last 3 days"}
  `("a window of $length ms is $text", ({ length, text }) => {
    expect(lastWindow(length)).toBe(text);
  });
});
