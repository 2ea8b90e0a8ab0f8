import { formatSpan } from "../model/duration.ts";
import type { ShortLivedPod } from "../model/history.ts";
import { sentences } from "../text/text.ts";
import { type Check, type DetectInput, finding, type PodDetector, podSubject, workloadLabel } from "./detector.ts";

/** Pods that are replaced before they can restart: no restartCount ever tells of them. */
export const churning: PodDetector = {
  name: "WorkloadChurning",
  help: "The pods of a workload are replaced again and again, though none of their containers ever restarts.",
  severity: "warning",
  check: (input) => [checkWorkload(input)],
  over: () => "Its pods last again.",
};

function checkWorkload(input: DetectInput): Check {
  const { pod, policy, now } = input;
  const lives = shortLives(input);
  const value = replacements(lives);
  const check: Check = {
    measure: `replacements of one and the same pod within ${formatSpan(policy.churnWindow)}`,
    value,
    threshold: policy.churnThreshold,
  };
  if (value < policy.churnThreshold) return check;
  const annotations = {
    summary: `${workloadLabel(pod)} replaces its pods again and again: ${lives.length} of them within ${formatSpan(
      lives.at(-1)!.goneAt - lives[0]!.at,
    )} lived for ${formatSpan(meanLife(lives))} each`,
    description: sentences(
      "None of their containers was restarted, so that no pod by itself looks ill.",
      "Look at the events of the workload and of its newest pod: a failing probe of its controller, evictions, a node that is short of something, or two controllers that disagree.",
    ),
    reason: "Replaced",
    cause: "Replaced",
  };
  const labels = { alertname: churning.name, namespace: pod.namespace, workload: workloadLabel(pod) };
  return {
    ...check,
    finding: finding(churning, labels, annotations, podSubject(pod), undefined),
    reevaluateAt: Math.max(lives[0]!.goneAt + policy.churnWindow, now + 1),
  };
}

/** Those of the controller that made this pod: what a rollout ends is another ReplicaSet's. */
function shortLives({ pod, workload, policy, now }: DetectInput): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  return (workload?.shortLivedPods ?? []).filter((life) => {
    return life.owner === pod.owner?.name && life.goneAt > begin;
  });
}

/** How often one and the same place was filled anew: ten replicas that are all replaced once make one, not ten. */
function replacements(lives: readonly ShortLivedPod[]): number {
  let most = 1;
  for (const { at } of lives) {
    const together = lives.filter((other) => other.at <= at && other.goneAt > at).length;
    most = Math.max(most, together);
  }
  return Math.floor(lives.length / most);
}

function meanLife(lives: readonly ShortLivedPod[]): number {
  return lives.reduce((sum, { at, goneAt }) => sum + Math.max(goneAt - at, 0), 0) / lives.length;
}
