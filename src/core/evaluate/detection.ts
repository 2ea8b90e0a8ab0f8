import type { Check, DetectInput, PodDetector } from "../detect/detector.ts";
import { POD_DETECTORS } from "../detect/detectors.ts";
import type { Alert, Alertname, Finding } from "../model/alert.ts";
import type { AlertPolicy } from "../model/alert-state.ts";
import { countedContainers, isBeingDeleted } from "../model/container.ts";
import type { PodHistory, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";

/** What is known of a pod besides its snapshot, as far as detectors ask for it. */
export interface Surroundings {
  readonly history: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** The open alerts that the pod takes part in. */
  readonly alerts: readonly Alert[];
  readonly siblings: (() => Iterable<PodSnapshot>) | undefined;
}

export interface Detection {
  readonly input: DetectInput;
  /** What each detector compared; switched-off ones did not. */
  readonly checks: readonly { readonly detector: PodDetector; readonly check: Check }[];
  readonly found: readonly Finding[];
}

/** Asks all detectors of pods, each knowing what those before it have found. */
export function detect(pod: PodSnapshot, around: Surroundings, policy: Policy, now: Instant): Detection {
  const { history, workload, alerts } = around;
  const found: Finding[] = [];
  const input: DetectInput = {
    pod,
    containers: countedContainers(pod, policy),
    history,
    workload,
    siblings: around.siblings ?? (() => []),
    open: (name, container) => alerts.find(({ labels }) => labels.alertname === name && labels.container === container),
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

/** How the alerts of this name live under this policy. */
export function alertPolicyFor(name: Alertname, policy: Policy): AlertPolicy {
  return podDetector(name)?.life?.(policy) ?? policy.detectors[name];
}

/** Why an open alert of a pod is not found any more, in words. */
export function whyOver({ labels }: Alert, input: DetectInput): string {
  if (!input.policy.detectors[labels.alertname].enabled) return `${labels.alertname} is switched off here.`;
  if (isBeingDeleted(input.pod)) return "The pod is being deleted.";
  const container = input.pod.containers.find(({ name }) => name === labels.container);
  return podDetector(labels.alertname)?.over(input, container) ?? NOT_REPORTED;
}

export const NOT_REPORTED = "It is no longer reported.";

function podDetector(name: Alertname): PodDetector | undefined {
  return POD_DETECTORS.find((detector) => detector.name === name);
}
