import { describe, expect, it } from "vitest";
import type { Incident, IncidentList } from "../../../../src/http/base/api-types.ts";
import { doubtOf, handlingText, quietText, wallPage } from "./wall.ts";

const items = Array.from({ length: 8 }, (_, index) => ({ id: String(index) }) as Incident);
const NOON = Date.UTC(2026, 10, 22, 12);
const NO_ONE = { unknown: [], watched: 4, isTotal: false };

describe("wallPage", () => {
  it.each`
    seconds | number | nextIn | ids
    ${0}    | ${1}   | ${20}  | ${["0", "1", "2", "3", "4", "5"]}
    ${19}   | ${1}   | ${1}   | ${["0", "1", "2", "3", "4", "5"]}
    ${20}   | ${2}   | ${20}  | ${["6", "7"]}
    ${41}   | ${1}   | ${19}  | ${["0", "1", "2", "3", "4", "5"]}
  `("after $seconds s: page $number", ({ seconds, number, nextIn, ids }) => {
    const page = wallPage(items, seconds);
    expect({ ...page, items: page.items.map(({ id }) => id) }).toEqual({ number, count: 2, nextIn, items: ids });
  });

  it("has one page without incidents", () => {
    expect(wallPage([], 65)).toEqual({ number: 1, count: 1, nextIn: 15, items: [] });
  });
});

describe("doubtOf", () => {
  const of = (
    condition: Parameters<typeof doubtOf>[0]["condition"],
    more: Partial<Parameters<typeof doubtOf>[0]> = {},
  ) => doubtOf({ condition, coverage: NO_ONE, asOf: NOON, isOld: false, ...more }, NOON, "utc")?.text;
  const refused = [{ namespace: "media", staleSince: NOON - 60_000 } as never];

  it("is nothing only while the data is complete", () => {
    expect(of("live")).toBeUndefined();
    expect(of("live", { isOld: true })).toBe("The incidents could not be loaded");
    expect(of("gone")).toBe("No answer from the server since 12:00 UTC");
    expect(of("signed-out")).toBe("Signed out: data as of 12:00 UTC");
    expect(of("denied")).toBe("No access any more: data as of 12:00 UTC");
    expect(of("reconnecting")).toBe("Reconnecting…");
    expect(of("connecting")).toBe("Reconnecting…");
    expect(of("paused")).toBe("Paused");
  });

  it("names the unknown namespaces", () => {
    expect(of("unknown", { coverage: { unknown: refused, watched: 4, isTotal: false } })).toBe(
      "Unknown since 11:59: media",
    );
    expect(of("unknown", { coverage: { unknown: refused, watched: 2, isTotal: true } })).toBe(
      "Unknown since 11:59: all 2 namespaces",
    );
    expect(of("unknown", { coverage: { unknown: [], watched: 0, isTotal: true } })).toBe("Unknown: nothing is watched");
  });
});

it("handlingText names the person or receiver", () => {
  const of = (handling: Partial<Incident["handling"]>) =>
    handlingText({ handling: { attention: true, ...handling } } as Incident, NOON, "utc");
  expect(of({ notified: [{ receiver: "on-call", at: NOON }] })).toBe("on-call 12:00");
  expect(of({ failed: ["on-call"] })).toBe("notifying on-call failed");
  expect(of({ pendingUntil: NOON })).toBe("not notified yet");
  expect(of({ nobody: true })).toBe("no one is notified");
  expect(of({ ack: { by: "eva", at: NOON, worseSince: NOON } })).toBe("worse since 12:00");
  expect(of({})).toBe("");
});

it("quietText calls the containers healthy only if nothing is open and nothing is filtered", () => {
  const list = (open: number, handled: number) =>
    ({ counts: { views: { open, handled } }, watched: { containers: 412, namespaces: 6 } }) as unknown as IncidentList;
  expect(quietText(list(0, 0), false)).toBe("All 412 containers in 6 namespaces are healthy");
  expect(quietText(list(2, 2), false)).toBe("No incident needs attention; 2 incidents are handled");
  expect(quietText(list(1, 0), false)).toBe("No incident needs attention; some recover");
  expect(quietText(list(0, 0), true)).toBe("No incident that matches the filter needs attention");
});
