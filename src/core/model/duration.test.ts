import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatSpan, parseDuration } from "./duration.ts";
import { DAY, HOUR, MINUTE, SECOND } from "./time.ts";

describe("parseDuration", () => {
  it.each`
    text       | span
    ${"500ms"} | ${500}
    ${"90s"}   | ${90 * SECOND}
    ${" 10m "} | ${10 * MINUTE}
    ${"1h30m"} | ${90 * MINUTE}
    ${"7d"}    | ${7 * DAY}
    ${"2w"}    | ${14 * DAY}
    ${"0"}     | ${0}
    ${"0s"}    | ${0}
    ${""}      | ${undefined}
    ${"10"}    | ${undefined}
    ${"-5m"}   | ${undefined}
    ${"5 m"}   | ${undefined}
    ${"1.5h"}  | ${undefined}
    ${"5m,"}   | ${undefined}
    ${"5y"}    | ${undefined}
  `("reads '$text' as $span", ({ text, span }) => expect(parseDuration(text)).toBe(span));
});

describe("formatDuration", () => {
  it.each`
    span                | text
    ${0}                | ${"0s"}
    ${4 * HOUR}         | ${"4h"}
    ${90 * MINUTE}      | ${"1h30m"}
    ${250}              | ${"250ms"}
    ${DAY + SECOND + 1} | ${"1d1s1ms"}
  `("writes $span as '$text'", ({ span, text }) => expect(formatDuration(span)).toBe(text));

  it("is parsed back to the same duration", () =>
    fc.assert(
      fc.property(fc.nat({ max: 1_000 * DAY }), (span) => void expect(parseDuration(formatDuration(span))).toBe(span)),
    ));
});

describe("formatSpan", () => {
  it.each`
    span                      | text
    ${0}                      | ${"0 s"}
    ${340}                    | ${"340 ms"}
    ${45 * SECOND}            | ${"45 s"}
    ${89 * SECOND}            | ${"89 s"}
    ${90 * SECOND}            | ${"2 min"}
    ${6 * MINUTE}             | ${"6 min"}
    ${2 * HOUR + 10 * MINUTE} | ${"2 h 10 min"}
    ${4 * HOUR}               | ${"4 h"}
    ${36 * HOUR}              | ${"2 days"}
    ${30 * DAY}               | ${"30 days"}
  `("is $text", ({ span, text }) => expect(formatSpan(span)).toBe(text));
});
