import type { Instant } from "../core/model/time.ts";
import type { Gap, NamespaceHealth } from "../ports/pods.ts";

/** The gap that our own absence has left: nothing else was watching while this program did not run. */
export interface DowntimeGaps {
  /** Until when the namespace's picture was complete before the restart. */
  since(namespace: string, lastSyncedAt: Instant): void;
  /** The picture is complete again. */
  over(namespace: string, at: Instant): void;
  /** The namespace is watched no longer. */
  forget(namespace: string): void;
  withGap(health: NamespaceHealth): NamespaceHealth;
}

/** As many gaps as the watch itself keeps. */
const KEPT_GAPS = 20;

export function createDowntimeGaps(): DowntimeGaps {
  const gaps = new Map<string, Gap>();
  return {
    since: (namespace, from) => void gaps.set(namespace, { from, to: undefined, cause: "restart" }),
    over(namespace, at) {
      const gap = gaps.get(namespace);
      if (gap !== undefined && gap.to === undefined) gaps.set(namespace, { ...gap, to: at });
    },
    forget: (namespace) => void gaps.delete(namespace),
    withGap(health) {
      const gap = gaps.get(health.namespace);
      // It lies before everything that the watch has seen since.
      return gap === undefined ? health : { ...health, gaps: [...health.gaps, gap].slice(0, KEPT_GAPS) };
    },
  };
}
