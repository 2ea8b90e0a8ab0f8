import type { Finding } from "../model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import type { Check } from "./detector.ts";

/**
 * What passes within a minute is how pods come and go, and how a kubelet that is restarted looks (KEP-4781): it is no
 * finding yet, not even a pending one, so that a rollout leaves nothing to write.
 */
export const HOLD_DOWN: Duration = MINUTE;

/** A check of something that the snapshot says has been so since then: found once it has outlasted the hold-down. */
export function lasting(check: Check, since: Instant, now: Instant, found: () => Finding): Check {
  return now < since + HOLD_DOWN ? { ...check, reevaluateAt: since + HOLD_DOWN } : { ...check, finding: found() };
}
