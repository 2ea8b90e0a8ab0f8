import type { Instant } from "../core/model/time.ts";
import type { Gap, NamespaceHealth } from "../ports/pods.ts";

/** The gap in each namespace that our own downtime caused. */
export interface DowntimeGaps {
  start(namespace: string, lastSyncedAt: Instant): void;
  /** Ends an open gap; a closed one keeps its end. */
  end(namespace: string, at: Instant): void;
  remove(namespace: string): void;
  addTo(health: NamespaceHealth): NamespaceHealth;
}

/** As many as the reflector keeps. */
const MAX_GAPS = 20;

export function createDowntimeGaps(): DowntimeGaps {
  const gaps = new Map<string, Gap>();
  return {
    start: (namespace, from) => void gaps.set(namespace, { from, to: undefined, cause: "restart" }),
    end(namespace, at) {
      const gap = gaps.get(namespace);
      if (gap !== undefined && gap.to === undefined) gaps.set(namespace, { ...gap, to: at });
    },
    remove: (namespace) => void gaps.delete(namespace),
    addTo(health) {
      const gap = gaps.get(health.namespace);
      // Newest first: our downtime is older than every gap of the reflector.
      return gap === undefined ? health : { ...health, gaps: [...health.gaps, gap].slice(0, MAX_GAPS) };
    },
  };
}
