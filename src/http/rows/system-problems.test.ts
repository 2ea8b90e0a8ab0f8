import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { MINUTE, SECOND } from "../../core/model/time.ts";
import { type PresentProblem, watchSystemProblems } from "./system-problems.ts";

it("reports when a problem started, even if it was not read meanwhile and its message changed", async () => {
  const clock = createFakeClock();
  const start = clock.now();
  const stopping = new AbortController();
  let present: PresentProblem[] = [];
  let changes = 0;
  const problems = watchSystemProblems({
    present: () => present,
    changed: () => changes++,
    clock,
    stopping: stopping.signal,
  });
  expect([problems(), changes]).toEqual([[], 0]);

  present = [{ name: "store", message: "The disk is full." }];
  await clock.advance(10 * MINUTE);
  expect(problems()).toEqual([{ message: "The disk is full.", since: start + 5 * SECOND }]);
  expect(changes).toBe(1);

  present = [{ name: "store", message: "The disk is read-only.", remedy: "mount -o remount,rw /data" }];
  await clock.advance(MINUTE);
  expect(problems()).toEqual([
    { message: "The disk is read-only.", remedy: "mount -o remount,rw /data", since: start + 5 * SECOND },
  ]);
  expect(changes).toBe(2);

  present = [];
  await clock.advance(MINUTE);
  expect([problems(), changes]).toEqual([[], 3]);
  stopping.abort();
  expect(clock.timers).toBe(0);
});
