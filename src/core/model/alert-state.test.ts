import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertState } from "./alert.ts";
import { type AlertPolicy, nextChange, nextState } from "./alert-state.ts";
import { MINUTE } from "./time.ts";

const policy: AlertPolicy = { for: 2 * MINUTE, keepFiringFor: 3 * MINUTE };
const LETTERS = { pending: "p", firing: "f", resolved: "r" } as const;

/** One character a minute: `x` the finding is there, `.` it is not. The states: pending, firing, resolved, `.` none. */
function replay(story: string): string {
  let state: AlertState | undefined;
  let states = "";
  [...story].forEach((mark, minute) => {
    state = nextState(state, mark === "x", policy, minute * MINUTE);
    states += state === undefined ? "." : LETTERS[state.name];
  });
  return states;
}

const anyStory = fc.string({ unit: fc.constantFrom("x", "."), maxLength: 40 });

describe("nextState", () => {
  it.each`
    seen            | states          | reason
    ${"xxx"}        | ${"ppf"}        | ${"a finding that lasts fires"}
    ${"x.xx"}       | ${"p.pp"}       | ${"a pending alert is forgotten, not resolved"}
    ${"xxx.x.x"}    | ${"ppfffff"}    | ${"a flapping pod pages once"}
    ${"xxx...."}    | ${"ppfffrr"}    | ${"an alert is kept firing for a while, then resolved"}
    ${"xxx....xxx"} | ${"ppfffrrppf"} | ${"a resolved alert can come back"}
    ${"...."}       | ${"...."}       | ${"nothing comes of nothing"}
  `("$seen → $states: $because", ({ seen, states }) => expect(replay(seen)).toBe(states));

  it("fires at once, and resolves at once, when the policy gives no time", () => {
    const atOnce: AlertPolicy = { for: 0, keepFiringFor: 0 };
    const firing = nextState(undefined, true, atOnce, 5);
    expect(firing).toEqual({ name: "firing", activeAt: 5, firedAt: 5, lastSeenAt: 5 });
    expect(nextState(firing, false, atOnce, 7)).toEqual({ name: "resolved", activeAt: 5, firedAt: 5, resolvedAt: 7 });
  });

  it("counts from when the snapshot says that it began", () => {
    const began = 10 * MINUTE;
    expect(nextState(undefined, true, policy, 13 * MINUTE, began)).toMatchObject({ name: "firing", activeAt: began });
    const pending = nextState(undefined, true, policy, 11 * MINUTE, began)!;
    expect(pending).toMatchObject({ name: "pending", activeAt: began });
    expect(nextState(pending, true, policy, 12 * MINUTE, 11 * MINUTE)).toMatchObject({
      name: "pending",
      activeAt: 11 * MINUTE,
    });
  });

  it("takes a beginning in the future, by a node's clock, as now", () => {
    expect(nextState(undefined, true, policy, 5, 9)).toMatchObject({ name: "pending", activeAt: 5 });
  });

  it("resolves only what fired", () =>
    fc.assert(fc.property(anyStory, (story) => void expect(replay(story)).not.toMatch(/(^|[^fr])r/))));

  it("fires only what lasted", () =>
    fc.assert(fc.property(anyStory, (story) => void expect(replay(story)).not.toMatch(/(^|\.|r)p?f/))));
});

describe("nextChange", () => {
  it("is exact: nothing changes before it, and something does at it", () =>
    fc.assert(
      fc.property(anyStory, (story) => {
        let state: AlertState | undefined;
        let now = 0;
        let seen = false;
        for (const mark of story) {
          now += MINUTE;
          seen = mark === "x";
          state = nextState(state, seen, policy, now);
        }
        if (state === undefined) return;
        const name = (at: number) => nextState(state, seen, policy, at)?.name;
        const change = nextChange(state, policy);
        if (change === undefined) {
          expect(name(now + 1_000 * MINUTE)).toBe(state.name);
          return;
        }
        expect(name(change - 1)).toBe(state.name);
        expect(name(change)).not.toBe(state.name);
      }),
    ));
});
