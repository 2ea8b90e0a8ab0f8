import { describe, expect, it } from "vitest";
import { type StateInterval, stateChanges } from "./state-timeline.ts";

const interval = (firedAt: number, resolvedAt?: number, changes: Partial<StateInterval> = {}): StateInterval => ({
  severity: "critical",
  container: "app",
  firedAt,
  resolvedAt,
  lastNotifiedAt: undefined,
  ...changes,
});

describe("the changes of a row's state", () => {
  it.each<[string, readonly StateInterval[], readonly string[]]>([
    ["nothing ever fired", [], []],
    ["one fires", [interval(1)], ["1: Normal → Failure"]],
    [
      "it flaps",
      [interval(1, 2), interval(3, 4)],
      ["1: Normal → Failure", "2: Failure → Normal", "3: Normal → Failure", "4: Failure → Normal"],
    ],
    [
      "one continues where another ends",
      [interval(1, 3), interval(2, 5)],
      ["1: Normal → Failure", "5: Failure → Normal"],
    ],
    ["they meet", [interval(1, 3), interval(3)], ["1: Normal → Failure"]],
    [
      "a notification is sent",
      [interval(1, 9, { lastNotifiedAt: 4 })],
      ["1: Normal → Failure", "4: Failure → Sent", "9: Sent → Normal"],
    ],
    [
      "it resolved before a notification was sent",
      [interval(1, 2, { lastNotifiedAt: 4 })],
      ["1: Normal → Failure", "2: Failure → Normal"],
    ],
    [
      "a warning joins a critical one with a notification",
      [interval(1, undefined, { lastNotifiedAt: 2 }), interval(3, undefined, { severity: "warning" })],
      ["1: Normal → Failure", "2: Failure → Sent"],
    ],
    [
      "a critical one joins a warning with a notification",
      [interval(1, 5, { severity: "warning", lastNotifiedAt: 2 }), interval(3, 4)],
      ["1: Normal → Warning", "2: Warning → Sent", "3: Sent → Failure", "4: Failure → Sent", "5: Sent → Normal"],
    ],
  ])("when %s", (_, intervals, expected) => {
    expect(stateChanges(intervals).map(({ at, from, to }) => `${at}: ${from} → ${to}`)).toEqual(expected);
  });
});
