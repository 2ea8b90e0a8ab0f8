import { expect, it } from "vitest";
import { csvLine } from "./csv.ts";

it("separates with commas, quotes where needed and leaves missing cells empty", () => {
  expect(csvLine(["plain", 3, undefined, "a, b", 'has "quotes"', "two\nlines"])).toBe(
    'plain,3,,"a, b","has ""quotes""","two\nlines"\r\n',
  );
});

it.each([
  ['=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["  =1", "'  =1"],
  ["\t=1", "'\t=1"],
  ["\r=1", "'\uFFFD=1"],
  ["\u202E\u200B=1", "'\uFFFD\u200B=1"],
  ["＝1", "'＝1"],
])("keeps a spreadsheet from evaluating %j", (value, expected) => {
  expect(csvLine([value])).toBe(`${expected}\r\n`);
});
