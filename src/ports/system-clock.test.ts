import { expect, it } from "vitest";
import { systemClock } from "./system-clock.ts";

it("calls back once, not before the delay, and not at all when cancelled", async () => {
  const begun = systemClock.monotonic();
  let cancelled = true;
  const timer = systemClock.after(1, () => (cancelled = false));
  timer.cancel();
  // The clock's own timer would not keep a program alive; the test's runner does.
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  expect(systemClock.monotonic() - begun).toBeGreaterThanOrEqual(5);
  expect(cancelled).toBe(true);
});

it("does not fire a timer beyond setTimeout's range at once", async () => {
  let fired = false;
  const timer = systemClock.after(40 * 24 * 3_600_000, () => (fired = true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  timer.cancel();
  expect(fired).toBe(false);
});
