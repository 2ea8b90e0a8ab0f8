import type { Check, DetectInput, PodDetector } from "../detect/detector.ts";
import { POD_DETECTORS } from "../detect/detectors.ts";
import type { Alert, Alertname, Finding } from "../model/alert.ts";
import type { AlertPolicy } from "../model/alert-state.ts";
import { countedContainers, isBeingDeleted } from "../model/container.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import type { PriorState } from "./observation.ts";

/** The state that detectors need in addition to the snapshot. */
export interface DetectionContext extends Pick<PriorState, "alert" | "alerts" | "siblings" | "jobs"> {
  readonly history: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  readonly listing?: boolean;
}

export interface Detection {
  readonly input: DetectInput;
  /** The checks of all enabled detectors. */
  readonly checks: readonly { readonly detector: PodDetector; readonly check: Check }[];
  readonly found: readonly Finding[];
}

/** Runs all enabled pod detectors in order. Each one can use the findings of those before it. */
export function detect(pod: PodSnapshot, context: DetectionContext, policy: Policy, now: Instant): Detection {
  const { history, workload, alert, alerts, siblings = noPods, listing = false, jobs } = context;
  const found: Finding[] = [];
  const input: DetectInput = {
    pod,
    containers: countedContainers(pod, policy),
    history,
    workload,
    siblings,
    open: (name, container) => alerts.find(({ labels }) => labels.alertname === name && labels.container === container),
    alert,
    listing,
    jobs,
    found,
    policy,
    now,
  };
  const checks = [];
  for (const detector of POD_DETECTORS) {
    if (!policy.detectors[detector.name].enabled) continue;
    for (const check of detector.check(input)) {
      checks.push({ detector, check });
      if (check.finding !== undefined) found.push(check.finding);
    }
  }
  return { input, checks, found };
}

export const noPods = (): Iterable<PodSnapshot> => [];

/** The effective `for` and `keep_firing_for` of an alert. */
export function alertPolicyFor(name: Alertname, policy: Policy): AlertPolicy {
  return podDetector(name)?.alertPolicy ?? policy.detectors[name];
}

/** Why the finding of an open pod alert is no longer reported, in one sentence. */
export function describeRecovery({ labels }: Alert, input: DetectInput): string {
  if (!input.policy.detectors[labels.alertname].enabled) return describeDisabled(labels.alertname);
  if (isBeingDeleted(input.pod)) return "The pod is being deleted.";
  const container = input.pod.containers.find(({ name }) => name === labels.container);
  return podDetector(labels.alertname)?.describeRecovery(input, container) ?? NOT_REPORTED;
}

export function describeDisabled(name: Alertname): string {
  return `${name} is disabled for this pod.`;
}

export const NOT_REPORTED = "The problem is no longer reported.";

function podDetector(name: Alertname): PodDetector | undefined {
  return POD_DETECTORS.find((detector) => detector.name === name);
}
