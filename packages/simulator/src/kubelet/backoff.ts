/**
 * The kubelet's back-offs: 10 s doubled up to 5 min, for restarts and for image pulls alike; one for restarts is
 * forgotten when a run lasted longer than twice the cap (client-go `util/flowcontrol/backoff.go`).
 */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";

export const INITIAL_BACKOFF: Duration = 10_000;
export const MAX_BACKOFF: Duration = 300_000;

export interface Backoff {
  readonly delay: Duration;
  /** When the attempt was made that this delay follows, by the monotonic clock as all spans are. */
  readonly at: Instant;
}

/** The delay after the next attempt. */
export function longer(backoff: Backoff | undefined): Duration {
  return backoff === undefined ? INITIAL_BACKOFF : Math.min(2 * backoff.delay, MAX_BACKOFF);
}
