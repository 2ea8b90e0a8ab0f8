import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PriorityQueue } from "./priority-queue.ts";

function takeAll(deadlines: PriorityQueue, now: number): string[] {
  const taken: string[] = [];
  for (let key = deadlines.takeDue(now); key !== undefined; key = deadlines.takeDue(now)) taken.push(key);
  return taken;
}

describe("PriorityQueue", () => {
  it("returns each due key once, earliest first", () => {
    const deadlines = new PriorityQueue();
    deadlines.set("b", 20);
    deadlines.set("a", 10);
    deadlines.set("c", 30);
    expect(deadlines.next()).toBe(10);
    expect(takeAll(deadlines, 20)).toEqual(["a", "b"]);
    expect(takeAll(deadlines, 20)).toEqual([]);
    expect(deadlines.next()).toBe(30);
  });

  it("follows a deadline that is moved or removed", () => {
    const deadlines = new PriorityQueue();
    deadlines.set("a", 10);
    deadlines.set("a", 40);
    deadlines.set("b", 20);
    deadlines.set("b", undefined);
    expect(takeAll(deadlines, 30)).toEqual([]);
    expect(deadlines.next()).toBe(40);
    expect(deadlines.size).toBe(1);
  });

  it("agrees with a sorted list in every order of operations", () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      at: fc.option(fc.nat(50), { nil: undefined }),
      take: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const deadlines = new PriorityQueue();
        const model = new Map<string, number>();
        for (const { key, at, take } of steps) {
          deadlines.set(key, at);
          if (at === undefined) model.delete(key);
          else model.set(key, at);
          expect(deadlines.next()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
          if (take < 20) {
            const due = takeAll(deadlines, take);
            const expected = [...model].filter(([, when]) => when <= take).map(([k]) => k);
            expect(due.toSorted()).toEqual(expected.toSorted());
            for (const k of due) model.delete(k);
          }
        }
      }),
    );
  });
});
