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
import type { ContainerHistory, PodHistory, Restart, WorkloadHistory } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";

/** What the documentation and the settings say of an alert. */
export interface DetectorInfo {
  readonly name: Alertname;
  /** One sentence: what it means when it fires. */
  readonly help: string;
  readonly severity: Severity;
}

/** Observations at one pod. All of them are in `detectors.ts`, in the order in which they are asked. */
export interface PodDetector extends DetectorInfo {
  /** What it looked at, for each container or for the pod: quiet ones too, so that `explain` can show them. */
  readonly check: (input: DetectInput) => readonly Check[];
  /** Why what was found is over, in words. */
  readonly over: (input: DetectInput, container: ContainerSnapshot | undefined) => string;
  /** How its alerts live, where that is not simply what the policy says. */
  readonly life?: (policy: Policy) => AlertPolicy;
}

export interface DetectInput {
  readonly pod: PodSnapshot;
  /** Those that count (container.ts, `countedContainers`). */
  readonly containers: readonly ContainerSnapshot[];
  readonly history: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  readonly siblings: () => Iterable<PodSnapshot>;
  /** The alert of this name that is open for the pod, or for one container of it. */
  readonly open: (name: Alertname, container?: string) => Alert | undefined;
  /** What the detectors before this one have found. */
  readonly found: readonly Finding[];
  readonly policy: Policy;
  readonly now: Instant;
}

/** One comparison of a detector. */
export interface Check {
  /** Undefined for what concerns the pod or its workload. */
  readonly container?: string;
  /** What was compared, such as `state.waiting.reason`. */
  readonly measure: string;
  readonly value: string | number | undefined;
  readonly threshold: string | number;
  /** Present when there is reason to worry. */
  readonly finding?: Finding;
  /** Why there is none although the value says so. */
  readonly suppressed?: string;
  /** The next moment at which time alone could change the answer. */
  readonly reevaluateAt?: Instant;
}

/** The history of one container; undefined when nothing of it is remembered. */
export function historyOf(input: DetectInput, container: ContainerSnapshot): ContainerHistory | undefined {
  return input.history?.containers[container.name];
}

/** The counted restarts within the window, oldest first. */
export function restartsInWindow(input: DetectInput, container: ContainerSnapshot): readonly Restart[] {
  const restarts = historyOf(input, container)?.restarts ?? [];
  const begin = input.now - input.policy.restartTimeframe;
  return restarts.length === 0 || restarts[0]!.at > begin ? restarts : restarts.filter(({ at }) => at > begin);
}

/** When the oldest restart leaves the window, and what is told of the restarts changes with it. */
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
  since: Instant | undefined,
): Finding {
  return { labels, severity, annotations, subject, ...(since === undefined ? {} : { since }) };
}

/** Why what was found of the pod already makes another alert of it needless; undefined when nothing does. */
export function suppressionFor({ found }: DetectInput, ...names: readonly Alertname[]): string | undefined {
  const other = found.find(({ labels }) => names.includes(labels.alertname));
  return other === undefined ? undefined : `${other.labels.alertname} tells why`;
}

/** The same finding as the open alert tells of, with the facts of now: what cannot be judged at present goes on. */
export function heldFinding(
  detector: DetectorInfo,
  input: DetectInput,
  container: ContainerSnapshot,
  alert: Alert,
): Finding {
  return containerFinding(detector, input, container, alert.annotations);
}

/** Whether a finding keeps an alert up that already fires; one that is only pending is not kept by it. */
export function firing(input: DetectInput, name: Alertname, container?: string): Alert | undefined {
  const alert = input.open(name, container);
  return alert?.state.name === "firing" ? alert : undefined;
}

export function podLabels(alertname: Alertname, pod: PodSnapshot): AlertLabels {
  return { alertname, namespace: pod.namespace, workload: workloadLabel(pod), pod: pod.name };
}

export function workloadLabel(pod: PodSnapshot): string {
  return `${pod.workload.kind}/${pod.workload.name}`;
}

export function podSubject(pod: PodSnapshot): AlertSubject {
  return {
    workload: pod.workload,
    pod: pod.name,
    podUid: pod.uid,
    ...(pod.node === undefined ? {} : { node: pod.node }),
    ...(pod.startedAt === undefined ? {} : { podStartedAt: pod.startedAt }),
  };
}

export function containerSubject(input: DetectInput, container: ContainerSnapshot): AlertSubject {
  return { ...podSubject(input.pod), container: factsOf(input, container) };
}

function factsOf(input: DetectInput, container: ContainerSnapshot): ContainerFacts {
  return {
    name: container.name,
    type: container.type,
    image: container.image,
    ...(container.imageID === undefined ? {} : { imageID: container.imageID }),
    restartCount: container.restartCount,
    restarts: restartsInWindow(input, container),
    state: container.state,
    ...(container.lastTerminated === undefined ? {} : { lastTerminated: container.lastTerminated }),
  };
}
