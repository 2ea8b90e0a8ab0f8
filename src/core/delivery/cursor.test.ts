import fc from "fast-check";
import { expect, it } from "vitest";
import { alertCursor, InvalidCursorError, parseAlertCursor, parseIdCursor } from "./cursor.ts";

it("an alert cursor is parsed back to its position", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat({ max: 999_999_999 }), (activeAt, hash, episode) => {
      const fingerprint = hash.toString(16).padStart(16, "0");
      const cursor = alertCursor({ fingerprint, episode, state: { name: "pending", activeAt, lastSeenAt: activeAt } });
      expect(parseAlertCursor(cursor)).toEqual({ activeAt, fingerprint, episode });
    }),
  );
});

it.each(["", "1", "1.2", "x.00aa.1", "1.00AA.1", "1.00aa.1.1", "1.00aa.-1", "1.00aa.1'--"])("rejects %j", (cursor) => {
  expect(() => parseAlertCursor(cursor)).toThrow(InvalidCursorError);
});

it("an id cursor is a number", () => {
  expect(parseIdCursor("42")).toBe(42);
  for (const cursor of ["", "-1", "1.5", "x", "1".repeat(16)]) {
    expect(() => parseIdCursor(cursor)).toThrow("Invalid cursor. Omit it to start from the beginning.");
  }
});
