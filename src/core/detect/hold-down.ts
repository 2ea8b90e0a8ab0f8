import type { Finding } from "../model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import type { Check } from "./detector.ts";

/**
 * Conditions that pass within a minute are normal during rollouts and kubelet restarts (KEP-4781). They do not become
 * findings, not even pending ones, so that a rollout causes no writes.
 */
export const HOLD_DOWN: Duration = MINUTE;

/** Adds the finding to a check once its condition has lasted longer than the hold-down. */
export function afterHoldDown(check: Check, since: Instant, now: Instant, found: () => Finding): Check {
  return now < since + HOLD_DOWN ? { ...check, reevaluateAt: since + HOLD_DOWN } : { ...check, finding: found() };
}
