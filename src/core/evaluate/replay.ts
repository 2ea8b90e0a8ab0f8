import type { Alert, Transition } from "../model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { type Policy, policyFor } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { workloadKey } from "../model/workload.ts";
import { evaluate } from "./evaluate.ts";
import { createNodeClocks, readNodeClock } from "./node-clock.ts";
import type { PodObservation } from "./observation.ts";
import { strippedPod } from "./removed-pod.ts";

export interface RecordedObservation {
  readonly at: Instant;
  readonly observation: PodObservation;
}

export interface ReplayedTransition {
  readonly transition: Transition;
  /** The alert after the evaluation. */
  readonly alert: Alert;
}

/**
 * Evaluates a recorded sequence of observations like the watcher. The clock advances only with the observations, and
 * deadlines between them are evaluated at their time, so the same recording always gives the same transitions. An
 * observation from before the previous one is evaluated at the time of the previous one. Pods that had failed when the
 * recording begins are judged when its list is complete.
 */
export function* replay(recording: Iterable<RecordedObservation>, policy: Policy): Generator<ReplayedTransition> {
  const evaluator = createReplayEvaluator(policy);
  let now = Number.NEGATIVE_INFINITY;
  for (const { at, observation } of recording) {
    if (!isListing(observation)) yield* evaluator.listed(now);
    now = Math.max(at, now);
    yield* evaluator.advance(now);
    yield* evaluator.evaluate(observation, now);
  }
  yield* evaluator.listed(now);
}

function isListing(observation: PodObservation): boolean {
  return observation.type === "updated" && observation.listing === true;
}

/** Evaluates observations and keeps all state in memory: for `replay`, for `check`, and for tests. */
export interface ReplayEvaluator {
  evaluate(observation: PodObservation, now: Instant): readonly ReplayedTransition[];
  /** The list is complete: evaluates the failed pods that were observed during it. */
  listed(now: Instant): readonly ReplayedTransition[];
  /** Evaluates the deadlines up to this time, in order. */
  advance(to: Instant): readonly ReplayedTransition[];
  /** The latest episode of each alert. */
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly histories: ReadonlyMap<string, PodHistory>;
  readonly workloads: ReadonlyMap<string, WorkloadHistory>;
  nextDeadline(): Instant | undefined;
}

/** The state that an evaluator starts with, as entries of its maps. */
export interface StoredEvaluation {
  readonly alerts: Iterable<readonly [string, Alert]>;
  readonly histories: Iterable<readonly [string, PodHistory]>;
  readonly workloads: Iterable<readonly [string, WorkloadHistory]>;
}

export function createReplayEvaluator(policy: Policy, stored?: StoredEvaluation): ReplayEvaluator {
  const pods = new Map<string, PodSnapshot>();
  const histories = new Map<string, PodHistory>(stored?.histories);
  const workloads = new Map<string, WorkloadHistory>(stored?.workloads);
  const alerts = new Map<string, Alert>(stored?.alerts);
  const deadlines = new Map<string, RecordedObservation>();
  const clocks = createNodeClocks();
  const failedWhileListing = new Map<string, PodSnapshot>();

  function evaluateAt(observation: PodObservation, now: Instant): ReplayedTransition[] {
    const { pod } = observation;
    const key = workloadKey(pod.namespace, pod.workload);
    if (observation.type === "updated") pods.set(pod.uid, pod);
    else pods.delete(pod.uid);
    if (isListing(observation) && pod.phase === "Failed") failedWhileListing.set(pod.uid, pod);
    else failedWhileListing.delete(pod.uid);
    if (observation.type === "updated") {
      const reading = readNodeClock(pod, observation.previous, now);
      if (reading !== undefined) clocks.note(reading);
    }
    const prior = {
      pod: histories.get(pod.uid),
      workload: workloads.get(key),
      alert: (fingerprint: string) => alerts.get(fingerprint),
      alerts: [...alerts.values()].filter(
        ({ state, sources }) => state.name !== "resolved" && sources.includes(pod.uid),
      ),
      clockSkew: clocks.skewOf(pod.node),
      siblings: () => [...pods.values()].filter((other) => workloadKey(other.namespace, other.workload) === key),
    };
    const result = evaluate(prior, observation, policyFor(policy, pod.annotations).policy, now);
    put(histories, pod.uid, result.pod);
    put(workloads, key, result.workload);
    for (const alert of result.forgotten) alerts.delete(alert.fingerprint);
    for (const alert of result.alerts) alerts.set(alert.fingerprint, alert);
    deadlines.delete(pod.uid);
    if (result.reevaluateAt !== undefined) {
      deadlines.set(pod.uid, { at: result.reevaluateAt, observation });
    }
    const changed = [...result.forgotten, ...result.alerts];
    const replayed = result.transitions.map((transition) => ({
      transition,
      alert: changed.find(({ fingerprint, episode }) => {
        return fingerprint === transition.fingerprint && episode === transition.episode;
      })!,
    }));
    return [...replayed, ...result.affected.flatMap((affected) => evaluateAgain(affected, now))];
  }

  function evaluateAgain(pod: PodSnapshot, now: Instant): ReplayedTransition[] {
    return evaluateAt({ type: "updated", pod, previous: pod }, now);
  }

  function nextDue(): RecordedObservation | undefined {
    return [...deadlines.values()].reduce<RecordedObservation | undefined>(
      (first, deadline) => (first === undefined || deadline.at < first.at ? deadline : first),
      undefined,
    );
  }

  return {
    evaluate: evaluateAt,
    listed: (now) => [...failedWhileListing.values()].flatMap((pod) => evaluateAgain(pod, now)),
    advance(to) {
      const transitions: ReplayedTransition[] = [];
      for (let due = nextDue(); due !== undefined && due.at <= to; due = nextDue()) {
        transitions.push(...evaluateAt(atDeadline(due.observation, due.at), due.at));
      }
      return transitions;
    },
    alerts,
    histories,
    workloads,
    nextDeadline: () => nextDue()?.at,
  };
}

/** The observation to evaluate again at a deadline. */
function atDeadline(observation: PodObservation, now: Instant): PodObservation {
  const { type, pod } = observation;
  return type === "updated" ? { type, pod } : { ...observation, pod: strippedPod(pod, now) };
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
