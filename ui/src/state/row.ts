import type { Instant } from "../../../src/core/model/time.ts";
import type { Health, Row } from "../../../src/http/base/api-types.ts";

/** Namespaces whose cache is stale, with the time when it became stale. */
export type StaleNamespaces = ReadonlyMap<string, Instant>;

export function staleNamespaces(health: Health): StaleNamespaces {
  const stale = new Map<string, Instant>();
  for (const { namespace, staleSince } of health.namespaces) {
    if (staleSince !== undefined) stale.set(namespace, staleSince);
  }
  return stale;
}

/** The container's name where it adds to the name of the pod or the workload. */
export function containerShown(row: Row): string | undefined {
  if (row.container === undefined) return undefined;
  const owner = row.owner?.split("/")[1];
  const obvious = row.type === undefined && (row.container === row.pod || row.container === owner);
  return obvious ? undefined : row.container;
}

/** How often the row entered its state within the window before it did so last. */
export function timesBefore(row: Row): number {
  return Math.max(0, (row.changes ?? []).filter((change) => change.to === row.state).length - 1);
}
