import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprint, fnv1a64 } from "./fingerprint.ts";

const bytes = (text: string) => [...new TextEncoder().encode(text)];

describe("fnv1a64", () => {
  it.each`
    text        | hash
    ${""}       | ${"cbf29ce484222325"}
    ${"a"}      | ${"af63dc4c8601ec8c"}
    ${"foobar"} | ${"85944171f73967e8"}
  `("gives the published value for '$text'", ({ text, hash }) => expect(fnv1a64(bytes(text))).toBe(hash));

  it("agrees with the definition in BigInt arithmetic", () =>
    fc.assert(
      fc.property(fc.uint8Array(), (input) => {
        let expected = 0xcbf29ce484222325n;
        for (const byte of input) expected = BigInt.asUintN(64, (expected ^ BigInt(byte)) * 0x100000001b3n);
        expect(fnv1a64([...input])).toBe(expected.toString(16).padStart(16, "0"));
      }),
    ));
});

describe("fingerprint", () => {
  it("does not depend on the order of the labels", () => {
    expect(fingerprint({ namespace: "shop", pod: "web-0" })).toBe(fingerprint({ pod: "web-0", namespace: "shop" }));
  });

  it("treats an undefined label as absent", () => {
    expect(fingerprint({ namespace: "shop", pod: undefined })).toBe(fingerprint({ namespace: "shop" }));
  });

  it("distinguishes labels that concatenate to the same text", () => {
    expect(fingerprint({ pod: "ab", x: "c" })).not.toBe(fingerprint({ pod: "a", x: "bc" }));
    expect(fingerprint({ a: "b", c: "d" })).not.toBe(fingerprint({ a: "bcd" }));
  });

  it.each(["a", "\u007f", "\u0080", "é", "\u07ff", "\u0800", "€", "\uffff", "😀", "\u{10ffff}"])(
    "hashes %j as its one to four bytes of UTF-8",
    (value) => expect(fingerprint({ a: value })).toBe(fnv1a64([...bytes("a"), 0xff, ...bytes(value), 0xff])),
  );

  it("hashes the UTF-8 of names and values with 0xff after each", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, value) => {
        expect(fingerprint(Object.fromEntries([[name, value]]))).toBe(
          fnv1a64([...bytes(name), 0xff, ...bytes(value), 0xff]),
        );
      }),
    ));

  it("is 16 hexadecimal digits", () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (labels) => {
        expect(fingerprint(labels)).toMatch(/^[0-9a-f]{16}$/);
      }),
    ));
});
