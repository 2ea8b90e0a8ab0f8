import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createRateLimiter } from "./rate-limiter.ts";

function limiting(count: number, signal = new AbortController().signal) {
  const clock = createFakeClock();
  const start = clock.monotonic();
  const limiter = createRateLimiter(clock, { perSecond: 10, burst: 3 });
  const admitted: number[] = [];
  const pass = async (times: number) => {
    for (let time = 0; time < times; time++) {
      await limiter.admitted(signal);
      admitted.push(clock.monotonic() - start);
    }
  };
  void pass(count);
  return { clock, admitted, pass };
}

it("admits a burst at once and then the given number per second", async () => {
  const { clock, admitted } = limiting(6);
  await clock.advance(1_000);
  expect(admitted).toEqual([0, 0, 0, 100, 200, 300]);
});

it("admits another burst after a pause, of the same size however long the pause was", async () => {
  const { clock, admitted, pass } = limiting(3);
  await clock.advance(10_000);
  void pass(5);
  await clock.advance(1_000);
  expect(admitted.slice(3)).toEqual([10_000, 10_000, 10_000, 10_100, 10_200]);
});

it("admits all when the signal is aborted", async () => {
  const stop = new AbortController();
  const { clock, admitted } = limiting(20, stop.signal);
  await clock.advance(100);
  stop.abort();
  await clock.settle();
  expect(admitted).toHaveLength(20);
  expect(clock.timers).toBe(0);
});
