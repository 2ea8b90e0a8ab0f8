import { isBeingDeleted, podEndedAt } from "../model/container.ts";
import type { PodHistory } from "../model/history.ts";
import { own } from "../model/own.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { isSameWorkload, rolloutRole } from "../model/workload.ts";

/**
 * The history of a pod with the name of the pod that took its place after it failed. It is kept, because that pod may be
 * gone at the next evaluation; the same object when nothing changed.
 */
export function withReplacement(
  history: PodHistory | undefined,
  prior: PodHistory | undefined,
  pod: PodSnapshot,
  siblings: () => Iterable<PodSnapshot>,
): PodHistory | undefined {
  if (pod.phase !== "Failed") return history;
  const endedAt = history?.observed?.ended?.at;
  const replacedBy = prior?.replacedBy ?? findReplacement(pod, siblings(), endedAt)?.name;
  if (replacedBy === undefined || history?.replacedBy === replacedBy) return history;
  if (history === undefined && prior?.replacedBy !== undefined && Object.keys(prior.containers).length === 0)
    return prior;
  const base = history ?? { uid: pod.uid, namespace: pod.namespace, pod: pod.name, containers: {} };
  return { ...base, replacedBy };
}

/** Without copying: there can be thousands of failed pods, and this runs for each of them. */
function findReplacement(
  failed: PodSnapshot,
  siblings: Iterable<PodSnapshot>,
  endedAt: Instant | undefined,
): PodSnapshot | undefined {
  for (const other of siblings) if (replaces(other, failed, endedAt)) return other;
  return undefined;
}

/**
 * Whether a pod took the place of a failed one. A pod that existed before the failure replaces nothing, nor does a pod
 * that is being deleted. Of an unknown controller it is not known how it replaces pods. `endedAt`: when the
 * failed pod ended, if its own time is not by our clock.
 */
export function replaces(other: PodSnapshot, failed: PodSnapshot, endedAt = failedAt(failed)): boolean {
  const rule = failed.owner && own(RULES, failed.owner.kind);
  if (rule === undefined || other.uid === failed.uid || isBeingDeleted(other)) return false;
  return (
    other.namespace === failed.namespace &&
    isSameWorkload(other.workload, failed.workload) &&
    rule(other, failed, endedAt)
  );
}

type Rule = (other: PodSnapshot, failed: PodSnapshot, endedAt: Instant) => boolean;

/** By the kind of the failed pod's controller. */
const RULES: Readonly<Record<string, Rule>> = {
  ReplicaSet: (other, _, endedAt) => isReady(other) && isLater(other, endedAt),
  ReplicationController: (other, failed, endedAt) =>
    failed.restartPolicy === "Always"
      ? other.restartPolicy === "Always" && isReady(other) && isLater(other, endedAt)
      : hasSucceeded(other) && includesTask(other, failed) && isLater(other, endedAt),
  DaemonSet: (other, failed, endedAt) => isReady(other) && other.node === failed.node && isLater(other, endedAt),
  // The name has the ordinal, so the failed pod was deleted before.
  StatefulSet: (other, failed) => isReady(other) && other.name === failed.name,
  Job: (other, failed, endedAt) =>
    hasSucceeded(other) && other.part === failed.part && isLaterTry(other, failed, endedAt),
  TaskRun: (other, failed, endedAt) => hasSucceeded(other) && isSameOwner(other, failed) && isLater(other, endedAt),
  Workflow: (other, failed, endedAt) =>
    hasSucceeded(other) &&
    isSameOwner(other, failed) &&
    failed.part !== undefined &&
    other.part === failed.part &&
    isLater(other, endedAt),
  Build: (other, failed) => hasSucceeded(other) && numberOf(other) > numberOf(failed),
};

/** Another pod of the same Job, or a pod of a later run of the CronJob. Runs may overlap. */
const isLaterTry: Rule = (other, failed, endedAt) =>
  isSameOwner(other, failed)
    ? isLater(other, endedAt)
    : numberOf(other) > numberOf(failed) && podEndedAt(other) >= endedAt;

const isLater = (other: PodSnapshot, endedAt: Instant) => other.createdAt >= endedAt;

const isSameOwner = (other: PodSnapshot, failed: PodSnapshot) => ownerOf(other) === ownerOf(failed);

function ownerOf({ owner }: PodSnapshot): string {
  return owner?.name ?? "";
}

function isReady(pod: PodSnapshot): boolean {
  return pod.conditions.ready?.status === "True";
}

function hasSucceeded(pod: PodSnapshot): boolean {
  return pod.phase === "Succeeded";
}

/** An evicted pod has the time of its eviction in the condition DisruptionTarget, but may have no container status. */
function failedAt(pod: PodSnapshot): number {
  return Math.max(podEndedAt(pod), pod.conditions.disruption?.since ?? 0);
}

/** The Jobs of a CronJob end with their scheduled time, the Builds of a BuildConfig with a number. */
function numberOf(pod: PodSnapshot): number {
  return Number(/\d+$/.exec(ownerOf(pod))?.[0] ?? Number.NaN);
}

/** A deployer runs the hooks of its rollout, so its success is theirs too. */
function includesTask(other: PodSnapshot, failed: PodSnapshot): boolean {
  const [task, failedTask] = [rolloutRole(other), rolloutRole(failed)];
  return task === failedTask || (task === "deployer" && failedTask !== undefined);
}
