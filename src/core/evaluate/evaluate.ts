import { type DetectInput, podLabels, workloadLabel } from "../detect/detector.ts";
import { isBatch } from "../detect/failed.ts";
import type { Alert, Finding, Transition } from "../model/alert.ts";
import { fingerprint } from "../model/fingerprint.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { earliest, type Instant } from "../model/time.ts";
import { type AlertChanges, type AlertTracker, trackAlerts } from "./alert-tracker.ts";
import { alertPolicyFor, detect, NOT_REPORTED, whyOver } from "./detection.ts";
import { observe } from "./observe.ts";
import { updateWorkloadHistory } from "./workload-history.ts";

/** What was known before this look. `alerts` are the open ones and the last resolved episodes that this pod may touch. */
export interface PriorState {
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** The newest episode by fingerprint, for any label set: a finding of this pod may join an alert of another. */
  readonly alert: (fingerprint: string) => Alert | undefined;
  /** Open alerts that list this pod's UID among their sources. */
  readonly alerts: readonly Alert[];
  /** The pods of the same workload that are known now, in no order; asked for only when a pod has failed. */
  readonly siblings?: () => Iterable<PodSnapshot>;
}

export type PodObservation =
  | {
      readonly type: "updated";
      readonly pod: PodSnapshot;
      /**
       * Set on the first look after a gap (a restart of the watcher, a lost watch): until when the namespace's picture
       * was complete before. Restarts counted at this look happened in the gap and are marked inferred.
       */
      readonly resumedFrom?: Instant;
      /**
       * Nothing is known of the time before this look: the namespace was never watched until now (no history, no
       * checkpoint, its first sync is not over). What the pod has been through is taken as its baseline, not as news.
       * Without it, a container of which nothing is remembered had not restarted when it was last looked at.
       */
      readonly baseline?: boolean;
      /** The snapshot that was looked at before this one, where it is still known. */
      readonly previous?: PodSnapshot;
      /** The cluster was restored from a backup: this is the pod as it was then, and nothing has happened to it. */
      readonly rolledBack?: boolean;
    }
  | { readonly type: "removed"; readonly pod: PodSnapshot; readonly reason: RemovalReason };

/**
 * Why a pod left the cache. `deleted`: its deletion was observed. `missing`: it was absent from a resync, so its final
 * state is unknown. `rolledBack`: the cluster was restored from a backup that does not contain it. `unwatched`: its
 * namespace is no longer watched.
 */
export type RemovalReason = "deleted" | "missing" | "rolledBack" | "unwatched";

export interface Evaluation {
  /** What to remember; undefined when nothing is worth it (and what was remembered is to be forgotten). */
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** New and changed alerts. */
  readonly alerts: readonly Alert[];
  /**
   * Pending alerts that went away, to be removed before `alerts` are put in: one that followed a resolved episode gives
   * way to that episode again, which then is among `alerts`.
   */
  readonly forgotten: readonly Alert[];
  readonly transitions: readonly Transition[];
  /** Terminations not told of before, for the counters. */
  readonly terminations: readonly { readonly container: string; readonly termination: Termination }[];
  /** The next moment at which time alone could change the answer: look again then, after a gone look at the same pod. */
  readonly reevaluateAt: Instant | undefined;
}

/** What an uneventful look leaves behind. */
const NOTHING: Evaluation = {
  pod: undefined,
  workload: undefined,
  alerts: [],
  forgotten: [],
  transitions: [],
  terminations: [],
  reevaluateAt: undefined,
};

/**
 * Decides what one look at a pod means: observe (restarts and terminations since the last look), detect (findings),
 * live on (each alert's next state). One function of what was known, what is seen, the policy and the time; a look
 * that changes nothing returns nothing to write.
 */
export function evaluate(known: PriorState, look: PodObservation, policy: Policy, now: Instant): Evaluation {
  if (isUneventful(known, look)) return NOTHING;
  const tracker = trackAlerts(known, now, policy.restartTimeframe);
  // What a pod came to between the last look and its deletion is told as if it had been seen.
  const seen =
    look.type === "updated" || look.reason === "deleted" ? see(known, look, tracker, policy, now) : undefined;
  if (look.type === "updated") {
    const { alerts, forgotten, transitions, reevaluateAt } = tracker.close();
    return {
      pod: seen!.pod,
      workload: seen!.workload,
      alerts,
      forgotten,
      transitions,
      terminations: seen!.terminations,
      reevaluateAt: earliest(reevaluateAt, seen!.reevaluateAt),
    };
  }
  for (const alert of tracker.openOf(look.pod.uid)) {
    tracker.clear(alert, look.pod.uid, alertPolicyFor(alert.labels.alertname, policy), CLEAR_REASON[look.reason]);
  }
  const workload = updateWorkloadHistory(known.workload, look, false, policy, now);
  const changes = tracker.close();
  // A pod that is looked at again after it is gone must not be told of as if it were new.
  const pod = changes.reevaluateAt === undefined ? undefined : (seen?.pod ?? known.pod);
  return { ...NOTHING, pod, workload, ...changes, terminations: seen?.terminations ?? [] };
}

const CLEAR_REASON: Readonly<Record<RemovalReason, string>> = {
  deleted: "The pod is gone: it was deleted.",
  missing: "The pod is gone: it went away while nobody watched.",
  rolledBack: "The pod is gone: the cluster was restored from a backup that was made before it.",
  unwatched: "Its namespace is no longer watched: what becomes of the pod is not known.",
};

/** A pod that is well and of which nothing is known: nearly all looks are of this kind, so it is found out first. */
function isUneventful(known: PriorState, look: PodObservation): boolean {
  const { pod } = look;
  const { ready } = pod.conditions;
  return (
    look.type === "updated" &&
    known.pod === undefined &&
    known.workload === undefined &&
    known.alerts.length === 0 &&
    pod.phase === "Running" &&
    pod.deletionAt === undefined &&
    (ready === undefined || ready.status === "True") &&
    pod.containers.every((container, at) => isUneventfulContainer(container, look.previous?.containers[at]))
  );
}

function isUneventfulContainer(container: ContainerSnapshot, previous: ContainerSnapshot | undefined): boolean {
  const { state } = container;
  const isWell =
    (state.name === "running" && container.ready) ||
    (container.type === "init" && state.name === "terminated" && state.exitCode === 0);
  if (!isWell || container.restartCount !== 0 || container.lastTerminated !== undefined) return false;
  return (
    previous === undefined || (previous.image === container.image && previous.containerID === container.containerID)
  );
}

interface Seen {
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  readonly terminations: Evaluation["terminations"];
  readonly reevaluateAt: Instant | undefined;
}

function see(known: PriorState, look: PodObservation, tracker: AlertTracker, policy: Policy, now: Instant): Seen {
  const { pod } = look;
  const isSeen = look.type === "updated";
  const before = {
    baseline: isSeen && look.baseline === true,
    afterGap: isSeen && look.resumedFrom !== undefined,
    previous: isSeen ? look.previous : undefined,
    rolledBack: isSeen && look.rolledBack === true,
  };
  const { history, terminations } = observe(known.pod, pod, before, policy, now);
  const failure = isBatch(pod) && pod.phase === "Succeeded" ? openFailure(known, pod) : undefined;
  const workload = updateWorkloadHistory(known.workload, look, failure !== undefined, policy, now);
  const around = { history, workload, alerts: known.alerts, siblings: known.siblings };
  const { input, checks, found } = detect(pod, around, policy, now);
  let reevaluateAt: Instant | undefined;
  for (const { detector, check } of checks) {
    reevaluateAt = earliest(reevaluateAt, check.reevaluateAt);
    if (check.finding !== undefined) tracker.report(check.finding, pod.uid, alertPolicyFor(detector.name, policy));
  }
  clearOthers(known.alerts, found, input, tracker);
  if (failure !== undefined) tracker.resolve(failure, `${workloadLabel(pod)} has succeeded since (pod ${pod.name}).`);
  return { pod: history, workload, terminations, reevaluateAt };
}

/** The alert that the earlier failures of a Job have left behind. */
function openFailure(known: PriorState, pod: PodSnapshot): Alert | undefined {
  const { pod: _, ...labels } = podLabels("PodFailed", pod);
  const alert = known.alert(fingerprint(labels));
  return alert === undefined || alert.state.name === "resolved" ? undefined : alert;
}

/** What was open and has not been found again is over, unless it is kept firing for a while. */
function clearOthers(
  open: readonly Alert[],
  found: readonly Finding[],
  input: DetectInput,
  tracker: AlertTracker,
): void {
  for (const alert of open) {
    const { alertname, container } = alert.labels;
    if (found.some(({ labels }) => labels.alertname === alertname && labels.container === container)) continue;
    tracker.clear(alert, input.pod.uid, alertPolicyFor(alertname, input.policy), whyOver(alert, input));
  }
}

/**
 * The same life for findings that do not come from a pod (a namespace that cannot be watched, a controller that cannot
 * create pods): `source` is who reports them, all its findings at once.
 */
export function evaluateFindings(
  known: Pick<PriorState, "alert" | "alerts">,
  source: string,
  findings: readonly Finding[],
  policy: Policy,
  now: Instant,
): AlertChanges {
  const tracker = trackAlerts(known, now, policy.restartTimeframe);
  const reported = findings.filter(({ labels }) => policy.detectors[labels.alertname].enabled);
  for (const finding of reported) tracker.report(finding, source, alertPolicyFor(finding.labels.alertname, policy));
  const ids = new Set(reported.map(({ labels }) => fingerprint(labels)));
  for (const alert of known.alerts) {
    if (ids.has(alert.fingerprint)) continue;
    tracker.clear(alert, source, alertPolicyFor(alert.labels.alertname, policy), NOT_REPORTED);
  }
  return tracker.close();
}
