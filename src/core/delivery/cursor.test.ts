import fc from "fast-check";
import { expect, it } from "vitest";
import { alertCursor, parseAlertCursor } from "./cursor.ts";

it("finds the place that a cursor was made from", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat({ max: 999_999_999 }), (activeAt, hash, episode) => {
      const fingerprint = hash.toString(16).padStart(16, "0");
      const cursor = alertCursor({ fingerprint, episode, state: { name: "pending", activeAt, lastSeenAt: activeAt } });
      expect(parseAlertCursor(cursor)).toEqual({ activeAt, fingerprint, episode });
    }),
  );
});

it.each(["", "1", "1.2", "x.00aa.1", "1.00AA.1", "1.00aa.1.1", "1.00aa.-1", "1.00aa.1'--"])("refuses %j", (cursor) => {
  expect(parseAlertCursor(cursor)).toBeUndefined();
});
