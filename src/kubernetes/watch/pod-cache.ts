import type { RemovalReason } from "../../core/evaluate/observation.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { PodChange } from "../../ports/pods.ts";
import { isOlder } from "./resource-version.ts";

/**
 * The known pods of one namespace, by name: at any moment a name belongs to one pod, so a single map is enough to tell
 * a changed pod from a new one of the same name (by UID) and costs a hundred thousand pods some megabytes.
 */
export interface PodCache {
  readonly size: number;
  values(): IteratorObject<PodSnapshot>;
  get(name: string): PodSnapshot | undefined;
  /** Takes in a state that a watch or a list has told. */
  put(pod: PodSnapshot): Put;
  /** Takes in a state that is certainly the true one; an older one than is known means that the cluster is rolledBack. */
  correct(pod: PodSnapshot): void;
  /** Takes in a DELETED event; false when there was nothing to delete. */
  delete(pod: PodSnapshot): boolean;
  /** The pod of this name is gone without a word; false when none is known. */
  forget(name: string): boolean;
  /**
   * Begins a full sync: what it does not put before `complete()` is gone by then (mark and sweep, without a second
   * store). A sync that was begun before is abandoned: it deletes nothing.
   */
  beginReplacement(): Replacement;
  /** Everything is gone: the namespace is watched no longer. */
  clear(): void;
}

export type Put =
  | "added"
  | "changed"
  /** This very state is known already. */
  | "same"
  /** A newer state is known: ignored. */
  | "older";

export interface Replacement {
  /**
   * Deletes what was not confirmed and says how many that were. `rolledBack`: the cluster went back in time, so the older
   * states that were held back until now are the true ones.
   */
  complete(rolledBack: boolean): number;
  /** The sync was cut: everything that was known stays. Harmless when it is complete or abandoned already. */
  abandon(): void;
}

interface Marks {
  readonly unconfirmed: Set<string>;
  readonly older: PodSnapshot[];
}

export function createPodCache(emit: (change: PodChange) => void): PodCache {
  const pods = new Map<string, PodSnapshot>();
  let marks: Marks | undefined;

  function replace(known: PodSnapshot | undefined, pod: PodSnapshot, rolledBack = false): void {
    const isSame = known?.uid === pod.uid;
    if (!isSame) forget(pod.name, rolledBack ? "rolledBack" : "missing");
    pods.set(pod.name, pod);
    emit({ type: "updated", pod, previous: isSame ? known : undefined, ...(rolledBack && { rolledBack }) });
  }

  function forget(name: string, reason: RemovalReason = "missing"): boolean {
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
      const known = pods.get(pod.name);
      marks?.unconfirmed.delete(pod.name);
      if (known?.uid === pod.uid && known.resourceVersion === pod.resourceVersion) return "same";
      if (known !== undefined && isOlder(pod.resourceVersion, known.resourceVersion)) {
        marks?.older.push(pod);
        return "older";
      }
      replace(known, pod);
      return known === undefined ? "added" : "changed";
    },

    correct: (pod) => {
      const known = pods.get(pod.name);
      replace(known, pod, known !== undefined && isOlder(pod.resourceVersion, known.resourceVersion));
    },

    delete: (pod) => {
      const known = pods.get(pod.name);
      if (known?.uid !== pod.uid) return false;
      marks?.unconfirmed.delete(pod.name);
      pods.delete(pod.name);
      emit({ type: "removed", pod, reason: "deleted" });
      return true;
    },

    forget: (name) => forget(name),

    beginReplacement: () => {
      const own: Marks = { unconfirmed: new Set(pods.keys()), older: [] };
      marks = own;
      return {
        complete: (rolledBack) => {
          if (marks !== own) return 0;
          marks = undefined;
          if (rolledBack) for (const pod of own.older) replace(pods.get(pod.name), pod, true);
          for (const name of own.unconfirmed) forget(name, rolledBack ? "rolledBack" : "missing");
          return own.unconfirmed.size;
        },
        abandon: () => {
          if (marks === own) marks = undefined;
        },
      };
    },

    clear: () => {
      marks = undefined;
      for (const name of pods.keys()) forget(name, "unwatched");
    },
  };
}
