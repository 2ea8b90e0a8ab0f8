import type { Clock } from "../ports.ts";
import { compressed } from "./clocks.ts";
import { createLogs, type Logs } from "./logs.ts";
import type { Pod } from "./objects.ts";
import { buildPod, type PodTemplate } from "./pod-template.ts";
import { createStorage, type Storage, type StorageOptions } from "./storage.ts";

export interface ClusterOptions extends StorageOptions {
  readonly speed?: number;
  readonly namespaces?: readonly string[];
}

export interface Cluster extends Disposable {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly logs: Logs;
  namespaces(): readonly string[];
  createNamespace(name: string): void;
  createPod(spec: PodTemplate & { readonly namespace: string; readonly name: string }): Pod;
  pod(namespace: string, name: string): Pod | undefined;
  /** Writes a pod as it is given, under a new resourceVersion. */
  put(pod: Pod): Pod;
  removePod(namespace: string, name: string): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const clock = compressed(options.clock, options.speed ?? 1);
  const storage = createStorage({ ...options, clock: options.clock });
  const namespaces = new Set(options.namespaces);
  return {
    clock,
    storage,
    logs: createLogs(),
    namespaces: () => [...namespaces].sort(),
    createNamespace: (name) => void namespaces.add(name),
    createPod: ({ namespace, name, ...template }) => {
      namespaces.add(namespace);
      return storage.pods.put(buildPod({ namespace, name }, template, clock.now(), clock.random)).object;
    },
    pod: (namespace, name) => storage.pods.get(namespace, name)?.object,
    put: (pod) => storage.pods.put(pod).object,
    removePod: (namespace, name) => storage.pods.remove(namespace, name),
    [Symbol.dispose]: () => {},
  };
}
