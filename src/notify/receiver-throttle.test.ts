import { describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../core/model/time.ts";
import { ReceiverThrottle } from "./receiver-throttle.ts";

const limits = { perMinute: 6, burst: 3, concurrency: 2 };
const throttle = () => new ReceiverThrottle(limits, 0);

/** One attempt that ends immediately. */
function attempt(one: ReceiverThrottle, end: "succeeded" | "failed", now: number): number | undefined {
  one.begin();
  if (end === "failed") return one.failed(now, 0);
  one.succeeded();
  return undefined;
}

describe("ReceiverThrottle", () => {
  it("limits concurrent attempts", () => {
    const one = throttle();
    expect(one.allowance(0)).toEqual({ messages: 2, again: undefined });
    one.begin();
    expect(one.allowance(0)).toEqual({ messages: 1, again: undefined });
    one.begin();
    expect(one.allowance(0)).toEqual({ messages: 0, again: undefined });
    one.succeeded();
    expect(one.allowance(0)).toEqual({ messages: 1, again: undefined });
  });

  it("limits the rate after the first burst, and returns when the next message may be sent", () => {
    const one = throttle();
    for (let count = 0; count < 3; count++) attempt(one, "succeeded", 0);
    expect(one.allowance(0)).toEqual({ messages: 0, again: 10 * SECOND });
    expect(one.allowance(4 * SECOND)).toEqual({ messages: 0, again: 10 * SECOND });
    expect(one.allowance(10 * SECOND).messages).toBe(1);
    expect(one.allowance(MINUTE).messages).toBe(2);
  });

  it("pauses for longer with each failure once the circuit breaker is open, and allows one probe", () => {
    const one = new ReceiverThrottle({ perMinute: 600, burst: 100, concurrency: 4 }, 0);
    for (let count = 0; count < 4; count++) expect(attempt(one, "failed", 0)).toBeUndefined();
    expect(one.allowance(0).messages).toBe(4);
    expect(attempt(one, "failed", 0)).toBe(15 * SECOND);
    expect(one.allowance(1)).toEqual({ messages: 0, again: 15 * SECOND });
    expect(one.allowance(15 * SECOND)).toEqual({ messages: 1, again: undefined });
    expect(attempt(one, "failed", 15 * SECOND)).toBe(45 * SECOND);
    for (let count = 0; count < 20; count++) attempt(one, "failed", 0);
    expect(attempt(one, "failed", 0)).toBe(5 * MINUTE);
    one.begin();
    expect(one.succeeded()).toBe(true);
    expect(one.allowance(10 * MINUTE).messages).toBe(4);
    one.begin();
    expect(one.succeeded()).toBe(false);
  });

  it("pauses until the latest time requested", () => {
    const one = throttle();
    one.pauseUntil(MINUTE);
    one.pauseUntil(SECOND);
    expect(one.allowance(SECOND)).toEqual({ messages: 0, again: MINUTE });
    expect(one.allowance(MINUTE).messages).toBe(2);
  });
});
