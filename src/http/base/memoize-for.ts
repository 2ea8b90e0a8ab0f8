import type { Duration } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** Calls the function again once the last result is older than `ttl`. Concurrent callers share one call. */
export function memoizeFor<Answer>(clock: Clock, ttl: Duration, ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { readonly until: Duration; readonly answer: Promise<Answer> } | undefined;
  return () => {
    if (last === undefined || last.until <= clock.monotonic()) {
      last = { until: clock.monotonic() + ttl, answer: ask() };
    }
    return last.answer;
  };
}

/** Callers that wait at the same time share one call. */
export function sharePending<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let pending: Promise<Answer> | undefined;
  return () => {
    pending ??= ask().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
