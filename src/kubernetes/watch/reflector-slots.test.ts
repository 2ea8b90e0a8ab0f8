import { expect, it } from "vitest";
import { createSlots } from "./reflector-slots.ts";

it("lets so many in at once, the others in the order they came", async () => {
  const slots = createSlots(2);
  const { signal } = new AbortController();
  const entered: number[] = [];
  const releases: (() => void)[] = [];
  for (let number = 0; number < 4; number++) {
    void slots.acquire(signal).then((release) => {
      entered.push(number);
      releases[number] = release;
    });
  }
  await Promise.resolve();
  expect(entered).toEqual([0, 1]);
  releases[1]!();
  releases[1]!();
  await Promise.resolve();
  expect(entered).toEqual([0, 1, 2]);
  releases[0]!();
  await Promise.resolve();
  expect(entered).toEqual([0, 1, 2, 3]);
});

it("forgets who no longer waits", async () => {
  const slots = createSlots(1);
  const release = await slots.acquire(new AbortController().signal);
  const gone = new AbortController();
  const waiting = slots.acquire(gone.signal);
  gone.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  release();
  await expect(slots.acquire(new AbortController().signal)).resolves.toBeTypeOf("function");
});
