/** The behaviour of each container: as it was set last, or as its template describes it. */
import type { BehaviourSource } from "../model/behaviour.ts";
import type { Pod } from "../model/objects.ts";
import type { PodTemplate } from "../model/pod-template.ts";
import type { Storage } from "../storage/storage.ts";
import type { Workloads } from "./workloads.ts";

export interface Behaviours extends Disposable {
  podCreated(pod: Pod, template: PodTemplate): void;
  /** Overrides the template for one container of a pod, or of all pods of a workload. */
  set(uid: string, container: string, behaviour: BehaviourSource): void;
  /** The templates apply again. */
  reset(uid: string): void;
  behaviourOf(pod: Pod, container: string): BehaviourSource;
}

export function createBehaviours(storage: Storage, workloads: Workloads): Behaviours {
  /** By the UID of a pod. */
  const templates = new Map<string, PodTemplate>();
  /** By the UID of a pod or workload, then by container. */
  const overrides = new Map<string, Map<string, BehaviourSource>>();
  const cleanup = storage.pods.subscribe(({ type, entry }) => {
    if (type !== "DELETED") return;
    templates.delete(entry.object.metadata.uid);
    overrides.delete(entry.object.metadata.uid);
  });
  return {
    podCreated: (pod, template) => void templates.set(pod.metadata.uid, template),
    set: (uid, container, behaviour) => {
      overrides.set(uid, (overrides.get(uid) ?? new Map<string, BehaviourSource>()).set(container, behaviour));
    },
    reset: (uid) => void overrides.delete(uid),
    behaviourOf: (pod, container) => {
      const workload = workloads.workloadOf(pod);
      const template = templates.get(pod.metadata.uid);
      return (
        overrides.get(pod.metadata.uid)?.get(container) ??
        (workload && overrides.get(workload.uid)?.get(container)) ??
        template?.containers?.find(({ name }) => name === container)?.behaviour ??
        {}
      );
    },
    [Symbol.dispose]: () => cleanup[Symbol.dispose](),
  };
}
