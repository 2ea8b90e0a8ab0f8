import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { AT_ONCE, createDelayQueue } from "./delay-queue.ts";

function meeting({ eachTakes = 0, poison = "" } = {}) {
  const clock = createFakeClock();
  const met: string[] = [];
  const failed: string[] = [];
  let worked = 0;
  const due = createDelayQueue({
    // Work takes time, which the clock of a test does not know of.
    clock: { ...clock, monotonic: () => clock.monotonic() + worked },
    meet: (key) => {
      worked += eachTakes;
      if (key === poison) throw new Error("a bug");
      met.push(key);
    },
    failed: (key, error) => failed.push(`${key}: ${(error as Error).message}`),
  });
  return { clock, met, failed, due };
}

describe("what is due", () => {
  it("is met when its moment has come, and once", async () => {
    const { clock, met, due } = meeting();
    due.set("later", clock.now() + 20 * SECOND);
    due.set("sooner", clock.now() + 10 * SECOND);
    due.set("never", clock.now() + 5 * SECOND);
    due.set("never", undefined);
    await clock.advance(15 * SECOND);
    expect(met).toEqual(["sooner"]);
    await clock.advance(MINUTE);
    expect(met).toEqual(["sooner", "later"]);
    expect(clock.timers).toBe(0);
  });

  it("lets others have their turn after some milliseconds", async () => {
    const { clock, met, due } = meeting({ eachTakes: 4 });
    let turns = 0;
    const other = () => {
      if (met.length === 9) return;
      turns++;
      clock.after(0, other);
    };
    for (let key = 1; key <= 9; key++) due.set(`${key}`, AT_ONCE);
    other();
    await clock.advance(0);
    expect(met).toHaveLength(9);
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it("is met although what was due before it threw", async () => {
    const { clock, met, failed, due } = meeting({ poison: "bad" });
    due.set("bad", clock.now() + SECOND);
    due.set("good", clock.now() + SECOND + 1);
    await clock.advance(2 * SECOND);
    expect(failed).toEqual(["bad: a bug"]);
    expect(met).toEqual(["good"]);
  });

  it("is met within a minute when the wall clock was set forward", async () => {
    const { clock, met, due } = meeting();
    due.set("in two hours", clock.now() + 120 * MINUTE);
    clock.jump(121 * MINUTE);
    await clock.advance(MINUTE);
    expect(met).toEqual(["in two hours"]);
  });

  it("is not met any more when it is disposed of", async () => {
    const { clock, met, due } = meeting();
    due.set("a", clock.now() + SECOND);
    due[Symbol.dispose]();
    due.set("b", AT_ONCE);
    await clock.advance(MINUTE);
    expect(met).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
