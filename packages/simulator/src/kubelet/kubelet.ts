/**
 * The kubelet of one node: a small model of `pkg/kubelet` that is true where a watcher looks. Each pod has a worker
 * that first writes what it knows into the pod's status, then acts: starts what should run, in the order init, main.
 * What goes wrong is tried again after 10–15 s, and what the runtime reports makes it look within a second (PLEG):
 * so a crash shows as `terminated` first, as CrashLoopBackOff only after the next failed attempt, and restartCount
 * rises when the new container is made, as in a real cluster.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { BehaviourSource, Exit, Failure } from "../model/behaviour.ts";
import type { ClusterClock } from "../model/clocks.ts";
import { managedFields } from "../model/managed-fields.ts";
import { type Pod, timestamp } from "../model/objects.ts";
import { podStatus } from "../model/pod-status.ts";
import type { EventRecorder } from "../storage/event-recorder.ts";
import type { Storage } from "../storage/storage.ts";
import { createContainer, type SimulatedContainer } from "./container-runtime.ts";
import type { Logs } from "./logs.ts";
import { bringUp, containerOf, isFinished, isInitialized, type PodWorker, startNext } from "./pod-worker.ts";

export interface KubeletSetting {
  readonly node: string;
  readonly hostIP: string;
  readonly clock: ClusterClock;
  readonly storage: Storage;
  readonly events: EventRecorder;
  readonly logs: Logs;
  /** What a pod's container does, as its workload says. */
  readonly behaviourOf: (pod: Pod, container: string) => BehaviourSource;
}

export interface Kubelet extends Disposable {
  readonly node: string;
  readonly isDown: boolean;
  readonly pods: number;
  /** Takes a pod that was bound to the node. */
  run(pod: Pod): void;
  /** A container behaves otherwise from now on: the one that runs, and those after it. */
  behave(uid: string, container: string, behaviour: BehaviourSource): void;
  /**
   * A container dies, so many times in a row that it is restarted in between without waiting for back-offs; after the
   * last death the kubelet goes on as it does. Every state on the way is written.
   */
  crash(uid: string, container: string, exit: Omit<Exit, "after">, times: number): Promise<void>;
  /** The API server was asked to delete the pod: stops it and removes it when nothing runs any more. */
  terminate(uid: string): void;
  /** Ends the pod by the kubelet's own decision, such as Evicted: it stays as Failed. */
  fail(uid: string, failure: Failure): void;
  /** The kubelet stops: containers go on, nobody writes their status. */
  stop(): void;
  /** It comes back, having forgotten what it kept in memory. */
  start(): void;
}

/** How soon the kubelet sees what the runtime reports: the pod lifecycle event generator looks once a second. */
const RELIST: Duration = 1_000;
/** When it tries again after a failure: `backOffPeriod`, with half of it as jitter. */
const RETRY: Duration = 10_000;
const SANDBOX: Duration = 1_500;

export function createKubelet(setting: KubeletSetting): Kubelet {
  const { clock, storage, events, node } = setting;
  const workers = new Map<string, PodWorker>();
  const images = new Set<string>();
  let down = false;
  let addresses = 0;

  const schedule = (worker: PodWorker, delay: Duration) => {
    const dueAt = clock.monotonic() + delay;
    if (worker.timer !== undefined && worker.dueAt <= dueAt) return;
    worker.timer?.cancel();
    worker.dueAt = dueAt;
    worker.timer = clock.after(delay, () => {
      worker.timer = undefined;
      if (!down) sync(worker);
    });
  };
  const seeSoon = (worker: PodWorker) => schedule(worker, RELIST * (0.2 + 0.8 * clock.random()));

  const forget = (worker: PodWorker) => {
    workers.delete(worker.uid);
    worker.timer?.cancel();
    worker.deadline?.cancel();
    for (const container of worker.containers) container.dispose();
  };

  const podOf = (worker: PodWorker): Pod | undefined => {
    const pod = storage.pods.get(worker.namespace, worker.name)?.object;
    if (pod?.metadata.uid === worker.uid) return pod;
    forget(worker);
    return undefined;
  };

  const writeStatus = (worker: PodWorker, pod: Pod): Pod => {
    const now = clock.now();
    const status = podStatus(
      pod.status,
      {
        containers: worker.containers.map((container) => container.view()),
        restartPolicy: pod.spec.restartPolicy,
        sandboxReady: worker.sandboxReady,
        initialized: worker.initialized,
        over: worker.over,
        startedAt: worker.startedAt,
        podIP: worker.podIP,
        hostIP: setting.hostIP,
        failure: worker.failure,
      },
      now,
    );
    if (JSON.stringify(status) === JSON.stringify(pod.status)) return pod;
    const written = { ...pod, status };
    const metadata = {
      ...pod.metadata,
      managedFields: managedFields(written, pod.metadata.creationTimestamp ?? "", timestamp(now)),
    };
    return storage.pods.put({ ...written, metadata }).object;
  };

  const sync = (worker: PodWorker) => {
    const known = podOf(worker);
    if (known === undefined) return;
    worker.initialized ||= isInitialized(worker.containers);
    const isStopped = worker.containers.every(({ run }) => run === undefined || run.end !== undefined);
    if (worker.ending && isStopped) return finish(worker, known);
    const pod = writeStatus(worker, known);
    if (worker.over || worker.ending) return;
    if (isFinished(pod, worker)) {
      // The main ones are through: what ran beside them is not needed any more (KEP-753).
      for (const container of worker.containers) container.stop(graceOf(pod));
      if (isStopped) finishSoon(worker);
      return;
    }
    const untilSandbox = worker.sandboxReadyAt - clock.monotonic();
    if (untilSandbox > 0) return schedule(worker, untilSandbox);
    worker.sandboxReady = true;
    worker.podIP ??= `10.128.2.${1 + (addresses++ % 250)}`;
    switch (startNext(worker, pod)) {
      case "failed":
        return schedule(worker, RETRY * (1 + 0.5 * clock.random()));
      case "started":
        return seeSoon(worker);
      case "nothing":
    }
  };

  /** Everything is stopped: the pod is over, and gone when that was asked for. */
  const finish = (worker: PodWorker, pod: Pod) => {
    worker.over = true;
    for (const container of worker.containers) container.lose();
    const last = writeStatus(worker, pod);
    if (last.metadata.deletionTimestamp !== undefined) remove(worker, last);
  };

  /** A pod that ended by itself is over when its sandbox is stopped, too. */
  const finishSoon = (worker: PodWorker) => {
    worker.timer?.cancel();
    worker.timer = clock.after(RELIST, () => {
      worker.timer = undefined;
      const pod = down ? undefined : podOf(worker);
      if (pod !== undefined) finish(worker, pod);
    });
  };

  /** The kubelet's own DELETE with a grace period of 0, upon which the API server lets the pod go. */
  const remove = (worker: PodWorker, pod: Pod) => {
    const grace = clock.onWall((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000);
    const asked = Date.parse(pod.metadata.deletionTimestamp ?? "") - grace;
    const metadata = { ...pod.metadata, deletionTimestamp: timestamp(asked), deletionGracePeriodSeconds: 0 };
    storage.pods.put({ ...pod, metadata });
    storage.pods.remove(pod.metadata.namespace, pod.metadata.name);
    forget(worker);
  };

  const end = (worker: PodWorker) => {
    const pod = podOf(worker);
    if (pod === undefined || worker.ending) return;
    worker.ending = true;
    worker.deadline?.cancel();
    const grace = graceOf(pod);
    for (const container of worker.containers) {
      if (container.run === undefined || container.run.end !== undefined) continue;
      tellOf(pod, container)("Normal", "Killing", `Stopping container ${container.name}`);
      container.stop(grace);
    }
    seeSoon(worker);
  };

  const tellOf = (pod: Pod, container?: Pick<SimulatedContainer, "name" | "type">) => {
    const list = container?.type === "main" ? "containers" : "initContainers";
    const about = {
      kind: "Pod",
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      apiVersion: "v1",
      ...(container === undefined ? {} : { fieldPath: `spec.${list}{${container.name}}` }),
    };
    return (type: "Normal" | "Warning", reason: string, message: string) => {
      if (!down) events.record({ about, type, reason, message, component: "kubelet", host: node });
    };
  };

  const take = (pod: Pod): PodWorker => {
    const { uid, namespace, name } = pod.metadata;
    const settings = [
      ...(pod.spec.initContainers ?? []).map((spec) => ({
        spec,
        type: spec.restartPolicy === "Always" ? ("sidecar" as const) : ("init" as const),
      })),
      ...pod.spec.containers.map((spec) => ({ spec, type: "main" as const })),
    ];
    const containers = settings.map(({ spec, type }) =>
      createContainer(
        {
          spec,
          type,
          podName: `${name}_${namespace}(${uid})`,
          clock,
          logs: setting.logs,
          images,
          tell: tellOf(pod, { name: spec.name, type }),
          changed: () => seeSoon(worker),
          killed: () => {
            if (!down && !worker.ending) startNext(worker, pod, "killed");
            seeSoon(worker);
          },
        },
        setting.behaviourOf(pod, spec.name),
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
  };

  const fail = (worker: PodWorker, failure: Failure) => {
    worker.failure = failure;
    end(worker);
  };

  return {
    node,
    get isDown() {
      return down;
    },
    get pods() {
      return workers.size;
    },
    run: (pod) => {
      const worker = take(pod);
      workers.set(worker.uid, worker);
      const limit = pod.spec.activeDeadlineSeconds;
      if (limit !== undefined) {
        worker.deadline = clock.after(limit * 1_000, () => {
          const message = "Pod was active on the node longer than the specified deadline";
          tellOf(pod)("Normal", "DeadlineExceeded", message);
          fail(worker, { reason: "DeadlineExceeded", message });
        });
      }
      schedule(worker, 100 * clock.random());
    },
    behave: (uid, name, behaviour) => containerOf(workers.get(uid), name)?.behave(behaviour),
    crash: async (uid, name, exit, times) => {
      const worker = workers.get(uid);
      const container = containerOf(worker, name);
      if (worker === undefined || container === undefined) return;
      worker.sandboxReadyAt = Math.min(worker.sandboxReadyAt, clock.monotonic());
      worker.sandboxReady = true;
      for (let time = 0; time < times; time++) {
        bringUp(worker, container);
        const before = podOf(worker);
        if (before === undefined) return;
        writeStatus(worker, before);
        container.exit(exit);
        sync(worker);
        // Whoever watches sees each state by itself, as with a real cluster.
        await new Promise((resolve) => setImmediate(resolve));
      }
      // A second look shows the back-off that the first one ran into.
      sync(worker);
    },
    terminate: (uid) => {
      const worker = workers.get(uid);
      const pod = worker && podOf(worker);
      if (worker === undefined || pod === undefined) return;
      if (worker.over) remove(worker, pod);
      else end(worker);
    },
    fail: (uid, failure) => {
      const worker = workers.get(uid);
      if (worker !== undefined) fail(worker, failure);
    },
    stop: () => {
      down = true;
    },
    start: () => {
      down = false;
      for (const worker of workers.values()) {
        for (const container of worker.containers) container.forget();
        const pod = podOf(worker);
        if (pod?.metadata.deletionTimestamp !== undefined) end(worker);
        seeSoon(worker);
      }
    },
    [Symbol.dispose]: () => {
      for (const worker of workers.values()) forget(worker);
    },
  };
}

function graceOf({ metadata, spec }: Pod): Duration {
  return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds) * 1_000;
}
