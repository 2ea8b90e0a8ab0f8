/**
 * The kubelet of one node: a small model of `pkg/kubelet` that is accurate in what a watcher can see. `pod-sync.ts`
 * describes how it treats one pod.
 */
import type { BehaviourSource, Exit, Failure } from "../model/behaviour.ts";
import type { Pod } from "../model/objects.ts";
import {
  createPodWorker,
  endPod,
  forgetPod,
  type KubeletSetting,
  type NodeState,
  podOf,
  recorderFor,
  removePod,
  scheduleSync,
  syncPod,
  syncSoon,
  writeStatus,
} from "./pod-sync.ts";
import { bringUp, containerOf } from "./pod-worker.ts";

export interface Kubelet extends Disposable {
  readonly node: string;
  readonly isDown: boolean;
  readonly pods: number;
  /** Runs a pod that was bound to the node. */
  run(pod: Pod): void;
  /** Changes the behaviour of a container: of its current run and of later ones. */
  behave(uid: string, container: string, behaviour: BehaviourSource): void;
  /**
   * A container exits `times` times in a row, and is restarted in between without back-off. After the last exit the
   * kubelet continues as usual. Every intermediate status is written.
   */
  crash(uid: string, container: string, exit: Omit<Exit, "after">, times: number): Promise<void>;
  /** Deletion was requested from the API server: stops the pod and removes it once nothing runs. */
  terminate(uid: string): void;
  /** Ends the pod by decision of the kubelet, such as Evicted. It stays as Failed. */
  fail(uid: string, failure: Failure): void;
  /** The kubelet stops: containers continue, and nothing writes their status. */
  stop(): void;
  /** The kubelet starts again without its in-memory state. */
  start(): void;
}

export function createKubelet(setting: KubeletSetting): Kubelet {
  const { clock } = setting;
  const node: NodeState = { setting, workers: new Map(), images: new Set(), isDown: false, addresses: 0 };

  return {
    node: setting.node,
    get isDown() {
      return node.isDown;
    },
    get pods() {
      return node.workers.size;
    },
    run: (pod) => {
      const worker = createPodWorker(node, pod);
      node.workers.set(worker.uid, worker);
      const limit = pod.spec.activeDeadlineSeconds;
      if (limit !== undefined) {
        worker.deadline = clock.after(limit * 1_000, () => {
          const message = "Pod was active on the node longer than the specified deadline";
          recorderFor(node, pod)("Normal", "DeadlineExceeded", message);
          worker.failure = { reason: "DeadlineExceeded", message };
          endPod(node, worker);
        });
      }
      scheduleSync(node, worker, 100 * clock.random());
    },
    behave: (uid, name, behaviour) => containerOf(node.workers.get(uid), name)?.behave(behaviour),
    crash: async (uid, name, exit, times) => {
      const worker = node.workers.get(uid);
      const container = containerOf(worker, name);
      if (worker === undefined || container === undefined) return;
      worker.sandboxReadyAt = Math.min(worker.sandboxReadyAt, clock.monotonic());
      worker.sandboxReady = true;
      for (let time = 0; time < times; time++) {
        bringUp(worker, container);
        const before = podOf(node, worker);
        if (before === undefined) return;
        writeStatus(node, worker, before);
        container.exit(exit);
        syncPod(node, worker);
        // Lets watchers receive each state separately, as with a real cluster.
        await new Promise((resolve) => setImmediate(resolve));
      }
      // The second sync writes the back-off that the first one ran into.
      syncPod(node, worker);
    },
    terminate: (uid) => {
      const worker = node.workers.get(uid);
      const pod = worker && podOf(node, worker);
      if (worker === undefined || pod === undefined) return;
      if (worker.over) removePod(node, worker, pod);
      else endPod(node, worker);
    },
    fail: (uid, failure) => {
      const worker = node.workers.get(uid);
      if (worker === undefined) return;
      worker.failure = failure;
      endPod(node, worker);
    },
    stop: () => {
      node.isDown = true;
    },
    start: () => {
      node.isDown = false;
      for (const worker of node.workers.values()) {
        for (const container of worker.containers) container.forget();
        const pod = podOf(node, worker);
        if (pod?.metadata.deletionTimestamp !== undefined) endPod(node, worker);
        syncSoon(node, worker);
      }
    },
    [Symbol.dispose]: () => {
      for (const worker of node.workers.values()) forgetPod(node, worker);
    },
  };
}
