import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { repeat } from "./repeat.ts";
import { sleep } from "./sleep.ts";

it("runs after `first`, then `every` after the end of each run", async () => {
  const clock = createFakeClock();
  const runs: number[] = [];
  await using _ = repeat(clock, { first: 10, every: 100 }, async () => {
    runs.push(clock.monotonic());
    await sleep(clock, 5);
  });
  await clock.advance(300);
  expect(runs).toEqual([10, 115, 220]);
});

it("asks for the interval after each run", async () => {
  const clock = createFakeClock();
  const runs: number[] = [];
  await using _ = repeat(clock, { every: () => (runs.length + 1) * 100 }, () => void runs.push(clock.monotonic()));
  await clock.advance(600);
  expect(runs).toEqual([100, 300, 600]);
});

it("disposing aborts the current run, waits for its end and starts no other", async () => {
  const clock = createFakeClock();
  const seen: string[] = [];
  const task = repeat(clock, { every: 100 }, async (signal) => {
    seen.push("start");
    await sleep(clock, 1_000, signal);
    seen.push(signal.aborted ? "aborted" : "end");
  });
  await clock.advance(150);
  await task[Symbol.asyncDispose]();
  await clock.advance(5_000);
  expect(seen).toEqual(["start", "aborted"]);
  expect(clock.timers).toBe(0);
});
