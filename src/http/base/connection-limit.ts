import { type Caller, callerKey, requireNamespace } from "./caller.ts";
import { HttpProblem } from "./problem.ts";

export interface ConnectionLimitOptions {
  readonly all: number;
  /** All watched namespaces. */
  readonly namespaces: () => readonly string[];
  readonly perCaller: number;
  /** Error message when the limit is reached. */
  readonly full: string;
}

/**
 * Counts a long-lived connection. Rejects with 503 beyond the limits, and with 403 for callers who see no namespace; call
 * the result when the connection ends.
 */
export type AcquireConnection = (caller: Caller) => Promise<() => void>;

/** One part (1/n) of all places is for callers with write access to all namespaces. */
export const OPERATOR_FRACTION = 5;

export function createConnectionLimit(options: ConnectionLimitOptions): AcquireConnection {
  const { all, perCaller, full, namespaces } = options;
  const forEveryone = all - Math.floor(all / OPERATOR_FRACTION);
  const taken = new Map<string, number>();
  let total = 0;
  return async (caller) => {
    requireNamespace(caller, namespaces());
    if (total >= forEveryone && !(await caller.mayWriteEverywhere())) throw new HttpProblem(503, full);
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
