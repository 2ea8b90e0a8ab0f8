import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { sleep } from "../../util/sleep.ts";
import { createBackoff, REFUSAL_BACKOFF, REQUEST_BACKOFF } from "./backoff.ts";

describe("the backoff of requests", () => {
  it("doubles from 0.8 s, stays below 30 s with jitter, and retries forever", () => {
    const backoff = createBackoff(createFakeClock({ random: 0 }), REQUEST_BACKOFF);
    const delays = Array.from({ length: 8 }, () => backoff.next());
    expect(delays).toEqual([800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000]);
    const jittered = createBackoff(createFakeClock({ random: 0.999 }), REQUEST_BACKOFF);
    for (let attempt = 0; attempt < 1_000; attempt++) expect(jittered.next()).toBeLessThan(30_000);
  });

  it("starts again after two healthy minutes, counted from the end of the last delay", async () => {
    const clock = createFakeClock({ random: 0 });
    const backoff = createBackoff(clock, REQUEST_BACKOFF);
    for (let attempt = 0; attempt < 6; attempt++) backoff.next();
    await clock.advance(15_000 + 119_000);
    expect(backoff.next()).toBe(15_000);
    await clock.advance(15_000 + 120_000);
    expect(backoff.next()).toBe(800);
  });

  it("ignores jumps of the wall clock", () => {
    const clock = createFakeClock({ random: 0 });
    const backoff = createBackoff(clock, REQUEST_BACKOFF);
    backoff.next();
    clock.jump(3_600_000);
    expect(backoff.next()).toBe(1_600);
  });
});

it("waits 30 s to 5 min where only a person can fix the cause", () => {
  const backoff = createBackoff(createFakeClock({ random: 0.5 }), REFUSAL_BACKOFF);
  const delays = Array.from({ length: 5 }, () => backoff.next());
  expect(delays[0]).toBe(45_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(300_000);
});

describe("sleep", () => {
  it("ends after its delay, or when the signal aborts", async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    let woken = 0;
    void sleep(clock, 1_000, stop.signal).then(() => woken++);
    void sleep(clock, 5_000, stop.signal).then(() => woken++);
    await clock.advance(1_000);
    expect(woken).toBe(1);
    stop.abort();
    await clock.settle();
    expect([woken, clock.timers]).toEqual([2, 0]);
  });
});
