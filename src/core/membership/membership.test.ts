import { describe, expect, it } from "vitest";
import { SECOND } from "../model/time.ts";
import { isTrusted, type MemberState, type Observed, takeoverCause } from "./membership.ts";

const member = (id: string, startedAt: number, expiresIn = 3 * SECOND): MemberState => ({ id, startedAt, expiresIn });

describe("isTrusted", () => {
  it.each<[beganAt: number | undefined, now: number, expected: boolean]>([
    [undefined, 0, false],
    [1_000, 1_000, true],
    [1_000, 4_999, true],
    [1_000, 5_000, false],
  ])("a heartbeat that began at %s, at %s: %s", (beganAt, now, expected) =>
    expect(isTrusted(beganAt, now)).toBe(expected),
  );
});

describe("takeoverCause", () => {
  const observed = (given: Partial<Observed>): Observed => ({
    members: [member("me", 2)],
    owner: undefined,
    changedFor: 0,
    ...given,
  });
  const LONG = 60 * SECOND;

  it.each<[situation: string, observed: Observed, steadyFor: number, expected: string | undefined]>([
    ["nobody owns the state", observed({}), 0, "released"],
    ["the owner is live", observed({ members: [member("me", 2), member("o", 1)], owner: "o" }), LONG, undefined],
    ["this member owns it", observed({ owner: "me" }), LONG, undefined],
    [
      "the owner has expired",
      observed({ members: [member("me", 2), member("o", 1, -1)], owner: "o" }),
      LONG,
      "expired",
    ],
    ["the owner is not a member any more", observed({ owner: "o" }), LONG, "expired"],
    [
      "the owner has expired, but this member has not observed long enough",
      observed({ members: [member("me", 2), member("o", 1, -1)], owner: "o" }),
      5 * SECOND - 1,
      undefined,
    ],
    [
      "released just now, and a newer member waits",
      observed({ members: [member("me", 2), member("n", 3)] }),
      0,
      undefined,
    ],
    [
      "released a second ago, and the newer member has not taken it",
      observed({ members: [member("me", 2), member("n", 3)], changedFor: SECOND }),
      0,
      "released",
    ],
    ["the newer member has expired", observed({ members: [member("me", 2), member("n", 3, 0)] }), 0, "released"],
    ["an older member waits too", observed({ members: [member("me", 2), member("old", 1)] }), 0, "released"],
    [
      "a member of the same age has the smaller id",
      observed({ members: [member("me", 2), member("a", 2)] }),
      0,
      undefined,
    ],
    [
      "a member of the same age has the larger id",
      observed({ members: [member("me", 2), member("z", 2)] }),
      0,
      "released",
    ],
    [
      "expired just now, and a newer member waits",
      observed({ members: [member("me", 2), member("n", 3), member("o", 1, -1)], owner: "o" }),
      LONG,
      undefined,
    ],
    [
      "expired a second ago, and the newer member has not taken it",
      observed({ members: [member("me", 2), member("n", 3), member("o", 1, -SECOND)], owner: "o" }),
      LONG,
      "expired",
    ],
    [
      "this member itself has expired, but sees the database",
      observed({ members: [member("me", 2, -1)] }),
      0,
      "released",
    ],
  ])("%s", (_situation, seen, steadyFor, expected) => expect(takeoverCause("me", seen, steadyFor)).toBe(expected));
});
