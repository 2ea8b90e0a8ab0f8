import { type Caller, callerKey } from "./caller.ts";
import { HttpProblem } from "./problem.ts";

export interface ConnectionLimitOptions {
  readonly all: number;
  readonly perCaller: number;
  /** Error message when the limit is reached. */
  readonly full: string;
}

/** Counts a long-lived connection. Throws 503 beyond the limits; call the result when the connection ends. */
export type AcquireConnection = (caller: Caller) => () => void;

export function createConnectionLimit({ all, perCaller, full }: ConnectionLimitOptions): AcquireConnection {
  const taken = new Map<string, number>();
  let total = 0;
  return (caller) => {
    const key = callerKey(caller);
    const own = key === undefined ? 0 : (taken.get(key) ?? 0);
    if (total >= all || own >= perCaller) throw new HttpProblem(503, full);
    total++;
    if (key !== undefined) taken.set(key, own + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      total--;
      if (key === undefined) return;
      const left = taken.get(key)! - 1;
      if (left === 0) taken.delete(key);
      else taken.set(key, left);
    };
  };
}
