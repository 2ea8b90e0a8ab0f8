import { expect, it } from "vitest";
import { toCsv } from "./csv.ts";

it("quotes what needs it and leaves numbers alone", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        ['say "hi"', 3],
        ["one\ntwo", undefined],
        ["x,y", -1],
      ],
    ),
  ).toBe('a,b\r\n"say ""hi""",3\r\n"one\ntwo",\r\n"x,y",-1\r\n');
});

it.each(["=1+1", "+49", "-x", "@cmd", "\tx"])("defuses %j, which a spreadsheet would run", (text) => {
  expect(toCsv(["a"], [[text]])).toBe(`a\r\n'${text}\r\n`);
});
