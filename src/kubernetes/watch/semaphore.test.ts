import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createSemaphore } from "./semaphore.ts";

it("lets a limited number in at once, and the others in order of arrival", async () => {
  const semaphore = createSemaphore(2);
  const { signal } = new AbortController();
  const entered: number[] = [];
  const releases: (() => void)[] = [];
  for (let number = 0; number < 4; number++) {
    void semaphore.acquire(signal).then((release) => {
      entered.push(number);
      releases[number] = release;
    });
  }
  await setImmediate();
  expect(entered).toEqual([0, 1]);
  releases[1]?.();
  releases[1]?.();
  await setImmediate();
  expect(entered).toEqual([0, 1, 2]);
  releases[0]?.();
  await setImmediate();
  expect(entered).toEqual([0, 1, 2, 3]);
});

it("removes an aborted caller from the queue", async () => {
  const semaphore = createSemaphore(1);
  const release = await semaphore.acquire(new AbortController().signal);
  const aborted = new AbortController();
  const waiting = semaphore.acquire(aborted.signal);
  aborted.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  release();
  await expect(semaphore.acquire(new AbortController().signal)).resolves.toBeTypeOf("function");
});
