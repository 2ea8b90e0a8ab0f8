import { describe, expect, it } from "vitest";
import { linesMoved } from "./lines-moved.ts";
import { readQuery, writeQuery } from "./query.ts";
import { timelineBars } from "./timeline.ts";

describe("the number of lines that would move", () => {
  it.each`
    shown     | fresh     | moved | reason
    ${"abcd"} | ${"abcd"} | ${0}  | ${"nothing changed"}
    ${"abcd"} | ${"dabc"} | ${1}  | ${"one goes to the top, the others only make room"}
    ${"abcd"} | ${"dcba"} | ${3}  | ${"one may stay"}
    ${"abcd"} | ${"xabc"} | ${1}  | ${"one comes in and pushes one off the page"}
    ${"abc"}  | ${"abcd"} | ${1}  | ${"one is new"}
    ${"abcd"} | ${"acd"}  | ${1}  | ${"one is gone"}
    ${""}     | ${"ab"}   | ${2}  | ${"all are new"}
    ${"abcd"} | ${"badc"} | ${2}  | ${"two pairs changed places"}
  `("$shown → $fresh: $moved, because $reason", ({ shown, fresh, moved }) => {
    expect(linesMoved([...shown], [...fresh])).toBe(moved);
  });
});

describe("the address", () => {
  it("contains the whole query, without default values", () => {
    const search =
      "?ns=shop,pay&severity=critical,warning&q=led+ger&gone=show&sort=-restarts&page=3&open=shop/pod-1/app&tab=logs";
    expect(writeQuery(readQuery(search))).toBe(search);
    expect(writeQuery(readQuery(""))).toBe("");
  });

  it("ignores invalid parts of old or mistyped links", () => {
    const query = readQuery("?severity=broken,critical&sort=colour&page=-2&tab=secrets&open=");
    expect(query).toMatchObject({
      severity: ["critical"],
      sort: "",
      page: 1,
      tab: "overview",
      open: undefined,
    });
  });
});

describe("the timeline", () => {
  const HOUR = 3_600_000;
  const LENGTH = HOUR / 24;
  const NOW = 1_000 * HOUR + 10_000;
  const draw = (restarts: readonly number[], threshold = 3) =>
    timelineBars(restarts, NOW, HOUR, threshold)
      .map(({ count, over }) => (count === 0 ? "." : over ? "!" : String(count)))
      .join("");

  it("has 24 bars, the last one for the current period", () => {
    expect(draw([])).toBe("........................");
    expect(draw([NOW - 1])).toBe(".......................1");
    expect(draw([NOW - LENGTH])).toBe("......................1.");
  });

  it("is red from the restart that reached the threshold", () => {
    expect(draw([NOW - 10 * LENGTH, NOW - 8 * LENGTH, NOW - 6 * LENGTH, NOW - 2 * LENGTH])).toBe(
      ".............1.1.!...!..",
    );
  });

  it("excludes restarts before the window, even for the threshold", () => {
    expect(draw([NOW - HOUR - 1, NOW - 3 * LENGTH, NOW - 2 * LENGTH])).toBe("....................11..");
  });

  it("puts a restart just before the oldest bar, or in the future of a slow clock, into the nearest bar", () => {
    expect(draw([NOW - HOUR + 1])).toBe("1.......................");
    expect(draw([NOW + 5_000])).toBe(".......................1");
  });
});
