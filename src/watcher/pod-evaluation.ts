import { evaluate } from "../core/evaluate/evaluate.ts";
import { createNodeClocks, readNodeClock } from "../core/evaluate/node-clock.ts";
import type { PodObservation, PriorState, RemovalReason } from "../core/evaluate/observation.ts";
import { placeholderPod, strippedPod } from "../core/evaluate/removed-pod.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { JobAccess } from "../core/model/job.ts";
import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Duration } from "../core/model/time.ts";
import { workloadKey, workloadLabel } from "../core/model/workload.ts";
import type { Clock } from "../ports/clock.ts";
import type { PodChange, PodSource } from "../ports/pods.ts";
import type { StoredState, TerminationCount } from "../ports/store.ts";
import type { BatchWriter } from "./batch-writer.ts";
import { type DelayQueue, IMMEDIATELY } from "./delay-queue.ts";
import type { EvaluatedAlerts } from "./evaluated-alerts.ts";
import type { ObservationContext } from "./namespace-tracking.ts";
import { createTerminationCounts } from "./termination-counts.ts";
import { createWorkloadIndex } from "./workload-index.ts";

export interface PodEvaluationOptions {
  readonly clock: Clock;
  readonly source: Pick<PodSource, "pod">;
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  readonly writer: BatchWriter;
  readonly alerts: EvaluatedAlerts;
  readonly delays: DelayQueue;
  /** Our clock minus the API server's; undefined while unknown. */
  readonly clockSkew?: (() => Duration | undefined) | undefined;
  readonly jobAccess: (namespace: string) => JobAccess | undefined;
}

/** Evaluates pods and keeps what the next evaluation of each needs. */
export interface PodEvaluation {
  load(stored: Pick<StoredState, "pods" | "workloads" | "terminations">): void;
  changed(change: PodChange, context: ObservationContext): void;
  /** Evaluates a pod again at its deadline: time alone may have changed the result. */
  reevaluate(key: string): void;
  /** Evaluates pods that have stored state but are not in the cache as removed. */
  closeAbsent(namespace: string, reason: RemovalReason): void;
  priorState(pod: PodSnapshot): PriorState;
  history(uid: string): PodHistory | undefined;
  histories(): Iterable<PodHistory>;
  podsOf(namespace: string, workload: Workload): readonly PodSnapshot[];
  terminations(): readonly TerminationCount[];
  /** The nodes whose clocks are off, and by how much: see `ClockReading.offset`. */
  skewedNodes(): ReadonlyMap<string, Duration>;
}

type Removal = Extract<PodObservation, { type: "removed" }>;

export function createPodEvaluation(options: PodEvaluationOptions): PodEvaluation {
  const { clock, source, writer, alerts, delays } = options;
  const histories = new Map<string, PodHistory>();
  const workloads = new Map<string, WorkloadHistory>();
  const terminations = createTerminationCounts();
  const workloadPods = createWorkloadIndex();
  const clocks = createNodeClocks();
  /** Removed pods that are still to be evaluated or have alerts that keep firing, by `keyOfPod`. */
  const removedPods = new Map<string, Removal>();

  function observe(observation: PodObservation): void {
    const { pod } = observation;
    const policy = options.policyFor(pod.namespace, pod.annotations);
    const evaluation = evaluate(priorState(pod), observation, policy, clock.now());
    if (replace(histories, pod.uid, evaluation.pod)) writer.pending.pod(pod.uid, evaluation.pod);
    const workload = workloadKey(pod.namespace, pod.workload);
    if (replace(workloads, workload, evaluation.workload)) {
      writer.pending.workload(workload, evaluation.workload);
    }
    for (const { container, termination } of evaluation.terminations) {
      const counted = terminations.add({
        namespace: pod.namespace,
        workload: workloadLabel(pod.workload),
        container,
        reason: termination.reason ?? "Unknown",
        count: 1,
      });
      writer.pending.termination(counted);
    }
    alerts.apply(evaluation);
    const key = keyOfPod(pod);
    delays.set(key, evaluation.reevaluateAt);
    if (observation.type === "removed" && evaluation.reevaluateAt !== undefined) removedPods.set(key, observation);
    else removedPods.delete(key);
    writer.podChanged(pod);
    for (const affected of evaluation.affected) observe({ type: "updated", pod: affected, previous: affected });
  }

  function noteClock(pod: PodSnapshot, previous: PodSnapshot | undefined): void {
    const reading = readNodeClock(pod, previous, clock.now() - (options.clockSkew?.() ?? 0));
    if (reading !== undefined) clocks.note(reading);
  }

  function priorState(pod: PodSnapshot): PriorState {
    return {
      pod: histories.get(pod.uid),
      workload: workloads.get(workloadKey(pod.namespace, pod.workload)),
      alert: alerts.get,
      alerts: alerts.openOf(pod.uid),
      siblings: () => workloadPods.of(pod.namespace, pod.workload),
      clockSkew: clocks.skewOf(pod.node),
      jobs: options.jobAccess(pod.namespace),
    };
  }

  /** At the next opportunity, because there may be many. A pod that appears before then is not removed. */
  function scheduleRemoval(pod: PodSnapshot, reason: RemovalReason): void {
    const key = keyOfPod(pod);
    if (removedPods.has(key)) return;
    removedPods.set(key, { type: "removed", pod, reason });
    delays.set(key, IMMEDIATELY);
  }

  /** Whether the pod that an alert came from is in the cache. The labels of a workload's alert do not name the pod. */
  function hasPod({ labels, subject }: Alert, uid: string): boolean {
    const { namespace, pod: name = subject.pod } = labels;
    if (name !== undefined && source.pod(namespace, name)?.uid === uid) return true;
    if (subject.workload === undefined) return false;
    return workloadPods.of(namespace, subject.workload).some((pod) => pod.uid === uid);
  }

  return {
    load(stored) {
      for (const history of stored.pods) histories.set(history.uid, history);
      for (const workload of stored.workloads) workloads.set(workloadKey(workload.namespace, workload), workload);
      for (const count of stored.terminations) terminations.add(count);
    },

    changed(change, context) {
      if (change.type === "removed") {
        workloadPods.remove(change.pod);
        observe(change);
        return;
      }
      const { pod, previous } = change;
      workloadPods.put(pod, previous);
      noteClock(pod, previous);
      observe({
        type: "updated",
        pod,
        ...context,
        ...(previous !== undefined && { previous }),
        ...(change.rolledBack && { rolledBack: true }),
      });
    },

    reevaluate(key) {
      const removal = removedPods.get(key);
      if (removal !== undefined) {
        observe({ ...removal, pod: strippedPod(removal.pod, clock.now()) });
        return;
      }
      const [namespace = "", name = "", uid] = key.split("/");
      const pod = source.pod(namespace, name);
      if (pod !== undefined && pod.uid === uid) observe({ type: "updated", pod, previous: pod });
    },

    closeAbsent(namespace, reason) {
      for (const { uid, namespace: itsNamespace, pod } of histories.values()) {
        if (itsNamespace === namespace && source.pod(namespace, pod)?.uid !== uid) {
          scheduleRemoval(placeholderPod(uid, namespace, pod), reason);
        }
      }
      for (const [uid, alert] of alerts.openSources()) {
        if (!isPodSource(uid) || histories.has(uid)) continue;
        if (alert.labels.namespace !== namespace || hasPod(alert, uid)) continue;
        scheduleRemoval(placeholderPod(uid, namespace, alert.labels.pod ?? ""), reason);
      }
    },

    priorState,
    history: (uid) => histories.get(uid),
    histories: () => histories.values(),
    podsOf: workloadPods.of,
    terminations: terminations.all,
    skewedNodes: clocks.skewed,
  };
}

/** False when nothing changed. */
function replace<Value>(map: Map<string, Value>, key: string, value: Value | undefined): boolean {
  if (map.get(key) === value) return false;
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return true;
}

/** Findable without a search: no part can contain a slash (RFC 1123). */
export function keyOfPod(pod: Pick<PodSnapshot, "namespace" | "name" | "uid">): string {
  return `${pod.namespace}/${pod.name}/${pod.uid}`;
}

function isPodSource(source: string): boolean {
  return !source.includes(":");
}
