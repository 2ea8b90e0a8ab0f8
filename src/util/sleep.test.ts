import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { sleep } from "./sleep.ts";

it("ends after the delay, or when the signal aborts", async () => {
  const clock = createFakeClock();
  const woken: string[] = [];
  const stop = new AbortController();
  void sleep(clock, 100).then(() => woken.push("delay"));
  void sleep(clock, 1_000, stop.signal).then(() => woken.push("abort"));
  void sleep(clock, 1_000, AbortSignal.abort()).then(() => woken.push("already aborted"));
  await clock.advance(150);
  stop.abort();
  await clock.settle();
  expect(woken).toEqual(["already aborted", "delay", "abort"]);
  expect(clock.timers).toBe(0);
});

it("does not wait for the clock when there is no delay", async () => {
  const clock = createFakeClock();
  await sleep(clock, 0);
  expect(clock.timers).toBe(0);
});
