import fc from "fast-check";
import { expect, it } from "vitest";
import { createInterner } from "./interner.ts";
import { createPool } from "./pool.ts";

const texts = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary-ascii", maxLength: 300 }),
);

it("returns equal strings for text and bytes, at any pool size", () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 60 }), fc.constantFrom(1, 4, 16, 1 << 12), (values, capacity) => {
      const interner = createInterner(capacity);
      const buffer = Buffer.concat(values.map((value) => Buffer.from(`·${value}·`)));
      for (let round = 0; round < 2; round++) {
        let at = 0;
        for (const value of values) {
          const start = at + Buffer.byteLength("·");
          const end = start + Buffer.byteLength(value);
          const read = buffer.toString("utf8", start, end);
          expect(interner.bytes(buffer, start, end)).toBe(read);
          expect(interner.string(value)).toBe(Buffer.from(value).toString());
          at = end + Buffer.byteLength("·");
        }
      }
    }),
    { numRuns: 300 },
  );
});

it("starts empty again when it is full, and still returns the right strings", () => {
  const interner = createInterner(16);
  for (let turn = 0; turn < 2_000; turn++) {
    const value = `node-${turn % 40}-${"x".repeat(turn % 200)}`;
    const buffer = Buffer.from(value);
    expect(interner.bytes(buffer, 0, buffer.length)).toBe(value);
  }
});

it("a pool keeps strings that are used repeatedly, and drops the others", () => {
  const pool = createPool<{ readonly key: string }>(10);
  const make = (key: string) => () => ({ key });
  const kept = pool.get("kept", make("kept"));
  const dropped = pool.get("dropped", make("dropped"));
  for (let turn = 0; turn < 100; turn++) {
    pool.get(`other ${turn}`, make("other"));
    expect(pool.get("kept", make("new"))).toBe(kept);
  }
  expect(pool.get("dropped", make("dropped"))).not.toBe(dropped);
});
