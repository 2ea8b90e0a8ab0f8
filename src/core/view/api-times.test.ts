import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTimes, encodeTimes, TIME_MEMBERS } from "./api-times.ts";

const AT = Date.UTC(2026, 10, 22, 11, 32, 51);
const TEXT = "2026-11-22T11:32:51.000Z";

describe("times of the API", () => {
  it("are strings on the wire, in objects and lists of any depth; other numbers stay", () => {
    const decoded = { since: AT, pods: 3, alerts: [{ firedAt: AT, name: "x" }, null], restarts: [AT, AT], until: null };
    const encoded = {
      since: TEXT,
      pods: 3,
      alerts: [{ firedAt: TEXT, name: "x" }, null],
      restarts: [TEXT, TEXT],
      until: null,
    };
    expect(encodeTimes(decoded)).toEqual(encoded);
    expect(decodeTimes(encoded)).toEqual(decoded);
  });

  it("leave other strings as they are, even in a member that holds a time", () => {
    expect(decodeTimes({ since: "yesterday", reason: TEXT })).toEqual({ since: "yesterday", reason: TEXT });
  });

  it("cost no copy where there are none", () => {
    const value = { pods: [{ name: "a" }, { name: "b" }], count: 2 };
    expect(encodeTimes(value)).toBe(value);
    expect(decodeTimes(value)).toBe(value);
    expect(encodeTimes("x")).toBe("x");
  });

  it("are the same after a round trip", () => {
    const time = fc.integer({ min: 0, max: AT });
    const name = fc.constantFrom(...TIME_MEMBERS);
    const value = fc.array(fc.dictionary(name, fc.oneof(time, fc.array(time))));
    fc.assert(
      fc.property(value, (times) => {
        expect(decodeTimes(encodeTimes(times))).toEqual(times);
      }),
    );
  });
});
