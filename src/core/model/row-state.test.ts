import { describe, expect, it } from "vitest";
import { compareStates, SHOWN_STATES, worstState } from "./row-state.ts";

describe("worstState", () => {
  it.each`
    states                            | worst
    ${[]}                             | ${"Normal"}
    ${["Normal", "Warning"]}          | ${"Warning"}
    ${["Warning", "Sent", "Warning"]} | ${"Sent"}
    ${["Sent", "Failure", "Warning"]} | ${"Failure"}
  `("$states is $worst", ({ states, worst }) => expect(worstState(states)).toBe(worst));
});

it("sorts states worst first", () => {
  expect([...SHOWN_STATES].reverse().sort(compareStates)).toEqual(SHOWN_STATES);
});
