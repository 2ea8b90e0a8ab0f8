import { expect, it } from "vitest";
import { conditionsScope, conditionText } from "./conditions.ts";
import { repeatProblem, repeatText } from "./repeat.ts";

const hours = { from: "22:00", to: "06:00", timezone: "UTC" };

it("repeatText says on which days and at which times", () => {
  expect(repeatText(hours)).toBe("every day, 22:00–06:00 UTC");
  expect(repeatText({ ...hours, days: ["sun"] })).toBe("every Sun, 22:00–06:00 UTC");
  expect(repeatText({ ...hours, days: ["sun", "sat", "fri"], to: "22:00" })).toBe(
    "every Fri, Sat and Sun, the whole day UTC",
  );
});

it("repeatProblem says what is incomplete", () => {
  expect(repeatProblem(undefined)).toBeUndefined();
  expect(repeatProblem(hours)).toBeUndefined();
  expect(repeatProblem({ ...hours, to: "" })).toBe("Enter both times of the hours");
  expect(repeatProblem({ ...hours, days: [] })).toBe("Choose at least one day");
});

it("conditionsScope is undefined while a condition has no value", () => {
  const one = { name: "namespace", operator: "=~", value: " shop|media " } as const;
  expect(conditionsScope([one])).toEqual({ kind: "matchers", matchers: [{ ...one, value: "shop|media" }] });
  expect(conditionsScope([one, { ...one, value: " " }])).toBeUndefined();
  expect(conditionText({ ...one, value: 'a"b' })).toBe('namespace=~"a\\"b"');
});
