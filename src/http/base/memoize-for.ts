import type { Duration } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** Asks again when the last answer is older than this, so that anybody may ask as often as they like. */
export function memoizeFor<Answer>(clock: Clock, span: Duration, ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { readonly until: Duration; readonly answer: Promise<Answer> } | undefined;
  return () => {
    if (last === undefined || last.until <= clock.monotonic()) {
      last = { until: clock.monotonic() + span, answer: ask() };
    }
    return last.answer;
  };
}
