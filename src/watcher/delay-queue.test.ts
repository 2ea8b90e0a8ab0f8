import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { createDelayQueue, IMMEDIATELY } from "./delay-queue.ts";

function processing({ eachTakes = 0, poison = "" } = {}) {
  const clock = createFakeClock();
  const processed: string[] = [];
  const failed: string[] = [];
  let worked = 0;
  const delays = createDelayQueue({
    // The fake clock does not advance while `process` runs.
    clock: { ...clock, monotonic: () => clock.monotonic() + worked },
    process: (key) => {
      worked += eachTakes;
      if (key === poison) throw new Error("a bug");
      processed.push(key);
    },
    failed: (key, error) => failed.push(`${key}: ${(error as Error).message}`),
  });
  return { clock, processed, failed, delays };
}

describe("delay queue", () => {
  it("processes each key once, at its deadline", async () => {
    const { clock, processed, delays } = processing();
    delays.set("later", clock.now() + 20 * SECOND);
    delays.set("sooner", clock.now() + 10 * SECOND);
    delays.set("never", clock.now() + 5 * SECOND);
    delays.set("never", undefined);
    await clock.advance(15 * SECOND);
    expect(processed).toEqual(["sooner"]);
    await clock.advance(MINUTE);
    expect(processed).toEqual(["sooner", "later"]);
    expect(clock.timers).toBe(0);
  });

  it("yields to the event loop after some milliseconds", async () => {
    const { clock, processed, delays } = processing({ eachTakes: 4 });
    let turns = 0;
    const other = () => {
      if (processed.length === 9) return;
      turns++;
      clock.after(0, other);
    };
    for (let key = 1; key <= 9; key++) delays.set(`${key}`, IMMEDIATELY);
    other();
    await clock.advance(0);
    expect(processed).toHaveLength(9);
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it("processes the next key when one throws", async () => {
    const { clock, processed, failed, delays } = processing({ poison: "bad" });
    delays.set("bad", clock.now() + SECOND);
    delays.set("good", clock.now() + SECOND + 1);
    await clock.advance(2 * SECOND);
    expect(failed).toEqual(["bad: a bug"]);
    expect(processed).toEqual(["good"]);
  });

  it("processes a key within a minute when the wall clock was set forward", async () => {
    const { clock, processed, delays } = processing();
    delays.set("in two hours", clock.now() + 120 * MINUTE);
    clock.jump(121 * MINUTE);
    await clock.advance(MINUTE);
    expect(processed).toEqual(["in two hours"]);
  });

  it("processes nothing after disposal", async () => {
    const { clock, processed, delays } = processing();
    delays.set("a", clock.now() + SECOND);
    delays[Symbol.dispose]();
    delays.set("b", IMMEDIATELY);
    await clock.advance(MINUTE);
    expect(processed).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
