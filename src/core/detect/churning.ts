import { formatSpan } from "../model/duration.ts";
import type { ShortLivedPod } from "../model/history.ts";
import type { Duration } from "../model/time.ts";
import { workloadLabel } from "../model/workload.ts";
import { sentences } from "../text/text.ts";
import { type Check, type DetectInput, finding, type PodDetector, podSubject } from "./detector.ts";

/** Finds pods that are replaced before they can restart, so that their restartCount stays 0. */
export const churning: PodDetector = {
  name: "WorkloadChurning",
  help: "The pods of a workload are replaced repeatedly, although none of their containers restarts.",
  severity: "warning",
  check: (input) => [checkWorkload(input)],
  describeRecovery: () => "Its pods are stable again.",
};

function checkWorkload(input: DetectInput): Check {
  const { pod, policy, now } = input;
  const pods = shortLivedPods(input);
  const value = replacements(pods);
  const check: Check = {
    metric: `replacements per replica within ${formatSpan(policy.churnWindow)}`,
    value,
    threshold: policy.churnThreshold,
  };
  if (value < policy.churnThreshold) return check;
  const label = workloadLabel(pod.workload);
  const span = formatSpan(pods.at(-1)!.removedAt - pods[0]!.createdAt);
  const annotations = {
    summary: `${label} keeps replacing its pods: ${pods.length} within ${span}, each after ${formatSpan(meanAge(pods))} on average`,
    description: sentences(
      "None of their containers restarted, so each pod on its own looks healthy.",
      "Check the events of the workload and of its newest pod for evictions, node pressure, failing probes of its controller, and controllers that conflict with each other.",
    ),
    reason: "Replaced",
    cause: "Replaced",
  };
  const labels = { alertname: churning.name, namespace: pod.namespace, workload: label };
  return {
    ...check,
    finding: finding(churning, labels, annotations, podSubject(pod)),
    reevaluateAt: Math.max(pods[0]!.removedAt + policy.churnWindow, now + 1),
  };
}

/** Only pods of the same controller: a rollout removes the pods of another ReplicaSet. */
function shortLivedPods({ pod, workload, policy, now }: DetectInput): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  return (workload?.shortLivedPods ?? []).filter(({ owner, removedAt }) => {
    return owner === pod.owner?.name && removedAt > begin;
  });
}

/** How often each replica was replaced: when ten replicas are all replaced once, the result is 1, not 10. */
function replacements(pods: readonly ShortLivedPod[]): number {
  let replicas = 1;
  for (const { createdAt } of pods) {
    const concurrent = pods.filter((other) => other.createdAt <= createdAt && other.removedAt > createdAt).length;
    replicas = Math.max(replicas, concurrent);
  }
  return Math.floor(pods.length / replicas);
}

function meanAge(pods: readonly ShortLivedPod[]): Duration {
  return pods.reduce((sum, { createdAt, removedAt }) => sum + Math.max(removedAt - createdAt, 0), 0) / pods.length;
}
