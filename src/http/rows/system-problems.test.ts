import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { MINUTE, SECOND } from "../../core/model/time.ts";
import { type PresentProblem, watchSystemProblems } from "./system-problems.ts";

it("says since when a problem has been there, though nobody asked meanwhile, and however it is worded", async () => {
  const clock = createFakeClock();
  const start = clock.now();
  const stopping = new AbortController();
  let present: PresentProblem[] = [];
  let told = 0;
  const problems = watchSystemProblems({
    present: () => present,
    changed: () => told++,
    clock,
    stopping: stopping.signal,
  });
  expect([problems(), told]).toEqual([[], 0]);

  present = [{ name: "store", message: "The disk is full." }];
  await clock.advance(10 * MINUTE);
  expect(problems()).toEqual([{ message: "The disk is full.", since: start + 5 * SECOND }]);
  expect(told).toBe(1);

  present = [{ name: "store", message: "The disk is read-only.", remedy: "mount -o remount,rw /data" }];
  await clock.advance(MINUTE);
  expect(problems()).toEqual([
    { message: "The disk is read-only.", remedy: "mount -o remount,rw /data", since: start + 5 * SECOND },
  ]);
  expect(told).toBe(2);

  present = [];
  await clock.advance(MINUTE);
  expect([problems(), told]).toEqual([[], 3]);
  stopping.abort();
  expect(clock.timers).toBe(0);
});
