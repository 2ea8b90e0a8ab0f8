import { MAX_TERMINATION_SERIES, OTHER, type TerminationCount } from "../ports/store.ts";

/** Counts that only ever rise, by namespace, workload, container and reason, and a bounded number of them. */
export interface TerminationCounts {
  /** The count as it was taken: under `other` where there is no room for one more of its own. */
  add(count: TerminationCount): TerminationCount;
  all(): readonly TerminationCount[];
}

export function createTerminationCounts(most: number = MAX_TERMINATION_SERIES): TerminationCounts {
  const counts = new Map<string, TerminationCount>();
  return {
    add: (count) => {
      const hasRoom = counts.size < most || counts.has(keyOf(count));
      const taken = hasRoom ? count : { ...count, workload: OTHER, container: OTHER, reason: OTHER };
      const key = keyOf(taken);
      counts.set(key, { ...taken, count: taken.count + (counts.get(key)?.count ?? 0) });
      return taken;
    },
    all: () => [...counts.values()],
  };
}

function keyOf({ namespace, workload, container, reason }: TerminationCount): string {
  return [namespace, workload, container, reason].join("\0");
}
