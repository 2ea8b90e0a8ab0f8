import { describe, expect, it } from "vitest";
import type { AlertState } from "../model/alert.ts";
import { HOUR, MINUTE } from "../model/time.ts";
import { type Episode, episodeOf, isRecent, isRecovering, spansOf, stripOf } from "./lifecycle.ts";

const JOIN = 30 * MINUTE;
const NOW = 1_000 * HOUR;

/** In minutes before now. */
function episode(from: number, to: number | "open", change: Partial<Episode> = {}): Episode {
  const firedAt = NOW - from * MINUTE;
  const resolvedAt = to === "open" ? Infinity : NOW - to * MINUTE;
  return { severity: "warning", activeAt: firedAt, firedAt, resolvedAt, ...change };
}

describe("an incident", () => {
  const spans = (...episodes: Episode[]) =>
    spansOf(episodes, JOIN).map(({ openedAt, resolvedAt, reopenedAt }) => [
      (NOW - openedAt) / MINUTE,
      resolvedAt === Infinity ? "open" : (NOW - resolvedAt) / MINUTE,
      reopenedAt.length,
    ]);

  it("lasts from its first alert to the end of its last", () => {
    expect(spans(episode(60, 20), episode(90, 50))).toEqual([[90, 20, 0]]);
    expect(spans(episode(60, "open"), episode(90, 50))).toEqual([[90, "open", 0]]);
  });

  it("is opened again by an alert within the join time", () => {
    expect(spans(episode(90, 60), episode(30, "open"))).toEqual([[90, "open", 1]]);
    expect(spans(episode(90, 60), episode(29, "open"))).toEqual([
      [90, 60, 0],
      [29, "open", 0],
    ]);
  });

  it("began when its first finding became true, and keeps its identity when an earlier finding fires later", () => {
    const [span] = spansOf([episode(60, "open"), episode(50, "open", { activeAt: NOW - 65 * MINUTE })], JOIN);
    expect(span).toMatchObject({ openedAt: NOW - 60 * MINUTE, since: NOW - 65 * MINUTE });
  });

  it("began at least at its first alert, unless another says when", () => {
    const atLeast = { sinceAtLeast: true } as const;
    const of = (...episodes: Episode[]) => spansOf(episodes, JOIN)[0]?.sinceAtLeast;
    expect(of(episode(60, "open", atLeast), episode(50, "open"))).toBe(true);
    expect(of(episode(60, "open", atLeast), episode(50, "open", { activeAt: NOW - 65 * MINUTE }))).toBeUndefined();
    expect(of(episode(60, "open"), episode(50, "open", { ...atLeast, activeAt: NOW - 65 * MINUTE }))).toBe(true);
    const state = { name: "firing", activeAt: 1, firedAt: 2, lastSeenAt: 3 } as const;
    expect(episodeOf({ severity: "warning", state, ...atLeast })).toMatchObject(atLeast);
  });

  it("is as severe as its worst alert", () => {
    const critical = { severity: "critical" } as const;
    expect(spansOf([episode(60, 50, critical), episode(40, "open")], JOIN)[0]?.severity).toBe("critical");
    expect(spansOf([episode(60, 50), episode(40, "open", critical)], JOIN)[0]?.severity).toBe("critical");
    expect(spansOf([episode(60, 50)], JOIN)[0]?.severity).toBe("warning");
  });

  it("is recent for 24 h after it was resolved", () => {
    expect(
      [{ resolvedAt: Infinity }, { resolvedAt: NOW - 24 * HOUR + 1 }, { resolvedAt: NOW - 24 * HOUR }].map((span) =>
        isRecent(span, NOW),
      ),
    ).toEqual([true, true, false]);
  });
});

it.each<[AlertState, Partial<Episode> | undefined]>([
  [{ name: "pending", activeAt: 1, lastSeenAt: 1 }, undefined],
  [
    { name: "firing", activeAt: 1, firedAt: 2, lastSeenAt: 3 },
    { activeAt: 1, firedAt: 2, resolvedAt: Infinity },
  ],
  [
    { name: "resolved", activeAt: 1, firedAt: 2, resolvedAt: 4 },
    { activeAt: 1, firedAt: 2, resolvedAt: 4 },
  ],
])("an alert that is %o is the episode %o", (state, expected) => {
  expect(episodeOf({ severity: "warning", state })).toEqual(expected && { severity: "warning", ...expected });
});

describe("a strip", () => {
  const critical = { severity: "critical" } as const;
  const end = (strip: string) => strip.slice(-6);

  it("has 48 half hours by the clock, the present one last", () => {
    expect(stripOf([], NOW)).toBe(".".repeat(48));
    expect(end(stripOf([episode(45, 31)], NOW))).toBe("...w..");
    expect(end(stripOf([episode(0, "open")], NOW))).toBe(".....w");
  });

  it("shows the worst of each half hour", () => {
    expect(end(stripOf([episode(70, "open"), episode(40, 35, critical)], NOW))).toBe("..wcww");
    expect(end(stripOf([episode(40, 35, critical), episode(70, "open")], NOW))).toBe("..wcww");
  });

  it("leaves out what was before, and what did not exist yet", () => {
    expect(stripOf([episode(3_000, 2_900)], NOW)).toBe(".".repeat(48));
    expect(stripOf([episode(3_000, "open")], NOW)).toBe("w".repeat(48));
    expect(end(stripOf([], NOW, { existsSince: NOW - 30 * MINUTE }))).toBe("----..");
  });

  it("shows unknown time", () => {
    expect(end(stripOf([episode(10, "open", critical)], NOW, { unknown: true }))).toBe("....uu");
  });
});

describe("an incident recovers", () => {
  const runs = (minutes: number, ...restarts: number[]) => ({
    runningSince: NOW - minutes * MINUTE,
    restarts: restarts.map((ago) => NOW - ago * MINUTE),
  });

  it.each([
    ["after 10 min without a restart", [runs(10)], true],
    ["not before", [runs(9)], false],
    ["after twice the longest pause between restarts", [runs(24, 48, 36, 24)], true],
    ["not within that", [runs(23, 47, 35, 23)], false],
    ["not while one of its containers does not run", [runs(60), { runningSince: undefined, restarts: [] }], false],
    ["not without pods", [], false],
  ])("%s", (_, containers, expected) => expect(isRecovering(containers, NOW)).toBe(expected));
});
