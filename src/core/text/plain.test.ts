import { expect, it } from "vitest";
import { oneLine, plainText, shorten, shortenMiddle, withoutEscapes } from "./plain.ts";

it.each([
  ["\u001b[1;31mERROR\u001b[0m failed", "ERROR failed"],
  ["\u001b]0;title\u0007text", "text"],
  ["\u001b]52;c;aGFjaw==\u001b\\text", "text"],
  ["\u009b31mred", "red"],
  ["\u001b(Btext", "text"],
  ["text\u001b", "text"],
  ["no escapes", "no escapes"],
])("removes escape sequences: %j", (text, plain) => expect(withoutEscapes(text)).toBe(plain));

it("removes characters that cannot be seen, and keeps lines", () => {
  expect(plainText("a\u0000b\u202Ec\u200Bd\r\ne\tf\u0085")).toBe("abcd\ne\tf");
  expect(oneLine(" a\r\n\u001b[2Jb\t c ")).toBe("a b c");
});

it("shortens at a word, or in the middle", () => {
  expect(shorten("short", 10)).toBe("short");
  expect(shorten("one two three", 10)).toBe("one two…");
  expect(shorten("one-two-three-four-five-six", 10)).toBe("one-two-t…");
  expect(shortenMiddle("0123456789".repeat(4), 13)).toBe("012 … 3456789");
  expect(shortenMiddle("short", 10)).toBe("short");
});

it.each(["\u001b[", "\u001b]", "\u009b", "\u001b[31", "x"])("takes time in proportion to the text: %j", (piece) => {
  const text = piece.repeat(200_000);
  const before = process.cpuUsage();
  plainText(text);
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(4_000);
});
