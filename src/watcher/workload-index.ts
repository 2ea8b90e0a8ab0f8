import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import { isSameWorkload, workloadKey } from "../core/model/workload.ts";

/** The pods of each workload, without a search of the namespace. Pods without a controller are not indexed. */
export interface WorkloadIndex {
  /** `previous` is the state that was put before. */
  put(pod: PodSnapshot, previous: PodSnapshot | undefined): void;
  remove(pod: PodSnapshot): void;
  /** In no order. Valid until the next change. */
  of(namespace: string, workload: Workload): readonly PodSnapshot[];
}

export function createWorkloadIndex(): WorkloadIndex {
  /** Arrays, because nearly all are short: a map for each would need more memory than the pods. */
  const byWorkload = new Map<string, PodSnapshot[]>();

  function remove(pod: PodSnapshot): void {
    const key = workloadKey(pod.namespace, pod.workload);
    const pods = byWorkload.get(key);
    const index = pods?.findIndex(({ uid }) => uid === pod.uid) ?? -1;
    if (pods === undefined || index === -1) return;
    const last = pods.pop()!;
    if (pods.length === 0) byWorkload.delete(key);
    else if (index < pods.length) pods[index] = last;
  }

  return {
    put(pod, previous) {
      if (previous !== undefined && !isSameWorkload(pod.workload, previous.workload)) remove(previous);
      if (pod.workload.kind === "Pod") return;
      const key = workloadKey(pod.namespace, pod.workload);
      const pods = byWorkload.get(key);
      const index = previous === undefined ? -1 : (pods?.findIndex(({ uid }) => uid === pod.uid) ?? -1);
      if (pods === undefined) byWorkload.set(key, [pod]);
      else if (index === -1) pods.push(pod);
      else pods[index] = pod;
    },
    remove,
    of: (namespace, workload) => byWorkload.get(workloadKey(namespace, workload)) ?? [],
  };
}
