import type {
  Alert,
  AlertAnnotations,
  AlertLabels,
  Alertname,
  AlertSubject,
  ContainerFacts,
  Finding,
  Severity,
} from "../model/alert.ts";
import type { AlertPolicy } from "../model/alert-state.ts";
import type { ContainerHistory, ObservedState, PodHistory, Restart, WorkloadHistory } from "../model/history.ts";
import type { JobAccess } from "../model/job.ts";
import { own } from "../model/own.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { workloadLabel } from "../model/workload.ts";
import { plainText } from "../text/plain.ts";
import { summaryLine } from "../text/text.ts";

/** The properties of an alert for documentation and settings. */
export interface DetectorInfo {
  readonly name: Alertname;
  /** One sentence: what it means when the alert fires. */
  readonly help: string;
  readonly severity: Severity;
}

/** A detector for pods. `detectors.ts` lists all of them in the order in which they run. */
export interface PodDetector extends DetectorInfo {
  /** One check for each container, or one for the pod. Checks without a finding are returned too, for `explain`. */
  readonly check: (input: DetectInput) => readonly Check[];
  /** Why the finding is no longer reported, in one sentence. */
  readonly describeRecovery: (input: DetectInput, container: ContainerSnapshot | undefined) => string;
  /** Replaces `for` and `keep_firing_for` of the policy. */
  readonly alertPolicy?: AlertPolicy;
}

export interface DetectInput {
  readonly pod: PodSnapshot;
  /** See `countedContainers`. */
  readonly containers: readonly ContainerSnapshot[];
  readonly history: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  readonly siblings: () => Iterable<PodSnapshot>;
  /** The open alert with this name for the pod, or for one of its containers. */
  readonly open: (name: Alertname, container?: string) => Alert | undefined;
  /** The latest episode of any alert: pods of one workload may share it. */
  readonly alert: (fingerprint: string) => Alert | undefined;
  /** See `ObservationContext`. */
  readonly listing: boolean;
  /** See `PriorState`. */
  readonly jobs: JobAccess | undefined;
  /** The findings of the detectors that ran before. */
  readonly found: readonly Finding[];
  readonly policy: Policy;
  readonly now: Instant;
}

/** One comparison by a detector. */
export interface Check {
  /** Undefined for checks of the pod or its workload. */
  readonly container?: string;
  /** The quantity that was compared, such as `state.waiting.reason`. */
  readonly metric: string;
  readonly value: string | number | undefined;
  readonly threshold: string | number;
  readonly finding?: Finding;
  /** Why there is no finding although the threshold is reached: the end of a sentence. */
  readonly suppressed?: string;
  /** When time alone could change the result. */
  readonly reevaluateAt?: Instant;
}

export function historyOf(input: DetectInput, container: ContainerSnapshot): ContainerHistory | undefined {
  return own(input.history?.containers, container.name);
}

/** When this state of the pod was first observed, if the clock of its node is off. */
export function observedAt({ history }: DetectInput, state: ObservedState): Instant | undefined {
  return history?.observed?.[state]?.at;
}

/** The restarts within the restart time frame, oldest first. */
export function restartsInWindow(input: DetectInput, container: ContainerSnapshot): readonly Restart[] {
  const restarts = historyOf(input, container)?.restarts ?? [];
  const begin = input.now - input.policy.restartTimeframe;
  return restarts.length === 0 || restarts[0]!.at > begin ? restarts : restarts.filter(({ at }) => at > begin);
}

/** When the oldest restart leaves the window, which changes the annotations. */
export function windowChangesAt(input: DetectInput, container: ContainerSnapshot): Instant | undefined {
  const oldest = restartsInWindow(input, container)[0];
  return oldest === undefined ? undefined : oldest.at + input.policy.restartTimeframe;
}

export function containerFinding(
  detector: DetectorInfo,
  input: DetectInput,
  container: ContainerSnapshot,
  annotations: AlertAnnotations,
  since?: Instant,
): Finding {
  const labels = { ...podLabels(detector.name, input.pod), container: container.name };
  return finding(detector, labels, annotations, containerSubject(input, container), since);
}

export function podFinding(
  detector: DetectorInfo,
  input: DetectInput,
  annotations: AlertAnnotations,
  since?: Instant,
): Finding {
  return finding(detector, podLabels(detector.name, input.pod), annotations, podSubject(input.pod), since);
}

export function finding(
  { severity }: DetectorInfo,
  labels: AlertLabels,
  annotations: AlertAnnotations,
  subject: AlertSubject,
  since?: Instant,
): Finding {
  const { summary, description } = annotations;
  const readable = { ...annotations, summary: summaryLine(summary), description: plainText(description) };
  return { labels, severity, annotations: readable, subject, ...(since !== undefined && { since }) };
}

/** The reason for suppression if one of these alerts was already found for the pod. */
export function suppressionFor({ found }: DetectInput, ...names: readonly Alertname[]): string | undefined {
  const other = found.find(({ labels }) => names.includes(labels.alertname));
  return other && `${other.labels.alertname} is reported instead`;
}

/** Repeats the finding of an open alert while its outcome is undecided, with current facts. */
export function carriedOverFinding(
  detector: DetectorInfo,
  input: DetectInput,
  container: ContainerSnapshot,
  alert: Alert,
): Finding {
  return containerFinding(detector, input, container, alert.annotations);
}

/** The open alert if it is firing. A pending alert is not carried over. */
export function firingAlert(input: DetectInput, name: Alertname, container?: string): Alert | undefined {
  const alert = input.open(name, container);
  return alert?.state.name === "firing" ? alert : undefined;
}

export function podLabels(alertname: Alertname, pod: PodSnapshot): AlertLabels {
  return { alertname, namespace: pod.namespace, workload: workloadLabel(pod.workload), pod: pod.name };
}

/** The labels of an alert that the pods of a workload share. A pod without a controller has its own. */
export function workloadLabels(alertname: Alertname, pod: PodSnapshot): AlertLabels {
  const { pod: name, ...labels } = podLabels(alertname, pod);
  return pod.workload.kind === "Pod" ? { ...labels, pod: name! } : labels;
}

export function podSubject({ workload, name, uid, node, startedAt }: PodSnapshot): AlertSubject {
  return {
    workload,
    pod: name,
    podUid: uid,
    ...(node !== undefined && { node }),
    ...(startedAt !== undefined && { podStartedAt: startedAt }),
  };
}

export function containerSubject(input: DetectInput, container: ContainerSnapshot): AlertSubject {
  return { ...podSubject(input.pod), container: factsOf(container, restartsInWindow(input, container)) };
}

export function factsOf(container: ContainerSnapshot, restarts: readonly Restart[]): ContainerFacts {
  const { name, type, image, imageID, restartCount, state, lastTerminated } = container;
  return {
    name,
    type,
    image,
    ...(imageID !== undefined && { imageID }),
    restartCount,
    restarts,
    state,
    ...(lastTerminated && { lastTerminated }),
  };
}
