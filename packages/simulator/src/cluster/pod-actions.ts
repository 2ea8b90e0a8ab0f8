/** Actions on the pods of the cluster: containers crash and recover, pods are deleted and evicted. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { type BehaviourSource, type Exit, type ImageFailure, oomKilledAfter } from "../model/behaviour.ts";
import type { Event, Pod } from "../model/objects.ts";
import { disruptionTarget } from "../model/pod-status.ts";
import type { Storage } from "../storage/storage.ts";
import type { Behaviours } from "./behaviours.ts";
import type { Names } from "./names.ts";
import type { Workloads } from "./workloads.ts";

/** Which container of a pod; by default its first main one. */
export interface Which {
  readonly container?: string;
}

export interface Crash extends Which {
  /** How often in a row; default 1. */
  readonly times?: number;
  /** Default 1. */
  readonly exitCode?: number;
  /** Default `Error`. */
  readonly reason?: string;
  /** The termination message. */
  readonly message?: string;
}

export interface PodActions {
  /** The pods that a name means; throws when there are none. */
  pods(name: string): readonly Pod[];
  /** The first of them. */
  pod(name: string): Pod;
  eventsOf(name: string): readonly Event[];

  /** A container exits `times` times, and the kubelet restarts it. Resolves when every state was written. */
  crash(name: string, crash?: Crash): Promise<void>;
  oomKill(name: string, which?: Which & { readonly times?: number }): Promise<void>;
  /** The container exits `after` (default 2 s) each start, until `recover`. */
  crashLoop(name: string, crash?: Omit<Crash, "times"> & { readonly after?: Duration }): void;
  /** The image cannot be pulled from the next start on. */
  failPull(name: string, failure?: Which & Partial<ImageFailure>): void;
  /** The container runs without becoming ready, until `recover`. */
  becomeUnready(name: string, which?: Which): void;
  /** Sets the behaviour of a container, in current pods and in new pods of the workload. */
  behave(name: string, behaviour: BehaviourSource, which?: Which): void;
  /** The container works from now on. A back-off that is running still has to end. */
  recover(name: string, which?: Which): void;

  /** As `kubectl delete pod`; the default grace period is that of the pod. */
  deletePod(name: string, grace?: Duration): void;
  /** Node-pressure eviction by the kubelet: the pod stays as Failed with reason Evicted. */
  evict(name: string): void;
  /** Eviction through the API, as by `kubectl drain`: the pod is deleted with a DisruptionTarget condition. */
  drain(name: string): void;

  /** Stores a pod as given, under a new resourceVersion: for states that current kubelets do not write. */
  put(pod: Pod): Pod;
  /** Changes the status only. The kubelet's next write replaces it. */
  patchStatus(name: string, change: (pod: Pod) => Partial<Pod["status"]>): Pod;
  /** Removes the object without the kubelet. */
  removePod(name: string): void;
}

export function createPodActions({
  clock,
  storage,
  workloads,
  names,
  behaviours,
  kubeletOf,
  deletePod,
}: {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly workloads: Workloads;
  readonly names: Names;
  readonly behaviours: Behaviours;
  readonly kubeletOf: (pod: Pod) => Kubelet | undefined;
  readonly deletePod: (pod: Pod, grace?: Duration) => void;
}): PodActions {
  const containerOf = (pod: Pod, { container }: Which): string => container ?? pod.spec.containers[0]?.name ?? "app";
  const pod = (name: string): Pod => names.pods(name)[0] as Pod;

  const crash = async (name: string, { times = 1, exitCode = 1, reason, message, ...which }: Crash = {}) => {
    for (const pod of names.pods(name)) {
      const kubelet = kubeletOf(pod);
      if (kubelet === undefined) throw new Error(`pod ${name} is not bound to a node yet, so it cannot crash`);
      await kubelet.crash(pod.metadata.uid, containerOf(pod, which), exitOf({ exitCode, reason, message }), times);
    }
  };
  const behave = (name: string, behaviour: BehaviourSource, which: Which = {}) => {
    const workload = names.workload(name);
    const pods = workload === undefined ? names.pods(name) : workloads.podsOf(workload);
    const [first] = workload?.template.containers ?? [];
    if (workload !== undefined) behaviours.set(workload.uid, which.container ?? first?.name ?? "app", behaviour);
    for (const pod of pods) {
      const container = containerOf(pod, which);
      behaviours.set(pod.metadata.uid, container, behaviour);
      kubeletOf(pod)?.behave(pod.metadata.uid, container, behaviour);
    }
  };

  return {
    pods: names.pods,
    pod,
    eventsOf: (name) => {
      const uids = new Set(names.pods(name).map(({ metadata }) => metadata.uid));
      return storage.events.entries().flatMap(({ object }) => (uids.has(object.involvedObject.uid) ? [object] : []));
    },
    crash,
    oomKill: (name, which = {}) => crash(name, { ...which, exitCode: 137, reason: "OOMKilled" }),
    crashLoop: (name, { after = 2_000, exitCode = 1, reason, message, ...which } = {}) => {
      const exit = reason === "OOMKilled" ? oomKilledAfter(after) : { after, ...exitOf({ exitCode, reason, message }) };
      behave(name, { exit }, which);
    },
    failPull: (name, { reason = "ErrImagePull", message, ...which } = {}) => {
      behave(name, { image: { reason, ...(message === undefined ? {} : { message }) } }, which);
    },
    becomeUnready: (name, which) => behave(name, { ready: "never" }, which),
    behave,
    recover: (name, which) => behave(name, {}, which),
    deletePod: (name, grace) => {
      for (const pod of names.pods(name)) deletePod(pod, grace);
    },
    evict: (name) => {
      for (const pod of names.pods(name)) {
        const [container] = pod.spec.containers;
        kubeletOf(pod)?.fail(pod.metadata.uid, {
          reason: "Evicted",
          message: `The node was low on resource: memory. Threshold quantity: 100Mi, available: 61232Ki. Container ${container?.name} was using 1843212Ki, request is 0, has larger consumption of memory. `,
        });
      }
    },
    drain: (name) => {
      for (const pod of names.pods(name)) {
        const disruption = disruptionTarget("EvictionByEvictionAPI", "Eviction API: evicting", clock.now());
        const conditions = [...(pod.status.conditions ?? []), disruption];
        deletePod(storage.pods.put({ ...pod, status: { ...pod.status, conditions } }).object);
      }
    },
    put: (pod) => storage.pods.put(pod).object,
    patchStatus: (name, change) => {
      const before = pod(name);
      return storage.pods.put({ ...before, status: { ...before.status, ...change(before) } }).object;
    },
    removePod: (name) => {
      for (const { metadata } of names.pods(name)) storage.pods.remove(metadata.namespace, metadata.name);
    },
  };
}

function exitOf({
  exitCode,
  reason,
  message,
}: {
  readonly exitCode: number;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}): Omit<Exit, "after"> {
  return {
    exitCode,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}
