import type { Alert, Transition } from "../model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { type Policy, policyFor } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { evaluate, type PodObservation } from "./evaluate.ts";

/** What was seen of one pod at one moment of a recording. */
export interface RecordedObservation {
  readonly at: Instant;
  readonly look: PodObservation;
}

export interface ReplayedTransition {
  readonly transition: Transition;
  /** The alert as this look left it. */
  readonly alert: Alert;
}

/**
 * Evaluates a sequence of looks as the watcher would have, with a clock that only the looks move, and meets the
 * evaluation's own deadlines in between. Same looks, same transitions. A look from before the clock counts as now.
 */
export function* replay(looks: Iterable<RecordedObservation>, policy: Policy): Generator<ReplayedTransition> {
  const memory = createMemory(policy);
  let now = Number.NEGATIVE_INFINITY;
  for (const { at, look } of looks) {
    now = Math.max(at, now);
    yield* memory.advance(now);
    yield* memory.take(look, now);
  }
}

/** What a watcher remembers between looks, kept in memory: for replays, single checks and tests. */
export interface Memory {
  /** Takes in one look; what it changed. */
  take(look: PodObservation, now: Instant): readonly ReplayedTransition[];
  /** Meets the deadlines up to this moment, in order; what they changed. */
  advance(to: Instant): readonly ReplayedTransition[];
  /** The newest episode of each alert. */
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly histories: ReadonlyMap<string, PodHistory>;
  readonly workloads: ReadonlyMap<string, WorkloadHistory>;
  nextDeadline(): Instant | undefined;
}

export function createMemory(policy: Policy): Memory {
  const pods = new Map<string, PodSnapshot>();
  const histories = new Map<string, PodHistory>();
  const workloads = new Map<string, WorkloadHistory>();
  const alerts = new Map<string, Alert>();
  const deadlines = new Map<string, { readonly at: Instant; readonly look: PodObservation }>();

  function take(look: PodObservation, now: Instant): ReplayedTransition[] {
    const { pod } = look;
    const workload = workloadKey(pod);
    if (look.type === "updated") pods.set(pod.uid, pod);
    else pods.delete(pod.uid);
    const known = {
      pod: histories.get(pod.uid),
      workload: workloads.get(workload),
      alert: (fingerprint: string) => alerts.get(fingerprint),
      alerts: [...alerts.values()].filter((alert) => isOpen(alert) && alert.sources.includes(pod.uid)),
      siblings: () => [...pods.values()].filter((other) => workloadKey(other) === workload),
    };
    const result = evaluate(known, look, policyFor(policy, pod.annotations).policy, now);
    put(histories, pod.uid, result.pod);
    put(workloads, workload, result.workload);
    for (const alert of result.forgotten) alerts.delete(alert.fingerprint);
    for (const alert of result.alerts) alerts.set(alert.fingerprint, alert);
    deadlines.delete(pod.uid);
    if (result.reevaluateAt !== undefined) deadlines.set(pod.uid, { at: result.reevaluateAt, look: again(look) });
    const touched = [...result.forgotten, ...result.alerts];
    return result.transitions.map((transition) => ({
      transition,
      alert: touched.find(({ fingerprint, episode }) => {
        return fingerprint === transition.fingerprint && episode === transition.episode;
      })!,
    }));
  }

  function nextDue() {
    return [...deadlines.values()].reduce<{ at: Instant; look: PodObservation } | undefined>(
      (first, deadline) => (first === undefined || deadline.at < first.at ? deadline : first),
      undefined,
    );
  }

  return {
    take,
    advance(to) {
      const told: ReplayedTransition[] = [];
      for (let due = nextDue(); due !== undefined && due.at <= to; due = nextDue()) {
        told.push(...take(due.look, due.at));
      }
      return told;
    },
    alerts,
    histories,
    workloads,
    nextDeadline: () => nextDue()?.at,
  };
}

/** The same look once more, without what was said of the time before it. */
function again(look: PodObservation): PodObservation {
  return look.type === "updated" ? { type: "updated", pod: look.pod } : { ...look, reason: "missing" };
}

function workloadKey(pod: PodSnapshot): string {
  return `${pod.namespace}/${pod.workload.kind}/${pod.workload.name}`;
}

function isOpen(alert: Alert): boolean {
  return alert.state.name !== "resolved";
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
