import fc from "fast-check";
import { expect, it } from "vitest";
import { isSame } from "./same.ts";

it("treats a value as equal after a JSON round trip", () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => void expect(isSame(value, JSON.parse(JSON.stringify(value)))).toBe(true)),
  ));

it.each`
  a                         | b                         | same
  ${{ x: 1, y: undefined }} | ${{ x: 1 }}               | ${true}
  ${{ x: 1 }}               | ${{ x: 1, y: undefined }} | ${true}
  ${{ x: 1 }}               | ${{ x: 1, y: 2 }}         | ${false}
  ${{ x: 1, y: 2 }}         | ${{ x: 1 }}               | ${false}
  ${[1, 2]}                 | ${[1, 2]}                 | ${true}
  ${[1, 2]}                 | ${[2, 1]}                 | ${false}
  ${[1]}                    | ${[1, 2]}                 | ${false}
  ${[]}                     | ${{}}                     | ${false}
  ${{}}                     | ${[]}                     | ${false}
  ${null}                   | ${{}}                     | ${false}
  ${{}}                     | ${null}                   | ${false}
  ${1}                      | ${"1"}                    | ${false}
`("$a and $b: $same", ({ a, b, same }) => expect(isSame(a, b)).toBe(same));
