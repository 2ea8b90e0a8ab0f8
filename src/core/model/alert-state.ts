import type { AlertState } from "./alert.ts";
import type { DetectorPolicy } from "./policy.ts";
import type { Instant } from "./time.ts";

export type AlertPolicy = Pick<DetectorPolicy, "for" | "keepFiringFor">;

/**
 * The next state of one alert, or undefined when it becomes inactive:
 *
 *   inactive ─▶ pending ─▶ firing ─▶ resolved ─▶ pending …
 *
 * `isActive` says whether the finding is currently reported. A pending alert whose finding clears becomes inactive
 * without being resolved, because no notification was sent. A finding that returns after the alert resolved starts a new
 * episode. `since` is when the finding became true, if the snapshot contains that; otherwise it counts from `now`.
 */
export function nextState(
  state: AlertState | undefined,
  isActive: boolean,
  policy: AlertPolicy,
  now: Instant,
  since?: Instant,
): AlertState | undefined {
  switch (state?.name) {
    case undefined:
    case "resolved":
      if (!isActive) return state;
      return pendingOrFiring(Math.min(since ?? now, now), policy, now);
    case "pending":
      if (!isActive) return undefined;
      return pendingOrFiring(Math.min(since ?? state.activeAt, now), policy, now);
    case "firing": {
      const { endsAt, ...active } = state;
      if (isActive) return { ...active, lastSeenAt: now };
      const end = endsAt ?? state.lastSeenAt + policy.keepFiringFor;
      if (now < end) return { ...state, endsAt: end };
      return { name: "resolved", activeAt: state.activeAt, firedAt: state.firedAt, resolvedAt: now };
    }
  }
}

/** When a state changes without a new observation: a pending alert fires, or `keep_firing_for` ends. */
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

function pendingOrFiring(activeAt: Instant, policy: AlertPolicy, now: Instant): AlertState {
  if (now - activeAt < policy.for) return { name: "pending", activeAt, lastSeenAt: now };
  return { name: "firing", activeAt, firedAt: now, lastSeenAt: now };
}
