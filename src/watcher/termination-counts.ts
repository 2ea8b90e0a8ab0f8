import { MAX_TERMINATION_SERIES, OTHER, type TerminationCount } from "../ports/store.ts";

/** A bounded number of monotonic counts, by namespace, workload, container and reason. */
export interface TerminationCounts {
  /** Returns the count as it was added: under `other` when the limit is reached. */
  add(count: TerminationCount): TerminationCount;
  all(): readonly TerminationCount[];
}

export function createTerminationCounts(limit: number = MAX_TERMINATION_SERIES): TerminationCounts {
  const counts = new Map<string, TerminationCount>();
  return {
    add: (count) => {
      const isListed = counts.size < limit || counts.has(keyOf(count));
      const counted = isListed ? count : { ...count, workload: OTHER, container: OTHER, reason: OTHER };
      const key = keyOf(counted);
      counts.set(key, { ...counted, count: counted.count + (counts.get(key)?.count ?? 0) });
      return counted;
    },
    all: () => [...counts.values()],
  };
}

function keyOf({ namespace, workload, container, reason }: TerminationCount): string {
  return [namespace, workload, container, reason].join("\0");
}
