/** Binds pods to nodes, and handles the pods of nodes that stop reporting. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import type { Pod } from "../model/objects.ts";
import { condition, disruptionTarget } from "../model/pod-status.ts";
import { onlyNodeOf } from "../model/pod-template.ts";
import type { EventRecorder } from "../storage/event-recorder.ts";
import type { Storage } from "../storage/storage.ts";

export interface SimulatedNode {
  readonly kubelet: Kubelet;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Scheduler extends Disposable {
  /** Binds the pod soon, or records FailedScheduling. */
  schedule(pod: Pod): void;
  /** Retries unschedulable pods after a change of the nodes. */
  retry(): void;
  /** A node stops reporting: its pods become not ready after 40 s, and are evicted after another 5 min. */
  lose(node: string): void;
  /** The node reports again. */
  regain(node: string): void;
}

export interface SchedulerSetting {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly events: EventRecorder;
  readonly nodes: ReadonlyMap<string, SimulatedNode>;
  /** Deletes a pod like a client of the API. */
  readonly deletePod: (pod: Pod) => void;
}

const DECISION: Duration = 50;
/** `--node-monitor-grace-period`. */
const NODE_GRACE: Duration = 40_000;
/** `tolerationSeconds` of the default tolerations. */
const EVICTION: Duration = 300_000;

export function createScheduler({ clock, storage, events, nodes, deletePod }: SchedulerSetting): Scheduler {
  const waiting = new Map<string, Pod>();
  const timers = new Set<Timer>();
  const lost = new Map<string, Timer[]>();

  const later = (delay: Duration, action: () => void) => {
    const timer = clock.after(delay, () => {
      timers.delete(timer);
      action();
    });
    timers.add(timer);
    return timer;
  };
  const current = ({ metadata }: Pod) => {
    const pod = storage.pods.get(metadata.namespace, metadata.name)?.object;
    return pod?.metadata.uid === metadata.uid ? pod : undefined;
  };
  const withCondition = (pod: Pod, changed: ReturnType<typeof condition>): Pod => {
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== changed.type);
    const order = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    const conditions = [...others, changed].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
    return { ...pod, status: { ...pod.status, conditions } };
  };
  const about = ({ metadata: { namespace, name, uid } }: Pod) => ({
    kind: "Pod",
    namespace,
    name,
    uid,
    apiVersion: "v1",
  });

  const bind = (asked: Pod) => {
    const pod = current(asked);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const now = clock.now();
    const [node] = [...nodes.values()]
      .filter(({ kubelet, labels }) => !kubelet.isDown && fits(pod, kubelet.node, labels))
      .sort((a, b) => a.kubelet.pods - b.kubelet.pods);
    const before = pod.status.conditions?.find(({ type }) => type === "PodScheduled");
    if (node === undefined) {
      const message = unschedulable(nodes);
      waiting.set(pod.metadata.uid, pod);
      if (before?.message === message) return;
      const verdict = { status: "False" as const, reason: "Unschedulable", message };
      storage.pods.put(withCondition(pod, condition("PodScheduled", verdict, before, now)));
      events.record({
        about: about(pod),
        type: "Warning",
        reason: "FailedScheduling",
        message,
        component: "default-scheduler",
      });
      return;
    }
    waiting.delete(pod.metadata.uid);
    const bound = { ...pod, spec: { ...pod.spec, nodeName: node.kubelet.node } };
    const scheduled = condition("PodScheduled", { status: "True" }, before, now);
    const stored = storage.pods.put(withCondition(bound, scheduled)).object;
    const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node.kubelet.node}`;
    events.record({ about: about(pod), type: "Normal", reason: "Scheduled", message, component: "default-scheduler" });
    node.kubelet.run(stored);
  };

  const podsOn = (node: string) =>
    storage.pods.entries().flatMap(({ object }) => (object.spec.nodeName === node ? [object] : []));

  const markNotReady = (node: string) => {
    for (const pod of podsOn(node)) {
      const before = pod.status.conditions?.find(({ type }) => type === "Ready");
      if (before?.status !== "True") continue;
      storage.pods.put(withCondition(pod, condition("Ready", { status: "False" }, before, clock.now())));
      events.record({
        about: about(pod),
        type: "Warning",
        reason: "NodeNotReady",
        message: "Node is not ready",
        component: "node-controller",
      });
    }
  };
  const evict = (node: string) => {
    for (const pod of podsOn(node)) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const message = "Taint manager: deleting due to NoExecute taint";
      const disruption = disruptionTarget("DeletionByTaintManager", message, clock.now());
      const conditions = [...(pod.status.conditions ?? []), disruption];
      deletePod(storage.pods.put({ ...pod, status: { ...pod.status, conditions } }).object);
    }
  };

  return {
    schedule: (pod) => void later(DECISION, () => bind(pod)),
    retry: () => {
      for (const pod of [...waiting.values()]) bind(pod);
    },
    lose: (node) => {
      lost.set(node, [later(NODE_GRACE, () => markNotReady(node)), later(NODE_GRACE + EVICTION, () => evict(node))]);
    },
    regain: (node) => {
      for (const timer of lost.get(node) ?? []) timer.cancel();
      lost.delete(node);
    },
    [Symbol.dispose]: () => {
      for (const timer of timers) timer.cancel();
    },
  };
}

function fits({ spec }: Pod, node: string, labels: Readonly<Record<string, string>>): boolean {
  if ((onlyNodeOf(spec) ?? node) !== node) return false;
  return Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
}

function unschedulable(nodes: ReadonlyMap<string, SimulatedNode>): string {
  const total = nodes.size;
  const down = [...nodes.values()].filter(({ kubelet }) => kubelet.isDown).length;
  const reasons = [
    ...(down === 0 ? [] : [`${down} node(s) had untolerated taint {node.kubernetes.io/unreachable: }`]),
    ...(down === total ? [] : [`${total - down} node(s) didn't match Pod's node affinity/selector`]),
  ];
  return `0/${total} nodes are available: ${reasons.join(", ")}. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}
