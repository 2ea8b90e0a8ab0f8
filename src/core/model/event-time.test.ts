import { expect, it } from "vitest";
import { eventTime } from "./event-time.ts";

const at = (second: number) => `2026-01-01T00:00:0${second}Z`;

it.each([
  [{ series: { lastObservedTime: at(5) }, lastTimestamp: at(4) }, at(5)],
  [{ series: null, lastTimestamp: at(4), firstTimestamp: at(1) }, at(4)],
  [{ lastTimestamp: null, eventTime: at(3), firstTimestamp: at(1) }, at(3)],
  [{ lastTimestamp: "0001-01-01T00:00:00Z", firstTimestamp: at(1) }, at(1)],
  [{ metadata: { creationTimestamp: at(0) } }, at(0)],
])("the time of %j is %s", (event, expected) => {
  expect(eventTime(event)).toBe(Date.parse(expected));
});

it("is undefined for an event without a valid time", () => {
  expect(eventTime({ lastTimestamp: "yesterday", metadata: null })).toBeUndefined();
});
