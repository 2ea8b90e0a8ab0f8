/** Finds pods and workloads by `NAME` or `NAMESPACE/NAME`. */
import type { Pod } from "../model/objects.ts";
import type { Storage } from "../storage/storage.ts";
import type { Workload } from "./controller.ts";
import type { Workloads } from "./workloads.ts";

export interface Names {
  /** Undefined when no workload has the name. */
  workload(name: string): Workload | undefined;
  /** The pod of this name, or the pods of the workload of this name. Throws when there are none. */
  pods(name: string): readonly Pod[];
}

export function createNames(storage: Storage, workloads: Workloads): Names {
  const split = (name: string): { readonly namespace: string | undefined; readonly own: string } => {
    const [first = "", second] = name.split("/");
    return second === undefined ? { namespace: undefined, own: first } : { namespace: first, own: second };
  };
  const workload = (name: string) => {
    const { namespace, own } = split(name);
    return workloads.find(own, namespace);
  };
  return {
    workload,
    pods: (name) => {
      const { namespace, own } = split(name);
      const found = [...storage.pods.values()].filter(
        (entry) => entry.name === own && (namespace === undefined || entry.namespace === namespace),
      );
      if (found.length > 0) return found.map(({ object }) => object);
      const owner = workload(name);
      const pods = owner === undefined ? [] : workloads.podsOf(owner);
      if (pods.length === 0) throw new Error(`no pod and no workload with pods is named ${name}`);
      return pods;
    },
  };
}
