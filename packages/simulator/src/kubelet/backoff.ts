/**
 * The kubelet's back-offs: 10 s doubled up to 5 min, for restarts and for image pulls. The one for restarts is reset when
 * a run lasted longer than twice the maximum (client-go `util/flowcontrol/backoff.go`).
 */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Failure } from "../model/behaviour.ts";
import type { RecordEvent } from "../storage/event-recorder.ts";

const INITIAL_BACKOFF: Duration = 10_000;
const MAX_BACKOFF: Duration = 300_000;

export interface Backoff {
  readonly delay: Duration;
  /** When the attempt was made that this delay follows, by the monotonic clock. */
  readonly at: Instant;
}

/** The delay after the next attempt. */
export function longer(backoff: Backoff | undefined): Duration {
  return backoff === undefined ? INITIAL_BACKOFF : Math.min(2 * backoff.delay, MAX_BACKOFF);
}

/**
 * `hurry` ignores a back-off that has not ended. `killed` follows the kubelet's own kill in the same sync: the kubelet has
 * not seen that end yet, and counts the back-off from the end before.
 */
export type StartMode = "in time" | "hurry" | "killed";

export interface RestartBackoff {
  /** Undefined when the restart may proceed, after which the next delay is longer. `since`: the end it follows. */
  check(how: StartMode, since: Instant | undefined): Failure | undefined;
}

export function createRestartBackoff({
  clock,
  record,
  container,
  podName,
}: {
  readonly clock: Clock;
  readonly record: RecordEvent;
  readonly container: string;
  readonly podName: string;
}): RestartBackoff {
  let backoff: Backoff | undefined;
  return {
    check: (how, since) => {
      if (since === undefined) return undefined;
      const now = clock.monotonic();
      if (backoff !== undefined && since - backoff.at > 2 * MAX_BACKOFF) backoff = undefined;
      if (backoff !== undefined && how !== "hurry" && now - since < backoff.delay) {
        record("Warning", "BackOff", `Back-off restarting failed container ${container} in pod ${podName}`);
        const message = `back-off ${goDuration(backoff.delay)} restarting failed container=${container} pod=${podName}`;
        return { reason: "CrashLoopBackOff", message };
      }
      backoff = { delay: longer(backoff), at: now };
      return undefined;
    },
  };
}

/** As Go writes durations in messages: `10s`, `1m20s`, `5m0s`. */
function goDuration(duration: Duration): string {
  const seconds = Math.round(duration / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
