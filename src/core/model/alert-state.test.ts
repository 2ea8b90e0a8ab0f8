import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlertState, firedAt } from "./alert.ts";
import { type AlertPolicy, nextChange, nextState } from "./alert-state.ts";
import { MINUTE } from "./time.ts";

const policy: AlertPolicy = { for: 2 * MINUTE, keepFiringFor: 3 * MINUTE };
const LETTERS = { pending: "p", firing: "f", resolved: "r" } as const;

/** One character per minute: `x` if the finding is reported, `.` if not. States: pending, firing, resolved, `.` inactive. */
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
    seen            | states          | story
    ${"xxx"}        | ${"ppf"}        | ${"a lasting finding fires"}
    ${"x.xx"}       | ${"p.pp"}       | ${"a pending alert becomes inactive, not resolved"}
    ${"xxx.x.x"}    | ${"ppfffff"}    | ${"a flapping pod fires once"}
    ${"xxx...."}    | ${"ppfffrr"}    | ${"an alert keeps firing for keep_firing_for, then resolves"}
    ${"xxx....xxx"} | ${"ppfffrrppf"} | ${"a resolved alert can fire again"}
    ${"...."}       | ${"...."}       | ${"no finding, no alert"}
  `("$seen → $states: $story", ({ seen, states }) => expect(replay(seen)).toBe(states));

  it("fires and resolves immediately if both durations are 0", () => {
    const immediate: AlertPolicy = { for: 0, keepFiringFor: 0 };
    const firing = nextState(undefined, true, immediate, 5);
    expect(firing).toEqual({ name: "firing", activeAt: 5, firedAt: 5, lastSeenAt: 5 });
    expect(nextState(firing, false, immediate, 7)).toEqual({
      name: "resolved",
      activeAt: 5,
      firedAt: 5,
      resolvedAt: 7,
    });
  });

  it("counts from the time in the snapshot", () => {
    const since = 10 * MINUTE;
    expect(nextState(undefined, true, policy, 13 * MINUTE, since)).toMatchObject({ name: "firing", activeAt: since });
    const pending = nextState(undefined, true, policy, 11 * MINUTE, since)!;
    expect(pending).toMatchObject({ name: "pending", activeAt: since });
    expect(nextState(pending, true, policy, 12 * MINUTE, 11 * MINUTE)).toMatchObject({
      name: "pending",
      activeAt: 11 * MINUTE,
    });
  });

  it("treats a start in the future, from a node with a wrong clock, as now", () => {
    expect(nextState(undefined, true, policy, 5, 9)).toMatchObject({ name: "pending", activeAt: 5 });
  });

  it("resolves only alerts that fired", () =>
    fc.assert(fc.property(anyStory, (story) => void expect(replay(story)).not.toMatch(/(^|[^fr])r/))));

  it("fires only findings that lasted", () =>
    fc.assert(fc.property(anyStory, (story) => void expect(replay(story)).not.toMatch(/(^|\.|r)p?f/))));
});

describe("nextChange", () => {
  it("is exact: the state changes at that time and not before", () =>
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

describe("firedAt", () => {
  it("is when the alert fired, or when it became active while it is pending", () => {
    expect(firedAt({ state: { name: "firing", activeAt: 1, firedAt: 3, lastSeenAt: 5 } })).toBe(3);
    expect(firedAt({ state: { name: "pending", activeAt: 1, lastSeenAt: 5 } })).toBe(1);
  });
});
