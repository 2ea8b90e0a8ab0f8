/**
 * The simulated cluster as its operators see it: it has nodes and workloads, and its containers crash, run out of memory
 * and recover. Pods, their statuses and Events follow from that as in a real cluster (`kubelet.ts`, `workloads.ts`), in
 * the time of the clock.
 *
 * A pod or workload is named `NAME` or `NAMESPACE/NAME`; the name of a workload means all its pods.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import { createKubelet, type Kubelet } from "../kubelet/kubelet.ts";
import { createLogs, type Logs } from "../kubelet/logs.ts";
import { type ClusterClock, clusterClock } from "../model/clocks.ts";
import { type Pod, timestamp } from "../model/objects.ts";
import { buildPod, type PodIdentity, type PodTemplate } from "../model/pod-template.ts";
import { createEventRecorder } from "../storage/event-recorder.ts";
import { createStorage, type Storage, type StorageOptions } from "../storage/storage.ts";
import { createBehaviours } from "./behaviours.ts";
import { createNames } from "./names.ts";
import { createPodActions, type PodActions } from "./pod-actions.ts";
import { createScheduler, type SimulatedNode } from "./scheduler.ts";
import { refuseBySecurityContext } from "./security-context.ts";
import { createWorkloadActions, type WorkloadActions } from "./workload-actions.ts";
import { createWorkloads, type Workloads } from "./workloads.ts";

export interface ClusterOptions extends StorageOptions {
  /** How many times faster than the clock the cluster runs; default 1. Timestamps are those of the clock. */
  readonly speed?: number;
  readonly namespaces?: readonly string[];
  /** Nodes by name with their labels; default one `node-1`. */
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly eventTtl?: Duration;
  /** Whether it is OpenShift: it has the projects API, and admits pods by security context constraints. */
  readonly openshift?: boolean;
}

export type PodSpecification = PodTemplate & { readonly namespace: string; readonly name: string };

export interface Cluster extends PodActions, WorkloadActions, Disposable {
  readonly clock: ClusterClock;
  readonly storage: Storage;
  readonly logs: Logs;
  readonly workloads: Pick<Workloads, "find" | "jobs">;

  namespaces(): readonly string[];
  createNamespace(name: string): void;
  /** With everything in it, immediately. */
  deleteNamespace(name: string): void;
  addNode(name: string, labels?: Readonly<Record<string, string>>): void;
  /** The node's kubelet stops. The control plane notices after 40 s and evicts its pods 5 min later. */
  nodeDown(name: string): void;
  nodeUp(name: string): void;
  createPod(spec: PodSpecification): Pod;
}

export function createCluster(options: ClusterOptions): Cluster {
  const clock = clusterClock(options.clock, options.speed ?? 1);
  const storage = createStorage({ ...options, clock: options.clock });
  const logs = createLogs();
  const events = createEventRecorder(storage, clock, options.eventTtl);
  const namespaces = new Set(options.namespaces);
  const nodes = new Map<string, SimulatedNode>();
  const kubeletOf = (pod: Pod): Kubelet | undefined => nodes.get(pod.spec.nodeName ?? "")?.kubelet;

  const createPod = (identity: PodIdentity, template: PodTemplate): Pod => {
    namespaces.add(identity.namespace);
    const pod = buildPod(identity, template, clock.now(), clock.random);
    behaviours.podCreated(pod, template);
    const stored = storage.pods.put(pod).object;
    scheduler.schedule(stored);
    return stored;
  };
  const deletePod = (pod: Pod, grace?: Duration) => {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const ended = pod.status.phase === "Failed" || pod.status.phase === "Succeeded";
    const seconds = ended ? 0 : grace === undefined ? pod.spec.terminationGracePeriodSeconds : grace / 1_000;
    if (pod.spec.nodeName === undefined) return storage.pods.remove(pod.metadata.namespace, pod.metadata.name);
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: timestamp(clock.now() + clock.onWall(seconds * 1_000)),
      deletionGracePeriodSeconds: seconds,
    };
    storage.pods.put({ ...pod, metadata });
    kubeletOf(pod)?.terminate(pod.metadata.uid);
  };
  const scheduler = createScheduler({ clock, storage, events, nodes, deletePod });
  const workloads = createWorkloads({
    clock,
    storage,
    events,
    nodes: () => [...nodes.keys()],
    createPod,
    deletePod,
    refusePod: (name, template) => (options.openshift ? refuseBySecurityContext(name, template) : undefined),
  });
  const names = createNames(storage, workloads);
  const behaviours = createBehaviours(storage, workloads);

  const addNode = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const hostIP = `10.0.0.${10 + nodes.size}`;
    const { behaviourOf } = behaviours;
    const kubelet = createKubelet({ node: name, hostIP, clock, storage, events, logs, behaviourOf });
    nodes.set(name, { kubelet, labels: { "kubernetes.io/hostname": name, ...labels } });
    scheduler.retry();
  };
  const kubeletNamed = (name: string): Kubelet => {
    const node = nodes.get(name);
    if (node === undefined)
      throw new Error(`no node ${name} in the cluster; its nodes are ${[...nodes.keys()].join(", ")}`);
    return node.kubelet;
  };
  for (const name of Object.keys(options.nodes ?? { "node-1": {} })) addNode(name, options.nodes?.[name]);

  return {
    clock,
    storage,
    logs,
    workloads,
    namespaces: () => [...namespaces].sort(),
    createNamespace: (name) => void namespaces.add(name),
    deleteNamespace: (name) => {
      namespaces.delete(name);
      for (const collection of [storage.pods, storage.events]) {
        for (const entry of collection.entries()) {
          if (entry.namespace === name) collection.remove(name, entry.name);
        }
      }
    },
    addNode,
    nodeDown: (name) => {
      kubeletNamed(name).stop();
      scheduler.lose(name);
    },
    nodeUp: (name) => {
      scheduler.regain(name);
      kubeletNamed(name).start();
      scheduler.retry();
    },
    createPod: ({ namespace, name, ...template }) => createPod({ namespace, name }, template),
    ...createWorkloadActions({ workloads, names, behaviours, namespaces }),
    ...createPodActions({ clock, storage, workloads, names, behaviours, kubeletOf, deletePod }),
    [Symbol.dispose]: () => {
      behaviours[Symbol.dispose]();
      workloads[Symbol.dispose]();
      scheduler[Symbol.dispose]();
      events[Symbol.dispose]();
      for (const { kubelet } of nodes.values()) kubelet[Symbol.dispose]();
    },
  };
}
