import { hasSameCause } from "../core/incident/causes.ts";
import { incidentKey } from "../core/incident/key.ts";
import type { Acknowledgement, Alert } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";

/**
 * Acknowledgements of incidents. They cover later alerts of the same workload and cause until the incident is resolved:
 * until nothing has fired for the join time. An alert that is covered carries a copy, so nothing else has to be stored.
 */
export interface CoveringAcknowledgements {
  /** To be called with each version of an alert. */
  note(alert: Alert): void;
  /** The acknowledgement that covers a new alert. */
  for(alert: Alert, now: Instant): Acknowledgement | undefined;
  remove(fingerprint: string): void;
}

export function createCoveringAcknowledgements(
  alertOf: (fingerprint: string) => Alert | undefined,
  join: () => Duration,
): CoveringAcknowledgements {
  const byKey = new Map<string, Set<string>>();
  const keys = new Map<string, string>();

  function remove(fingerprint: string): void {
    const key = keys.get(fingerprint);
    if (key === undefined) return;
    keys.delete(fingerprint);
    const known = byKey.get(key);
    known?.delete(fingerprint);
    if (known?.size === 0) byKey.delete(key);
  }

  return {
    note({ fingerprint, labels, acknowledgement }) {
      if (acknowledgement?.coversIncident !== true) {
        remove(fingerprint);
        return;
      }
      const key = incidentKey(labels);
      keys.set(fingerprint, key);
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, new Set([fingerprint]));
      else known.add(fingerprint);
    },

    for(alert, now) {
      for (const fingerprint of byKey.get(incidentKey(alert.labels)) ?? []) {
        const other = alertOf(fingerprint);
        if (other === undefined || fingerprint === alert.fingerprint || !hasSameCause(alert, other)) continue;
        const { state, acknowledgement } = other;
        if (state.name === "resolved" && now > state.resolvedAt + join()) continue;
        return acknowledgement;
      }
      return undefined;
    },

    remove,
  };
}
