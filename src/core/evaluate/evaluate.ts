import { type DetectInput, workloadLabels } from "../detect/detector.ts";
import type { Alert, Finding, Transition } from "../model/alert.ts";
import { fingerprint } from "../model/fingerprint.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { earliest, type Instant } from "../model/time.ts";
import { type AlertChanges, type AlertTracker, trackAlerts } from "./alert-tracker.ts";
import { alertPolicyFor, describeRecovery, detect, NOT_REPORTED, noPods } from "./detection.ts";
import type { ObservationContext, PodObservation, PriorState, RemovalReason } from "./observation.ts";
import { replaces, withReplacement } from "./replacement.ts";
import { updateHistory } from "./update-history.ts";
import { updateWorkloadHistory } from "./workload-history.ts";

export interface Evaluation {
  /** The history to store; undefined when there is nothing to remember and a stored history can be deleted. */
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** New and changed alerts. */
  readonly alerts: readonly Alert[];
  /**
   * Pending alerts that became inactive, to be deleted before `alerts` are stored. If such an alert followed a resolved
   * episode, that episode becomes the latest again and is among `alerts`.
   */
  readonly forgotten: readonly Alert[];
  readonly transitions: readonly Transition[];
  /** Crashes that were not reported before, for the counters. */
  readonly terminations: readonly { readonly container: string; readonly termination: Termination }[];
  /** When time alone could change the result. Evaluate the pod again then, even if it was removed. */
  readonly reevaluateAt: Instant | undefined;
  /** Failed pods of the same workload whose result may be different now. Evaluate them at once. */
  readonly affected: readonly PodSnapshot[];
}

const NO_CHANGE: Evaluation = {
  pod: undefined,
  workload: undefined,
  alerts: [],
  forgotten: [],
  transitions: [],
  terminations: [],
  reevaluateAt: undefined,
  affected: [],
};

/**
 * Evaluates one observation of a pod: update the history (restarts and terminations since the previous observation),
 * detect findings, and compute each alert's next state. The result depends only on the arguments. An observation that
 * changes nothing returns nothing to write.
 */
export function evaluate(prior: PriorState, observation: PodObservation, policy: Policy, now: Instant): Evaluation {
  if (isUneventful(prior, observation)) return NO_CHANGE;
  const tracker = trackAlerts(prior, now, policy.restartTimeframe);
  if (observation.type === "updated") {
    const { reevaluateAt, ...rest } = evaluateSnapshot(prior, observation, tracker, policy, now);
    const changes = tracker.close();
    const affected = affectedBy(prior, observation, changes);
    return { ...rest, ...changes, reevaluateAt: earliest(changes.reevaluateAt, reevaluateAt), affected };
  }
  const { pod, reason } = observation;
  // A deletion carries the final state, which may contain failures that no earlier observation had.
  const last = reason === "deleted" ? evaluateSnapshot(prior, observation, tracker, policy, now) : undefined;
  for (const alert of tracker.openOf(pod.uid)) {
    tracker.clear(alert, pod.uid, alertPolicyFor(alert.labels.alertname, policy), CLEAR_REASON[reason]);
  }
  const workload = updateWorkloadHistory(prior.workload, observation, policy, now);
  const changes = tracker.close();
  const affected = affectedBy(prior, observation, changes);
  // If the pod is evaluated again after its removal, the history keeps its old restarts from being reported again.
  const history = changes.reevaluateAt === undefined ? undefined : (last?.pod ?? prior.pod);
  return { ...changes, pod: history, workload, terminations: last?.terminations ?? [], affected };
}

const CLEAR_REASON: Readonly<Record<RemovalReason, string>> = {
  deleted: "The pod was deleted.",
  missing: "The pod no longer exists. Its deletion was not observed.",
  rolledBack: "The pod no longer exists: the cluster was restored from a backup that does not contain it.",
  unwatched: "The namespace is no longer watched, so the state of the pod is unknown.",
};

/** Fast path: almost all observations are of healthy pods without any stored state. */
function isUneventful(prior: PriorState, observation: PodObservation): boolean {
  if (observation.type !== "updated") return false;
  const { pod, previous } = observation;
  const { ready, resizePending, resizeInProgress } = pod.conditions;
  return (
    prior.pod === undefined &&
    prior.workload === undefined &&
    prior.alerts.length === 0 &&
    pod.phase === "Running" &&
    pod.deletionAt === undefined &&
    resizePending === undefined &&
    resizeInProgress === undefined &&
    (ready === undefined || ready.status === "True") &&
    pod.containers.every((container, index) => isUneventfulContainer(container, previous?.containers[index]))
  );
}

function isUneventfulContainer(container: ContainerSnapshot, previous: ContainerSnapshot | undefined): boolean {
  const { state } = container;
  const isHealthy =
    (state.name === "running" && container.ready) ||
    (container.type === "init" && state.name === "terminated" && state.exitCode === 0);
  if (!isHealthy || container.restartCount !== 0 || container.lastTerminated !== undefined) return false;
  return (
    previous === undefined || (previous.image === container.image && previous.containerID === container.containerID)
  );
}

type SnapshotEvaluation = Pick<Evaluation, "pod" | "workload" | "terminations" | "reevaluateAt">;

function evaluateSnapshot(
  prior: PriorState,
  observation: PodObservation,
  tracker: AlertTracker,
  policy: Policy,
  now: Instant,
): SnapshotEvaluation {
  const { pod } = observation;
  const context: ObservationContext = observation.type === "updated" ? observation : {};
  const { history: updated, terminations } = updateHistory(
    prior.pod,
    pod,
    { ...context, clockSkew: prior.clockSkew },
    policy,
    now,
  );
  const { listing = false } = context;
  const history = withReplacement(updated, prior.pod, pod, listing ? noPods : (prior.siblings ?? noPods));
  const workload = updateWorkloadHistory(prior.workload, observation, policy, now);
  const { input, checks, found } = detect(pod, { ...prior, history, workload, listing }, policy, now);
  let reevaluateAt: Instant | undefined;
  for (const { detector, check } of checks) {
    reevaluateAt = earliest(reevaluateAt, check.reevaluateAt);
    if (check.finding === undefined) continue;
    tracker.report(check.finding, pod.uid, alertPolicyFor(detector.name, policy), context.baseline);
  }
  if (observation.type === "updated") clearOthers(prior.alerts, found, input, tracker);
  return { pod: history, workload, terminations, reevaluateAt };
}

/**
 * The failed pods that a success ends, and the pod that provides the annotations of an alert whose number of pods
 * changed.
 */
function affectedBy(
  prior: PriorState,
  { type, pod }: PodObservation,
  { alerts }: AlertChanges,
): readonly PodSnapshot[] {
  const id = fingerprint(workloadLabels("PodFailed", pod));
  const before = prior.alert(id);
  if (before === undefined || before.state.name === "resolved" || prior.siblings === undefined) return [];
  const now = alerts.find((alert) => alert.fingerprint === id) ?? before;
  const isEnding = type === "updated" && pod.phase === "Succeeded";
  const describedBy = now.sources.find((uid) => uid === now.subject.podUid) ?? now.sources.at(-1);
  const described = now.sources.length === before.sources.length ? undefined : describedBy;
  if (!isEnding && (described === undefined || described === pod.uid)) return [];
  const sources = new Set(now.sources);
  return [...prior.siblings()].filter((other) => {
    if (other.uid === pod.uid || !sources.has(other.uid)) return false;
    return other.uid === described || (isEnding && replaces(pod, other));
  });
}

/** Clears the open alerts of the pod whose findings were not reported this time. */
function clearOthers(
  open: readonly Alert[],
  found: readonly Finding[],
  input: DetectInput,
  tracker: AlertTracker,
): void {
  for (const alert of open) {
    const { alertname, container } = alert.labels;
    if (found.some(({ labels }) => labels.alertname === alertname && labels.container === container)) continue;
    tracker.clear(alert, input.pod.uid, alertPolicyFor(alertname, input.policy), describeRecovery(alert, input));
  }
}

/**
 * The same for findings that do not come from a pod, such as a namespace that cannot be watched or a controller that
 * cannot create pods. `source` is who reports them; `findings` are all of its current ones. `reason` says why the others are no longer reported.
 */
export function evaluateFindings(
  prior: Pick<PriorState, "alert" | "alerts">,
  source: string,
  findings: readonly Finding[],
  policy: Policy,
  now: Instant,
  reason: string = NOT_REPORTED,
): AlertChanges {
  const tracker = trackAlerts(prior, now, policy.restartTimeframe);
  const reported = findings.filter(({ labels }) => policy.detectors[labels.alertname].enabled);
  for (const finding of reported) tracker.report(finding, source, alertPolicyFor(finding.labels.alertname, policy));
  const ids = new Set(reported.map(({ labels }) => fingerprint(labels)));
  for (const alert of prior.alerts) {
    if (ids.has(alert.fingerprint)) continue;
    tracker.clear(alert, source, alertPolicyFor(alert.labels.alertname, policy), reason);
  }
  return tracker.close();
}
