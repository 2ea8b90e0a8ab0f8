import { expect, it } from "vitest";
import { bytes, count, list, plural } from "./text.ts";

it("counts with singular and plural", () => {
  expect(count(1821)).toBe("1,821");
  expect(plural(1, "container")).toBe("1 container");
  expect(plural(2000, "container")).toBe("2,000 containers");
});

it("lists a few names and counts the rest", () => {
  expect(list([])).toBe("");
  expect(list(["a"])).toBe("a");
  expect(list(["a", "b"])).toBe("a and b");
  expect(list(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
});

it("formats sizes with a unit", () => {
  expect(bytes(512)).toBe("512 B");
  expect(bytes(2_483_200)).toBe("2.5 MB");
  expect(bytes(123_456_789)).toBe("123 MB");
});
