import { afterEach, describe, expect, it, vi } from "vitest";
import { clockTime, dateTime, iso, lastWindow, relative, roughly, shortTime } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 22, 10, 0, 30);

describe("moments", () => {
  it("names the zone always, and tells UTC from local", () => {
    expect(clockTime(NOW, "utc")).toBe("10:00:30 UTC");
    expect(dateTime(NOW, "utc")).toBe("22 Nov 2026, 10:00:30 UTC");
    expect(clockTime(NOW, "local")).toMatch(/^\d\d:\d\d:\d\d \S+$/);
  });

  it("leaves the date out only where it cannot be mistaken", () => {
    expect(shortTime(NOW - 3 * HOUR, NOW, "utc")).toBe("07:00 UTC");
    expect(shortTime(NOW - 21 * HOUR, NOW, "utc")).toBe("21 Nov 2026, 13:00 UTC");
    expect(shortTime(NOW + 21 * HOUR, NOW, "utc")).toBe("23 Nov 2026, 07:00 UTC");
  });

  it("stamps ISO 8601 in UTC, without needless milliseconds", () => {
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

  /** The formatters as a browser in that zone has them. */
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

describe("lengths of time", () => {
  it.each`
    distance           | words
    ${0}               | ${"just now"}
    ${59_999}          | ${"just now"}
    ${MINUTE}          | ${"1 min ago"}
    ${9 * MINUTE + 59} | ${"9 min ago"}
    ${HOUR}            | ${"1 h ago"}
    ${47 * HOUR}       | ${"47 h ago"}
    ${49 * HOUR}       | ${"2 d ago"}
    ${-30_000}         | ${"in under 1 min"}
    ${-2 * HOUR}       | ${"in 2 h"}
  `("$distance ms back is $words", ({ distance, words }) => {
    expect(relative(NOW - distance, NOW)).toBe(words);
  });

  it("takes a small step back of the clock for now, not for the future", () => {
    expect(relative(NOW + 4_000, NOW)).toBe("just now");
  });

  it("rounds down to one unit", () => {
    expect(roughly(30_000)).toBe("under 1 min");
    expect(roughly(119 * MINUTE)).toBe("1 h");
  });

  it.each`
    length         | words
    ${HOUR}        | ${"Last hour"}
    ${4 * HOUR}    | ${"Last 4 h"}
    ${90 * MINUTE} | ${"Last 1 h 30 min"}
    ${72 * HOUR}   | ${"Last 3 days"}
  `("heads the timelines of a window of $length ms with $words", ({ length, words }) => {
    expect(lastWindow(length)).toBe(words);
  });
});
