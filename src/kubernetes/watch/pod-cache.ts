import type { RemovalReason } from "../../core/evaluate/observation.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { PodChange } from "../../ports/pods.ts";
import { isOlder } from "./resource-version.ts";

/**
 * The pods of one namespace by name. A name belongs to one pod at a time, so one map is enough: the UID distinguishes a
 * changed pod from a new one with the same name. 100,000 entries take a few megabytes.
 */
export interface PodCache {
  readonly size: number;
  values(): IteratorObject<PodSnapshot>;
  get(name: string): PodSnapshot | undefined;
  /** Applies a state from a watch or a list. */
  put(pod: PodSnapshot): Put;
  /** Applies a state that is certainly current; if it is older than the cached one, the cluster was rolled back. */
  correct(pod: PodSnapshot): void;
  /** Applies a DELETED event; false when the pod was not cached. */
  delete(pod: PodSnapshot): boolean;
  /** Removes a pod whose DELETED event was missed; false when it was not cached. */
  remove(name: string): boolean;
  /**
   * Starts a full sync. `complete()` removes the pods that were not put since (mark and sweep, without a second map).
   * An earlier sync that is still open is abandoned and removes nothing.
   */
  beginReplacement(): Replacement;
  /** Removes every pod because the namespace is no longer watched. */
  clear(): void;
}

export type Put =
  | "added"
  | "changed"
  /** This resourceVersion is cached already. */
  | "same"
  /** A newer state is cached, so this one is ignored. */
  | "older";

export interface Replacement {
  /**
   * Removes the pods that were not confirmed and returns their number. `rolledBack`: etcd was restored from a backup, so
   * the older states that were ignored so far are applied.
   */
  complete(rolledBack: boolean): number;
  /** The sync was cut off: the cache stays as it is. Harmless after `complete()` or `abandon()`. */
  abandon(): void;
}

interface Marks {
  readonly unconfirmed: Set<string>;
  readonly older: PodSnapshot[];
}

export function createPodCache(emit: (change: PodChange) => void): PodCache {
  const pods = new Map<string, PodSnapshot>();
  let marks: Marks | undefined;

  function replace(cached: PodSnapshot | undefined, pod: PodSnapshot, rolledBack = false): void {
    const isSame = cached?.uid === pod.uid;
    if (!isSame) remove(pod.name, rolledBack ? "rolledBack" : "missing");
    pods.set(pod.name, pod);
    emit({ type: "updated", pod, previous: isSame ? cached : undefined, ...(rolledBack && { rolledBack }) });
  }

  function remove(name: string, reason: RemovalReason = "missing"): boolean {
    const pod = pods.get(name);
    if (pod === undefined) return false;
    pods.delete(name);
    emit({ type: "removed", pod, reason });
    return true;
  }

  return {
    get size() {
      return pods.size;
    },
    values: () => pods.values(),
    get: (name) => pods.get(name),

    put: (pod) => {
      const cached = pods.get(pod.name);
      marks?.unconfirmed.delete(pod.name);
      if (cached?.uid === pod.uid && cached.resourceVersion === pod.resourceVersion) return "same";
      if (cached !== undefined && isOlder(pod.resourceVersion, cached.resourceVersion)) {
        marks?.older.push(pod);
        return "older";
      }
      replace(cached, pod);
      return cached === undefined ? "added" : "changed";
    },

    correct: (pod) => {
      const cached = pods.get(pod.name);
      replace(cached, pod, cached !== undefined && isOlder(pod.resourceVersion, cached.resourceVersion));
    },

    delete: (pod) => {
      const cached = pods.get(pod.name);
      if (cached?.uid !== pod.uid) return false;
      marks?.unconfirmed.delete(pod.name);
      pods.delete(pod.name);
      emit({ type: "removed", pod, reason: "deleted" });
      return true;
    },

    remove: (name) => remove(name),

    beginReplacement: () => {
      const own: Marks = { unconfirmed: new Set(pods.keys()), older: [] };
      marks = own;
      return {
        complete: (rolledBack) => {
          if (marks !== own) return 0;
          marks = undefined;
          if (rolledBack) for (const pod of own.older) replace(pods.get(pod.name), pod, true);
          for (const name of own.unconfirmed) remove(name, rolledBack ? "rolledBack" : "missing");
          return own.unconfirmed.size;
        },
        abandon: () => {
          if (marks === own) marks = undefined;
        },
      };
    },

    clear: () => {
      marks = undefined;
      for (const name of pods.keys()) remove(name, "unwatched");
    },
  };
}
