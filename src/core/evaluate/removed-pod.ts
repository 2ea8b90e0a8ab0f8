import type { PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";

/**
 * A removed pod without its last state: the findings of that state must not be reported again, or its alerts would keep
 * firing with every evaluation. Without an owner it is not counted as replaced again; deleted now, it is not stuck.
 */
export function strippedPod({ uid, namespace, name, workload, annotations }: PodSnapshot, now: Instant): PodSnapshot {
  return { ...placeholderPod(uid, namespace, name), workload, annotations, deletionAt: now };
}

/** A pod of which only the name is stored. */
export function placeholderPod(uid: string, namespace: string, name: string): PodSnapshot {
  return {
    uid,
    namespace,
    name,
    resourceVersion: "",
    createdAt: 0,
    deletionAt: undefined,
    deletionRequestedAt: undefined,
    owner: undefined,
    workload: { kind: "Pod", name },
    part: undefined,
    node: undefined,
    restartPolicy: "Always",
    phase: "Unknown",
    reason: undefined,
    message: undefined,
    startedAt: undefined,
    conditions: {
      ready: undefined,
      scheduled: undefined,
      initialized: undefined,
      disruption: undefined,
      allContainersRestarting: undefined,
    },
    annotations: undefined,
    containers: [],
  };
}
