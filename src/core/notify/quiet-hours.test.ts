import { describe, expect, it } from "vitest";
import { type QuietHours, quietUntil } from "./quiet-hours.ts";

const night: QuietHours = { timeZone: "Europe/Berlin", from: 22 * 60, to: 6 * 60 };
const weekend: QuietHours = { timeZone: "Europe/Berlin", weekdays: [0, 6], from: 0, to: 0 };
const lunch: QuietHours = { timeZone: "UTC", weekdays: [1, 2, 3, 4, 5], from: 12 * 60, to: 13 * 60 };
const fridayNight: QuietHours = { ...night, weekdays: [5] };

describe("quietUntil", () => {
  it.each`
    hours               | now                       | until
    ${[]}               | ${"2026-11-22T12:00:00Z"} | ${undefined}
    ${[night]}          | ${"2026-11-23T20:59:59Z"} | ${undefined}
    ${[night]}          | ${"2026-11-23T21:00:00Z"} | ${"2026-11-24T05:00:00Z"}
    ${[night]}          | ${"2026-11-24T04:59:30Z"} | ${"2026-11-24T05:00:00Z"}
    ${[night]}          | ${"2026-11-24T05:00:00Z"} | ${undefined}
    ${[night]}          | ${"2026-10-24T20:30:00Z"} | ${"2026-10-25T05:00:00Z"}
    ${[weekend]}        | ${"2026-11-21T12:00:00Z"} | ${"2026-11-22T23:00:00Z"}
    ${[weekend]}        | ${"2026-11-23T00:00:00Z"} | ${undefined}
    ${[weekend, night]} | ${"2026-11-21T12:00:00Z"} | ${"2026-11-23T05:00:00Z"}
    ${[lunch]}          | ${"2026-11-23T12:30:00Z"} | ${"2026-11-23T13:00:00Z"}
    ${[lunch]}          | ${"2026-11-22T12:30:00Z"} | ${undefined}
    ${[fridayNight]}    | ${"2026-11-27T21:30:00Z"} | ${"2026-11-28T05:00:00Z"}
    ${[fridayNight]}    | ${"2026-11-28T21:30:00Z"} | ${undefined}
    ${[fridayNight]}    | ${"2026-11-27T04:00:00Z"} | ${undefined}
  `("$hours at $now: until $until", ({ hours, now, until }) => {
    expect(quietUntil(hours, Date.parse(now))).toBe(until === undefined ? undefined : Date.parse(until));
  });

  it("stops searching after two weeks", () => {
    const always: QuietHours = { timeZone: "UTC", from: 0, to: 0 };
    expect(quietUntil([always], 0)).toBe(14 * 86_400_000);
  });
});
