import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localTimeFormat, parseWait, rfc3339 } from "./time-text.ts";

describe("localTimeFormat", () => {
  it.each`
    zone                  | moment                    | local                    | reason
    ${"America/New_York"} | ${"2026-11-22T11:32:51Z"} | ${"11/22/2026-06:32:51"} | ${"winter is five hours behind"}
    ${"America/New_York"} | ${"2026-07-01T11:32:51Z"} | ${"07/01/2026-07:32:51"} | ${"summer is four"}
    ${"America/New_York"} | ${"2026-11-01T05:30:00Z"} | ${"11/01/2026-01:30:00"} | ${"the hour before the clocks go back"}
    ${"America/New_York"} | ${"2026-11-01T06:30:00Z"} | ${"11/01/2026-01:30:00"} | ${"and the same hour again"}
    ${"UTC"}              | ${"2026-01-01T00:00:00Z"} | ${"01/01/2026-00:00:00"} | ${"midnight is hour 00"}
    ${"Asia/Kolkata"}     | ${"2026-01-01T00:00:00Z"} | ${"01/01/2026-05:30:00"} | ${"zones with half hours"}
    ${"Europe/Berlin"}    | ${"2026-12-31T23:00:00Z"} | ${"01/01/2027-00:00:00"} | ${"a new year elsewhere"}
  `("$zone at $moment is $local: $reason", ({ zone, moment, local }) => {
    expect(localTimeFormat(zone)(Date.parse(moment))).toBe(local);
  });

  it("says what Intl says, of any moment in any zone, also of many that lie close together", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const moments = fc.oneof(
      fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2100, 0) }),
      fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(moments, { minLength: 1, maxLength: 20 }), (zone, given) => {
        const ours = localTimeFormat(zone);
        const theirs = new Intl.DateTimeFormat("en-US", {
          timeZone: zone,
          dateStyle: "short",
          timeStyle: "medium",
          hourCycle: "h23",
        });
        for (const moment of given.flatMap((one) => [one, one + 60_000])) {
          const part: Record<string, string> = {};
          for (const { type, value } of theirs.formatToParts(moment)) part[type] = value.padStart(2, "0");
          const [, , year, clock] = /^(\d+)\/(\d+)\/(\d{4})-(.+)$/.exec(ours(moment))!.slice(1);
          expect([ours(moment).slice(0, 5), year!.slice(2), clock]).toEqual([
            `${part.month}/${part.day}`,
            part.year,
            `${part.hour}:${part.minute}:${part.second}`,
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

it("writes moments as Kubernetes does", () => {
  expect(rfc3339(Date.UTC(2026, 10, 22, 11, 32, 51, 999))).toBe("2026-11-22T11:32:51Z");
});

describe("parseWait", () => {
  it.each`
    given      | length
    ${"30"}    | ${30_000}
    ${"30s"}   | ${30_000}
    ${"1m30s"} | ${90_000}
    ${"500ms"} | ${500}
    ${"0"}     | ${0}
    ${""}      | ${undefined}
    ${"-1s"}   | ${undefined}
    ${"1e9"}   | ${undefined}
    ${"soon"}  | ${undefined}
  `("reads $given as $length", ({ given, length }) => expect(parseWait(given)).toBe(length));
});
