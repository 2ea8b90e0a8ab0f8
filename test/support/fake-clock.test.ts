import { expect, it } from "vitest";
import { createFakeClock } from "./fake-clock.ts";

it("runs due timers in order, with those they set, and lets promises settle between", async () => {
  const clock = createFakeClock({ now: 1_000 });
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b at ${clock.now()}`));
  clock.after(10, async () => {
    seen.push(`a at ${clock.now()}`);
    await Promise.resolve();
    clock.after(5, () => seen.push(`c at ${clock.monotonic()}`));
  });
  clock.after(31, () => seen.push("late"));
  await clock.advance(30);
  expect(seen).toEqual(["a at 1010", "c at 15", "b at 1020"]);
  expect([clock.now(), clock.monotonic(), clock.timers, clock.nextTimer()]).toEqual([1_030, 30, 1, 1]);
});

it("does not run a cancelled timer, and keeps timers apart from a jump of the wall clock", async () => {
  const clock = createFakeClock({ now: 0, random: 0.25 });
  let fired = 0;
  clock.after(10, () => fired++).cancel();
  clock.after(10, () => fired++);
  clock.jump(3_600_000);
  await clock.advance(9);
  expect([fired, clock.now(), clock.random()]).toEqual([0, 3_600_009, 0.25]);
  await clock.advance(1);
  expect(fired).toBe(1);
});

it("runs all due timers at once when it is blocked, before promises settle", async () => {
  const clock = createFakeClock({ now: 0 });
  const seen: string[] = [];
  clock.after(10, async () => {
    await Promise.resolve();
    seen.push("settled");
  });
  clock.after(20, () => seen.push(`at ${clock.now()}`));
  clock.after(31, () => seen.push("late"));
  clock.block(30);
  expect(seen).toEqual(["at 20"]);
  await clock.settle();
  expect([seen, clock.monotonic()]).toEqual([["at 20", "settled"], 30]);
});
