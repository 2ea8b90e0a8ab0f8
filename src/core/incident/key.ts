import type { AlertLabels, Alertname } from "../model/alert.ts";

export type IncidentKind = "workload" | "pod" | "namespace" | "cluster";

/** The subject of an incident, as its key says. */
export interface IncidentSubject {
  readonly kind: IncidentKind;
  readonly namespace: string;
  /** `Kind/name`; `Pod/name` for a pod without a controller. */
  readonly workload?: string;
}

const OF_NAMESPACE: ReadonlySet<Alertname> = new Set(["NamespaceNotWatched", "WatchStale"]);

/**
 * Alerts with the same key belong to one incident: `namespace/Kind/name` of the workload, which is the CronJob for the
 * Jobs that it made, `namespace/Pod/name` of a pod without a controller, `namespace/Namespace/name`, or
 * `namespace/Cluster/namespace` with the namespace that the alert about the API server names.
 */
export function incidentKey({ alertname, namespace, workload, pod }: AlertLabels): string {
  if (alertname === "ClusterUnreachable") return `${namespace}/Cluster/${namespace}`;
  if (OF_NAMESPACE.has(alertname)) return `${namespace}/Namespace/${namespace}`;
  if (workload !== undefined) return `${namespace}/${workload}`;
  return pod === undefined ? `${namespace}/Namespace/${namespace}` : `${namespace}/Pod/${pod}`;
}

export function subjectOfKey(key: string): IncidentSubject {
  const slash = key.indexOf("/");
  const namespace = key.slice(0, slash);
  const workload = key.slice(slash + 1);
  if (workload.startsWith("Cluster/")) return { kind: "cluster", namespace };
  if (workload.startsWith("Namespace/")) return { kind: "namespace", namespace };
  return { kind: workload.startsWith("Pod/") ? "pod" : "workload", namespace, workload };
}

/** Unique even when a workload has several incidents. The seconds are those of the first firing alert. */
export function incidentId(key: string, openedAt: number): string {
  return `${key}@${Math.floor(openedAt / 1_000)}`;
}

/** The key of an id; a key is its own. */
export function keyOfId(id: string): string {
  return id.replace(/@\d+$/, "");
}
