import type { AlertState } from "./alert.ts";
import type { DetectorPolicy } from "./policy.ts";
import type { Instant } from "./time.ts";

/** How long a finding must last to be told, and how long it is told after it was last seen. */
export type AlertPolicy = Pick<DetectorPolicy, "for" | "keepFiringFor">;

/**
 * The next state of one alert, or undefined when there is nothing to remember:
 *
 *   (none) ─▶ pending ─▶ firing ─▶ resolved ─▶ pending …
 *
 * A pending alert whose finding goes away is forgotten, never resolved: nobody was told of it. One that comes back after
 * having been resolved begins anew, which is a new episode. `since` is from when the finding holds, where the snapshot
 * says so; else it counts from when it was first seen.
 */
export function nextState(
  state: AlertState | undefined,
  seen: boolean,
  policy: AlertPolicy,
  now: Instant,
  since?: Instant,
): AlertState | undefined {
  switch (state?.name) {
    case undefined:
    case "resolved":
      if (!seen) return state;
      return fireWhenDue(Math.min(since ?? now, now), policy, now);
    case "pending":
      if (!seen) return undefined;
      return fireWhenDue(Math.min(since ?? state.activeAt, now), policy, now);
    case "firing": {
      const { endsAt, ...seenState } = state;
      if (seen) return { ...seenState, lastSeenAt: now };
      const end = endsAt ?? state.lastSeenAt + policy.keepFiringFor;
      if (now < end) return { ...state, endsAt: end };
      return { name: "resolved", activeAt: state.activeAt, firedAt: state.firedAt, resolvedAt: now };
    }
  }
}

/** When time alone changes a state that `nextState` gave: a pending alert fires, or one that is not seen any more ends. */
export function nextChange(state: AlertState, policy: AlertPolicy): Instant | undefined {
  switch (state.name) {
    case "pending":
      return state.activeAt + policy.for;
    case "firing":
      return state.endsAt;
    case "resolved":
      return undefined;
  }
}

function fireWhenDue(activeAt: Instant, policy: AlertPolicy, now: Instant): AlertState {
  if (now - activeAt < policy.for) return { name: "pending", activeAt, lastSeenAt: now };
  return { name: "firing", activeAt, firedAt: now, lastSeenAt: now };
}
