import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableJson, printableLine } from "./printable.ts";

const COLORED = "\u001B[1;31mERROR\u001B[0m failed";
const CLIPBOARD = "\u001B]52;c;cm0gLXJmIH4=\u0007";

describe("printable", () => {
  it.each([
    ["plain text ✓ äöü 日本 💥", "plain text ✓ äöü 日本 💥"],
    [COLORED, "ERROR failed"],
    [CLIPBOARD, "�]52;c;cm0gLXJmIH4=�"],
    ["\u001B[2J\u001B[H", "�[2J�[H"],
    ["\u009B2J", "�2J"],
    ["user\u202Etxt.exe\u2066\u2069\u061C\u200F", "user�txt.exe����"],
    ["one\r\ntwo\n\tthree\rfour", "one\ntwo\n\tthree�four"],
    ["a\u2028b\u0000\u007F", "a�b��"],
  ])("%j becomes %j", (text, expected) => expect(printable(text)).toBe(expected));

  it("is linear in the length of the text", () => {
    const before = process.cpuUsage();
    for (const part of ["\u001B[", "\u001B[1;", "\u001B", " \n", "\r\n", "\t"]) {
      printable(part.repeat(200_000));
      printableLine(part.repeat(200_000));
    }
    printableLine(" ".repeat(200_000));
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000);
  });
});

it("printableLine has no line breaks", () => {
  expect(printableLine("one\n  two\r\nthree\tfour\u2028five\v six")).toBe("one two three four five six");
  expect(printableLine("  - indented  twice")).toBe("  - indented  twice");
});

it("printableJson escapes what a terminal would obey, without loss", () => {
  const value = { message: `${COLORED}${CLIPBOARD}\u009B2J\u202E`, list: ["a\nb"] };
  for (const indent of [undefined, 2]) {
    const json = printableJson(value, indent);
    expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(JSON.parse(json)).toEqual(value);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(printableJson([text]))).toEqual([text]);
    }),
  );
});
