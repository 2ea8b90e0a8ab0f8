import type { PodSnapshot } from "../../src/core/model/pod.ts";
import type { NamespaceHealth, PodSink, PodSource } from "../../src/ports/pods.ts";

/** A pod source that a test controls, and that fulfils the contract of the port. */
export interface ScriptedPodSource extends PodSource {
  /** Delivers this state of a pod. */
  see(pod: PodSnapshot): void;
  remove(uid: string, reason?: "deleted" | "missing"): void;
  /** Marks the namespace as synced. */
  sync(namespace: string, now: number): void;
  /** Marks the namespace as stale; `lastSyncedAt` is when it was last synced. */
  goStale(namespace: string, lastSyncedAt: number, state?: NamespaceHealth["state"]): void;
  unwatch(namespace: string): void;
  /** Sets the namespace's health. */
  setHealth(health: NamespaceHealth): void;
}

export function createScriptedPodSource(): ScriptedPodSource {
  const pods = new Map<string, PodSnapshot>();
  const health = new Map<string, NamespaceHealth>();
  let sink: PodSink | undefined;

  const setHealth = (next: NamespaceHealth) => {
    health.set(next.namespace, next);
    sink!.healthChanged(next);
  };

  return {
    setHealth,
    start(next) {
      sink = next;
    },
    *pods(namespace) {
      for (const pod of pods.values()) if (namespace === undefined || pod.namespace === namespace) yield pod;
    },
    pod: (namespace, name) => [...pods.values()].find((pod) => pod.namespace === namespace && pod.name === name),
    namespaces: () => [...health.keys()],
    health: () => [...health.values()],
    healthOf: (namespace) => health.get(namespace),
    see(pod) {
      const previous = pods.get(pod.uid);
      pods.set(pod.uid, pod);
      sink!.changed({ type: "updated", pod, previous });
    },
    remove(uid, reason = "deleted") {
      const pod = pods.get(uid)!;
      pods.delete(uid);
      sink!.changed({ type: "removed", pod, reason });
    },
    sync(namespace, now) {
      sink!.synced(namespace);
      setHealth({ ...healthOf(namespace), state: "live", syncedSince: now, lastSyncedAt: now });
    },
    goStale(namespace, lastSyncedAt, state = "stale") {
      setHealth({ ...healthOf(namespace), state, syncedSince: undefined, staleSince: lastSyncedAt, lastSyncedAt });
    },
    unwatch(namespace) {
      for (const pod of [...pods.values()]) {
        if (pod.namespace === namespace) this.remove(pod.uid, "missing");
      }
      health.delete(namespace);
      sink!.unwatched(namespace);
    },
    async [Symbol.asyncDispose]() {},
  };
}

export function healthOf(namespace: string, changes: Partial<NamespaceHealth> = {}): NamespaceHealth {
  return {
    namespace,
    state: "live",
    pods: 0,
    syncedSince: undefined,
    staleSince: undefined,
    lastSyncedAt: undefined,
    lastEventAt: undefined,
    lastBookmarkAt: undefined,
    resourceVersion: undefined,
    syncs: {},
    reconnects: {},
    refusals: {},
    decodeErrors: 0,
    differences: 0,
    gaps: [],
    problem: undefined,
    ...changes,
  };
}
