/**
 * The simulated cluster in the words of the people who run one: it has nodes and workloads, its containers crash, run
 * out of memory and recover. Pods, their statuses and Events come about as in a real cluster (`kubelet.ts`,
 * `workloads.ts`), at the times of the clock.
 *
 * A pod or workload is named `NAME` or `NAMESPACE/NAME`; a workload's name stands for all its pods.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import { createKubelet, type Kubelet } from "../kubelet/kubelet.ts";
import { createLogs, type Logs } from "../kubelet/logs.ts";
import { type BehaviourSource, type Exit, type ImageFailure, oomKilledAfter } from "../model/behaviour.ts";
import { type ClusterClock, clusterClock } from "../model/clocks.ts";
import { type Event, type Pod, timestamp } from "../model/objects.ts";
import { disruptionTarget } from "../model/pod-status.ts";
import { buildPod, type PodIdentity, type PodTemplate } from "../model/pod-template.ts";
import { createEventRecorder } from "../storage/event-recorder.ts";
import { createStorage, type Storage, type StorageOptions } from "../storage/storage.ts";
import type { Workload, WorkloadSpec } from "./controller.ts";
import { createScheduler, type SimulatedNode } from "./scheduler.ts";
import { createWorkloads } from "./workloads.ts";

export interface ClusterOptions extends StorageOptions {
  /** How many times faster the cluster lives than the clock goes; 1 when not given. Its time stamps are the clock's. */
  readonly speed?: number;
  readonly namespaces?: readonly string[];
  /** Nodes by name with their labels; one `node-1` when not given. */
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly eventTtl?: Duration;
}

export type PodSpecification = PodTemplate & { readonly namespace: string; readonly name: string };

/** Which container of a pod; its first main one when not given. */
export interface Which {
  readonly container?: string;
}

export interface Crash extends Which {
  /** How often in a row; once when not given. */
  readonly times?: number;
  /** 1 when not given. */
  readonly exitCode?: number;
  /** `Error` when not given. */
  readonly reason?: string;
  /** The termination message. */
  readonly message?: string;
}

export interface Cluster extends Disposable {
  readonly clock: ClusterClock;
  readonly storage: Storage;
  readonly logs: Logs;

  namespaces(): readonly string[];
  createNamespace(name: string): void;
  /** With everything in it, at once. */
  deleteNamespace(name: string): void;
  addNode(name: string, labels?: Readonly<Record<string, string>>): void;
  /** The node's kubelet stops; the control plane notices after 40 s and evicts its pods 5 min later. */
  nodeDown(name: string): void;
  nodeUp(name: string): void;

  createPod(spec: PodSpecification): Pod;
  createDeployment(spec: WorkloadSpec): Workload;
  createStatefulSet(spec: WorkloadSpec): Workload;
  createDaemonSet(spec: WorkloadSpec): Workload;
  createJob(spec: WorkloadSpec): Workload;
  createCronJob(spec: WorkloadSpec): Workload;
  /** A new revision with another template: pods are replaced as the kind of workload does it. */
  rollout(workload: string, change: PodTemplate & { readonly image?: string }): void;
  scale(workload: string, replicas: number): void;
  deleteWorkload(workload: string): void;
  /** No pods can be created for it any more, such as for an exceeded quota; undefined lifts it. */
  refusePods(workload: string, reason: string | undefined): void;

  /** The pods that a name stands for; throws when there are none. */
  pods(name: string): readonly Pod[];
  /** The first of them. */
  pod(name: string): Pod;
  eventsOf(name: string): readonly Event[];

  /** A container dies: at once, and so often; the kubelet restarts it. Resolves when every state was written. */
  crash(name: string, crash?: Crash): Promise<void>;
  oomKill(name: string, which?: Which & { readonly times?: number }): Promise<void>;
  /** From now on it dies again and again, so long after each start (2 s when not given), until `recover`. */
  crashLoop(name: string, crash?: Omit<Crash, "times"> & { readonly after?: Duration }): void;
  /** From its next start on its image cannot be had. */
  failPull(name: string, failure?: Which & Partial<ImageFailure>): void;
  /** It runs and is not ready, until `recover`. */
  becomeUnready(name: string, which?: Which): void;
  /** How a container behaves from now on, in the present pods and in new ones of the workload. */
  behave(name: string, behaviour: BehaviourSource, which?: Which): void;
  /** All is well from now on. What waits for a back-off still waits for it. */
  recover(name: string, which?: Which): void;

  /** As `kubectl delete pod`; the grace period is the pod's when not given. */
  deletePod(name: string, grace?: Duration): void;
  /** By the kubelet, for want of memory on the node: the pod stays as Failed, Evicted. */
  evict(name: string): void;
  /** By the eviction API, as `kubectl drain` does: the pod is deleted, marked as a disruption. */
  drain(name: string): void;

  /** Writes a pod as it is given, under a new resourceVersion: for states that no kubelet of today writes. */
  put(pod: Pod): Pod;
  /** Changes the status alone. The kubelet's next write replaces it. */
  patchStatus(name: string, change: (pod: Pod) => Partial<Pod["status"]>): Pod;
  /** Removes the object without asking the kubelet. */
  removePod(name: string): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const clock = clusterClock(options.clock, options.speed ?? 1);
  const storage = createStorage({ ...options, clock: options.clock });
  const logs = createLogs();
  const events = createEventRecorder(storage, clock, options.eventTtl);
  const namespaces = new Set(options.namespaces);
  const nodes = new Map<string, SimulatedNode>();
  const templates = new Map<string, PodTemplate>();
  /** By the UID of a pod or workload, then by container: what was ordered after the template was written. */
  const ordered = new Map<string, Map<string, BehaviourSource>>();
  const order = (uid: string, container: string, behaviour: BehaviourSource) => {
    ordered.set(uid, (ordered.get(uid) ?? new Map<string, BehaviourSource>()).set(container, behaviour));
  };

  const behaviourOf = (pod: Pod, container: string): BehaviourSource => {
    const workload = workloads.workloadOf(pod);
    const template = templates.get(pod.metadata.uid);
    return (
      ordered.get(pod.metadata.uid)?.get(container) ??
      (workload && ordered.get(workload.uid)?.get(container)) ??
      template?.containers?.find(({ name }) => name === container)?.behaviour ??
      {}
    );
  };
  const kubeletOf = (pod: Pod): Kubelet | undefined => nodes.get(pod.spec.nodeName ?? "")?.kubelet;

  const makePod = (identity: PodIdentity, template: PodTemplate): Pod => {
    namespaces.add(identity.namespace);
    const pod = buildPod(identity, template, clock.now(), clock.random);
    templates.set(pod.metadata.uid, template);
    const stored = storage.pods.put(pod).object;
    scheduler.schedule(stored);
    return stored;
  };
  const removePod = (pod: Pod, grace?: Duration) => {
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
  const scheduler = createScheduler({ clock, storage, events, nodes, deletePod: removePod });
  const workloads = createWorkloads({
    clock,
    storage,
    events,
    nodes: () => [...nodes.keys()],
    createPod: makePod,
    deletePod: removePod,
  });
  const forgetting = storage.pods.subscribe(({ type, entry }) => {
    if (type !== "DELETED") return;
    templates.delete(entry.object.metadata.uid);
    ordered.delete(entry.object.metadata.uid);
  });

  const addNode = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const hostIP = `10.0.0.${10 + nodes.size}`;
    const kubelet = createKubelet({ node: name, hostIP, clock, storage, events, logs, behaviourOf });
    nodes.set(name, { kubelet, labels: { "kubernetes.io/hostname": name, ...labels } });
    scheduler.retry();
  };
  const kubeletNamed = (name: string): Kubelet => {
    const node = nodes.get(name);
    if (node === undefined)
      throw new Error(`no node ${name} in the cluster: there are ${[...nodes.keys()].join(", ")}`);
    return node.kubelet;
  };

  const split = (name: string): { readonly namespace: string | undefined; readonly own: string } => {
    const [first = "", second] = name.split("/");
    return second === undefined ? { namespace: undefined, own: first } : { namespace: first, own: second };
  };
  const workloadNamed = (name: string): Workload => {
    const { namespace, own } = split(name);
    const found = workloads.find(own, namespace);
    if (found === undefined) throw new Error(`no workload ${name} in the cluster`);
    return found;
  };
  const podsNamed = (name: string): readonly Pod[] => {
    const { namespace, own } = split(name);
    const found = [...storage.pods.values()].filter(
      (entry) => entry.name === own && (namespace === undefined || entry.namespace === namespace),
    );
    if (found.length > 0) return found.map(({ object }) => object);
    const workload = workloads.find(own, namespace);
    const pods = workload === undefined ? [] : workloads.podsOf(workload);
    if (pods.length === 0) throw new Error(`no pod and no workload with pods is named ${name}`);
    return pods;
  };
  const podNamed = (name: string): Pod => podsNamed(name)[0] as Pod;
  const containerOf = (pod: Pod, { container }: Which): string => container ?? pod.spec.containers[0]?.name ?? "app";

  const crash = async (name: string, crashed: Crash = {}) => {
    const { times = 1, exitCode = 1, reason, message } = crashed;
    const exit = {
      exitCode,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
    for (const pod of podsNamed(name)) {
      const kubelet = kubeletOf(pod);
      if (kubelet === undefined) throw new Error(`pod ${name} is bound to no node yet: nothing of it can crash`);
      await kubelet.crash(pod.metadata.uid, containerOf(pod, crashed), exit, times);
    }
  };
  const behave = (name: string, behaviour: BehaviourSource, which: Which = {}) => {
    const { namespace, own } = split(name);
    const workload = workloads.find(own, namespace);
    const pods = workload === undefined ? podsNamed(name) : workloads.podsOf(workload);
    const [first] = workload?.template.containers ?? [];
    if (workload !== undefined) order(workload.uid, which.container ?? first?.name ?? "app", behaviour);
    for (const pod of pods) {
      const container = containerOf(pod, which);
      order(pod.metadata.uid, container, behaviour);
      kubeletOf(pod)?.behave(pod.metadata.uid, container, behaviour);
    }
  };
  const create = (kind: Workload["kind"]) => (spec: WorkloadSpec) => {
    namespaces.add(spec.namespace);
    return workloads.create(kind, spec);
  };

  for (const name of Object.keys(options.nodes ?? { "node-1": {} })) addNode(name, options.nodes?.[name]);

  return {
    clock,
    storage,
    logs,
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
    createPod: ({ namespace, name, ...template }) => makePod({ namespace, name }, template),
    createDeployment: create("Deployment"),
    createStatefulSet: create("StatefulSet"),
    createDaemonSet: create("DaemonSet"),
    createJob: create("Job"),
    createCronJob: create("CronJob"),
    rollout: (name, { image, ...change }) => {
      const workload = workloadNamed(name);
      const template = { ...workload.template, ...change };
      const [first = { name: "app" }, ...others] = template.containers ?? [];
      const containers = [image === undefined ? first : { ...first, image }, ...others];
      ordered.delete(workload.uid);
      workloads.rollout(workload, { ...template, containers });
    },
    scale: (name, replicas) => workloads.scale(workloadNamed(name), replicas),
    deleteWorkload: (name) => workloads.remove(workloadNamed(name)),
    refusePods: (name, reason) => workloads.refuse(workloadNamed(name), reason),
    pods: podsNamed,
    pod: podNamed,
    eventsOf: (name) => {
      const uids = new Set(podsNamed(name).map(({ metadata }) => metadata.uid));
      return storage.events.entries().flatMap(({ object }) => (uids.has(object.involvedObject.uid) ? [object] : []));
    },
    crash,
    oomKill: (name, which = {}) => crash(name, { ...which, exitCode: 137, reason: "OOMKilled" }),
    crashLoop: (name, { after = 2_000, exitCode = 1, reason, message, ...which } = {}) => {
      const exit: Exit =
        reason === "OOMKilled"
          ? oomKilledAfter(after)
          : {
              after,
              exitCode,
              ...(reason === undefined ? {} : { reason }),
              ...(message === undefined ? {} : { message }),
            };
      behave(name, { exit }, which);
    },
    failPull: (name, { reason = "ErrImagePull", message, ...which } = {}) => {
      behave(name, { image: { reason, ...(message === undefined ? {} : { message }) } }, which);
    },
    becomeUnready: (name, which) => behave(name, { ready: "never" }, which),
    behave,
    recover: (name, which) => behave(name, {}, which),
    deletePod: (name, grace) => {
      for (const pod of podsNamed(name)) removePod(pod, grace);
    },
    evict: (name) => {
      for (const pod of podsNamed(name)) {
        const [container] = pod.spec.containers;
        kubeletOf(pod)?.fail(pod.metadata.uid, {
          reason: "Evicted",
          message: `The node was low on resource: memory. Threshold quantity: 100Mi, available: 61232Ki. Container ${container?.name} was using 1843212Ki, request is 0, has larger consumption of memory. `,
        });
      }
    },
    drain: (name) => {
      for (const pod of podsNamed(name)) {
        const disruption = disruptionTarget("EvictionByEvictionAPI", "Eviction API: evicting", clock.now());
        const conditions = [...(pod.status.conditions ?? []), disruption];
        removePod(storage.pods.put({ ...pod, status: { ...pod.status, conditions } }).object);
      }
    },
    put: (pod) => storage.pods.put(pod).object,
    patchStatus: (name, change) => {
      const pod = podNamed(name);
      return storage.pods.put({ ...pod, status: { ...pod.status, ...change(pod) } }).object;
    },
    removePod: (name) => {
      for (const { metadata } of podsNamed(name)) storage.pods.remove(metadata.namespace, metadata.name);
    },
    [Symbol.dispose]: () => {
      forgetting[Symbol.dispose]();
      workloads[Symbol.dispose]();
      scheduler[Symbol.dispose]();
      events[Symbol.dispose]();
      for (const { kubelet } of nodes.values()) kubelet[Symbol.dispose]();
    },
  };
}
