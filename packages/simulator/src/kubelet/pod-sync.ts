/**
 * How the kubelet manages one pod. Each sync first writes the pod's status, then acts: it starts what should run, in
 * the order init, main. A failure is retried after 10–15 s, and a report of the runtime triggers a sync within a second
 * (PLEG). So a crash appears as `terminated` first and as CrashLoopBackOff only after the next failed attempt, and
 * restartCount rises when the new container is created, as in a real cluster.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { BehaviourSource } from "../model/behaviour.ts";
import type { ClusterClock } from "../model/clocks.ts";
import { managedFields } from "../model/managed-fields.ts";
import { type Pod, timestamp } from "../model/objects.ts";
import { podStatus } from "../model/pod-status.ts";
import type { EventRecorder, RecordEvent } from "../storage/event-recorder.ts";
import type { Storage } from "../storage/storage.ts";
import { createContainer, type SimulatedContainer } from "./container-runtime.ts";
import type { Logs } from "./logs.ts";
import { isFinished, isInitialized, type PodWorker, startNext } from "./pod-worker.ts";

export interface KubeletSetting {
  readonly node: string;
  readonly hostIP: string;
  readonly clock: ClusterClock;
  readonly storage: Storage;
  readonly events: EventRecorder;
  readonly logs: Logs;
  /** The behaviour of a container, from its workload or pod template. */
  readonly behaviourOf: (pod: Pod, container: string) => BehaviourSource;
}

export interface NodeState {
  readonly setting: KubeletSetting;
  /** By UID of the pod. */
  readonly workers: Map<string, PodWorker>;
  /** The images that are present on the node. */
  readonly images: Set<string>;
  isDown: boolean;
  /** How many pod IPs were assigned. */
  addresses: number;
}

/** How soon the kubelet sees what the runtime reports: the pod lifecycle event generator relists once a second. */
const RELIST: Duration = 1_000;
/** The delay before a retry: `backOffPeriod`, with half of it as jitter. */
const RETRY: Duration = 10_000;
const SANDBOX: Duration = 1_500;

export function scheduleSync(node: NodeState, worker: PodWorker, delay: Duration): void {
  const { clock } = node.setting;
  const dueAt = clock.monotonic() + delay;
  if (worker.timer !== undefined && worker.dueAt <= dueAt) return;
  worker.timer?.cancel();
  worker.dueAt = dueAt;
  worker.timer = clock.after(delay, () => {
    worker.timer = undefined;
    if (!node.isDown) syncPod(node, worker);
  });
}

export function syncSoon(node: NodeState, worker: PodWorker): void {
  scheduleSync(node, worker, RELIST * (0.2 + 0.8 * node.setting.clock.random()));
}

export function syncPod(node: NodeState, worker: PodWorker): void {
  const { clock } = node.setting;
  const before = podOf(node, worker);
  if (before === undefined) return;
  worker.initialized ||= isInitialized(worker.containers);
  const isStopped = worker.containers.every(({ run }) => run === undefined || run.end !== undefined);
  if (worker.ending && isStopped) {
    finish(node, worker, before);
    return;
  }
  const pod = writeStatus(node, worker, before);
  if (worker.over || worker.ending) return;
  if (isFinished(pod, worker)) {
    // The main containers have exited: their sidecars are no longer needed (KEP-753).
    for (const container of worker.containers) container.stop(graceOf(pod));
    if (isStopped) finishSoon(node, worker);
    return;
  }
  const untilSandbox = worker.sandboxReadyAt - clock.monotonic();
  if (untilSandbox > 0) {
    scheduleSync(node, worker, untilSandbox);
    return;
  }
  worker.sandboxReady = true;
  worker.podIP ??= `10.128.2.${1 + (node.addresses++ % 250)}`;
  const result = startNext(worker, pod);
  if (result === "failed") scheduleSync(node, worker, RETRY * (1 + 0.5 * clock.random()));
  else if (result === "started") syncSoon(node, worker);
}

/** The stored pod. When it is gone, or another one has its name, the worker is dropped. */
export function podOf(node: NodeState, worker: PodWorker): Pod | undefined {
  const pod = node.setting.storage.pods.get(worker.namespace, worker.name)?.object;
  if (pod?.metadata.uid === worker.uid) return pod;
  forgetPod(node, worker);
  return undefined;
}

export function forgetPod(node: NodeState, worker: PodWorker): void {
  node.workers.delete(worker.uid);
  worker.timer?.cancel();
  worker.deadline?.cancel();
  for (const container of worker.containers) container.dispose();
}

export function writeStatus(node: NodeState, worker: PodWorker, pod: Pod): Pod {
  const { clock, storage, hostIP } = node.setting;
  const now = clock.now();
  const containers = worker.containers.map((container) => container.view());
  const { restartPolicy } = pod.spec;
  const status = podStatus(pod.status, { ...worker, containers, restartPolicy, hostIP }, now);
  if (JSON.stringify(status) === JSON.stringify(pod.status)) return pod;
  const written = { ...pod, status };
  const metadata = {
    ...pod.metadata,
    managedFields: managedFields(written, pod.metadata.creationTimestamp ?? "", timestamp(now)),
  };
  return storage.pods.put({ ...written, metadata }).object;
}

/** Everything is stopped: the pod is over, and is removed when deletion was requested. */
function finish(node: NodeState, worker: PodWorker, pod: Pod): void {
  worker.over = true;
  for (const container of worker.containers) container.lose();
  const last = writeStatus(node, worker, pod);
  if (last.metadata.deletionTimestamp !== undefined) removePod(node, worker, last);
}

/** A pod whose containers have exited is over once its sandbox is stopped. */
function finishSoon(node: NodeState, worker: PodWorker): void {
  worker.timer?.cancel();
  worker.timer = node.setting.clock.after(RELIST, () => {
    worker.timer = undefined;
    const pod = node.isDown ? undefined : podOf(node, worker);
    if (pod !== undefined) finish(node, worker, pod);
  });
}

/** The kubelet's own DELETE with a grace period of 0, after which the API server removes the pod. */
export function removePod(node: NodeState, worker: PodWorker, pod: Pod): void {
  const { clock, storage } = node.setting;
  const grace = clock.onWall((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000);
  const requestedAt = Date.parse(pod.metadata.deletionTimestamp ?? "") - grace;
  const metadata = { ...pod.metadata, deletionTimestamp: timestamp(requestedAt), deletionGracePeriodSeconds: 0 };
  storage.pods.put({ ...pod, metadata });
  storage.pods.remove(pod.metadata.namespace, pod.metadata.name);
  forgetPod(node, worker);
}

/** Stops all containers; the pod is over when the last one has stopped. */
export function endPod(node: NodeState, worker: PodWorker): void {
  const pod = podOf(node, worker);
  if (pod === undefined || worker.ending) return;
  worker.ending = true;
  worker.deadline?.cancel();
  const grace = graceOf(pod);
  for (const container of worker.containers) {
    if (container.run === undefined || container.run.end !== undefined) continue;
    recorderFor(node, pod, container)("Normal", "Killing", `Stopping container ${container.name}`);
    container.stop(grace);
  }
  syncSoon(node, worker);
}

/** Records events about the pod, or about one of its containers. */
export function recorderFor(
  node: NodeState,
  pod: Pod,
  container?: Pick<SimulatedContainer, "name" | "type">,
): RecordEvent {
  const { namespace, name, uid } = pod.metadata;
  const list = container?.type === "main" ? "containers" : "initContainers";
  const fieldPath = container && `spec.${list}{${container.name}}`;
  const about = { kind: "Pod", namespace, name, uid, apiVersion: "v1", ...(fieldPath && { fieldPath }) };
  return (type, reason, message) => {
    if (node.isDown) return;
    node.setting.events.record({ about, type, reason, message, component: "kubelet", host: node.setting.node });
  };
}

export function createPodWorker(node: NodeState, pod: Pod): PodWorker {
  const { clock, logs, behaviourOf } = node.setting;
  const { uid, namespace, name } = pod.metadata;
  const specs = [
    ...(pod.spec.initContainers ?? []).map((spec) => ({
      spec,
      type: spec.restartPolicy === "Always" ? ("sidecar" as const) : ("init" as const),
    })),
    ...pod.spec.containers.map((spec) => ({ spec, type: "main" as const })),
  ];
  const containers = specs.map(({ spec, type }) =>
    createContainer(
      {
        spec,
        type,
        podName: `${name}_${namespace}(${uid})`,
        clock,
        logs,
        images: node.images,
        record: recorderFor(node, pod, { name: spec.name, type }),
        changed: () => syncSoon(node, worker),
        killed: () => {
          if (!node.isDown && !worker.ending) startNext(worker, pod, "killed");
          syncSoon(node, worker);
        },
      },
      behaviourOf(pod, spec.name),
    ),
  );
  const worker: PodWorker = {
    uid,
    namespace,
    name,
    startedAt: clock.now(),
    containers,
    sandboxReadyAt: clock.monotonic() + SANDBOX * (0.5 + clock.random()),
    sandboxReady: false,
    podIP: undefined,
    initialized: false,
    over: false,
    failure: undefined,
    ending: false,
    dueAt: Number.POSITIVE_INFINITY,
    timer: undefined,
    deadline: undefined,
  };
  return worker;
}

function graceOf({ metadata, spec }: Pod): Duration {
  return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds) * 1_000;
}
