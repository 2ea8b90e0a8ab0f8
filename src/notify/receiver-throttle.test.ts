import { describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { ReceiverThrottle } from "./receiver-throttle.ts";

const limits = { perMinute: 6, burst: 3, concurrency: 2 };
const throttle = () => new ReceiverThrottle(limits, 0);

/** Sends one and gets an answer at once. */
function exchange(one: ReceiverThrottle, end: "succeeded" | "failed", now: number): number | undefined {
  one.begin();
  if (end === "failed") return one.failed(now, 0);
  one.succeeded();
  return undefined;
}

describe("ReceiverThrottle", () => {
  it("lets as many go at the same time as it may", () => {
    const one = throttle();
    expect(one.allowance(0)).toEqual({ messages: 2, again: undefined });
    one.begin();
    expect(one.allowance(0)).toEqual({ messages: 1, again: undefined });
    one.begin();
    expect(one.allowance(0)).toEqual({ messages: 0, again: undefined });
    one.succeeded();
    expect(one.allowance(0)).toEqual({ messages: 1, again: undefined });
  });

  it("keeps to its rate after the first burst, and says when the next may go", () => {
    const one = throttle();
    for (let count = 0; count < 3; count++) exchange(one, "succeeded", 0);
    expect(one.allowance(0)).toEqual({ messages: 0, again: 10 * SECOND });
    expect(one.allowance(4 * SECOND)).toEqual({ messages: 0, again: 10 * SECOND });
    expect(one.allowance(10 * SECOND).messages).toBe(1);
    expect(one.allowance(MINUTE).messages).toBe(2);
  });

  it("leaves a receiver alone that fails again and again, ever longer, and lets one try", () => {
    const one = new ReceiverThrottle({ perMinute: 600, burst: 100, concurrency: 4 }, 0);
    for (let count = 0; count < 4; count++) expect(exchange(one, "failed", 0)).toBeUndefined();
    expect(one.allowance(0).messages).toBe(4);
    expect(exchange(one, "failed", 0)).toBe(15 * SECOND);
    expect(one.isOpen).toBe(true);
    expect(one.allowance(1)).toEqual({ messages: 0, again: 15 * SECOND });
    expect(one.allowance(15 * SECOND)).toEqual({ messages: 1, again: undefined });
    expect(exchange(one, "failed", 15 * SECOND)).toBe(45 * SECOND);
    for (let count = 0; count < 20; count++) exchange(one, "failed", 0);
    expect(exchange(one, "failed", 0)).toBe(5 * MINUTE);
    one.begin();
    expect(one.succeeded()).toBe(true);
    expect(one.isOpen).toBe(false);
    expect(one.allowance(10 * MINUTE).messages).toBe(4);
    one.begin();
    expect(one.succeeded()).toBe(false);
  });

  it("rests as long as it was asked to, and no shorter for a second request", () => {
    const one = throttle();
    one.rest(MINUTE);
    one.rest(SECOND);
    expect(one.allowance(SECOND)).toEqual({ messages: 0, again: MINUTE });
    expect(one.allowance(MINUTE).messages).toBe(2);
  });
});
