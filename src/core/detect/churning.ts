import { formatSpan } from "../model/duration.ts";
import type { ShortLivedPod } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { type Duration, type Instant, SECOND } from "../model/time.ts";
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
  const pods = predecessors(input);
  const check: Check = {
    metric: `replacements of the pod within ${formatSpan(policy.churnWindow)}`,
    value: pods.length,
    threshold: policy.churnThreshold,
  };
  if (pods.length < policy.churnThreshold) return check;
  const label = workloadLabel(pod.workload);
  const span = formatSpan(pods.at(-1)!.endedAt - pods[0]!.createdAt);
  const annotations = {
    summary: `${label} keeps replacing its pods: ${pods.length} pods within ${span}, each after about ${formatSpan(meanAge(pods))}`,
    description: sentences(
      "None of their containers restarted, so no alert of a single pod shows it.",
      "Check the events of the workload and of its newest pod for evictions and node pressure, and whether two controllers conflict with each other.",
    ),
    reason: "Replaced",
    cause: "Replaced",
  };
  const labels = { alertname: churning.name, namespace: pod.namespace, workload: label };
  return {
    ...check,
    finding: finding(churning, labels, annotations, podSubject(pod)),
    reevaluateAt: Math.max(pods[0]!.endedAt + policy.churnWindow, now + 1),
  };
}

/**
 * The pods that this one replaced, one after the other, oldest first. Only pods of the same controller count: a rollout
 * deletes the pods of another ReplicaSet.
 */
function predecessors({ pod, workload, policy, now }: DetectInput): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  const ended = (workload?.shortLivedPods ?? []).filter(({ owner, endedAt, uid }) => {
    return owner === pod.owner?.name && endedAt > begin && uid !== pod.uid;
  });
  if (ended.length < policy.churnThreshold) return [];
  const replacedBy = new Map<ShortLivedPod, Successor>();
  const successors = [...ended, pod].toSorted((a, b) => a.createdAt - b.createdAt);
  for (const successor of successors) {
    let replaced: ShortLivedPod | undefined;
    for (const one of ended) {
      if (replacedBy.has(one) || !isReplacement(successor, one, pod)) continue;
      if (replaced === undefined || gapBetween(successor, one) < gapBetween(successor, replaced)) replaced = one;
    }
    if (replaced !== undefined) replacedBy.set(replaced, successor);
  }
  const chain: ShortLivedPod[] = [];
  for (let last: Successor | undefined = pod; last !== undefined; ) {
    const successor: Successor = last;
    last = ended.find((one) => replacedBy.get(one) === successor);
    if (last !== undefined) chain.unshift(last as ShortLivedPod);
  }
  return chain;
}

type Successor = ShortLivedPod | PodSnapshot;

/** Controllers create the replacement at once, a StatefulSet when the name is free again. */
const REPLACEMENT_DELAY: Duration = 10 * SECOND;

/** A pod that is created later follows a scale-up: it replaces nothing. */
function isReplacement(next: Successor, ended: ShortLivedPod, { owner }: PodSnapshot): boolean {
  if (next.createdAt <= ended.createdAt || gapBetween(next, ended) > REPLACEMENT_DELAY) return false;
  if (owner?.kind === "StatefulSet") return next.name === ended.name;
  // With a new node comes a new pod, which does not replace that of a removed node.
  return owner?.kind !== "DaemonSet" || next.node === ended.node;
}

function gapBetween({ createdAt }: Successor, { endedAt, removedAt }: ShortLivedPod): Duration {
  const from = (at: Instant) => Math.abs(createdAt - at);
  return removedAt === undefined ? from(endedAt) : Math.min(from(endedAt), from(removedAt));
}

function meanAge(pods: readonly ShortLivedPod[]): Duration {
  return pods.reduce((sum, { createdAt, endedAt }) => sum + Math.max(endedAt - createdAt, 0), 0) / pods.length;
}
