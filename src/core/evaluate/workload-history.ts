import { podEndedAt } from "../model/container.ts";
import type { ShortLivedPod, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { DAY, type Instant } from "../model/time.ts";
import { isBatch } from "../model/workload.ts";
import type { PodObservation } from "./observation.ts";

/** A failed pod of a CronJob may be kept long after the successful runs were cleaned up. */
const SUCCESS_TTL = 30 * DAY;

const MAX_SHORT_LIVED_PODS = 100;

/**
 * The history of a workload after an observation of one of its pods; the same object when nothing changed. A success is
 * recorded only if it resolves a failure (`isFailing`) or an earlier one is already recorded.
 */
export function updateWorkloadHistory(
  prior: WorkloadHistory | undefined,
  observation: PodObservation,
  isFailing: boolean,
  policy: Policy,
  now: Instant,
): WorkloadHistory | undefined {
  const { namespace, workload } = observation.pod;
  const base = prior ?? { namespace, ...workload, shortLivedPods: [], lastSuccessAt: undefined };
  const shortLivedPods = updateShortLivedPods(base.shortLivedPods, observation, policy, now);
  const matters = isFailing || base.lastSuccessAt !== undefined;
  const lastSuccessAt = updateLastSuccess(base.lastSuccessAt, observation.pod, matters, now);
  if (shortLivedPods.length === 0 && lastSuccessAt === undefined) return undefined;
  if (prior !== undefined && shortLivedPods === prior.shortLivedPods && lastSuccessAt === prior.lastSuccessAt)
    return prior;
  return { ...base, shortLivedPods, lastSuccessAt };
}

function updateShortLivedPods(
  prior: readonly ShortLivedPod[],
  observation: PodObservation,
  policy: Policy,
  now: Instant,
): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  // In order of removal: if the first one is recent, all are.
  const isRecent = prior.length === 0 || prior[0]!.removedAt > begin;
  const recent = isRecent ? prior : prior.filter(({ removedAt }) => removedAt > begin);
  const { pod } = observation;
  if (
    observation.type === "updated" ||
    observation.reason === "rolledBack" ||
    pod.owner === undefined ||
    !isShortLived(pod, begin) ||
    recent.some(({ uid }) => uid === pod.uid)
  )
    return recent;
  const added = { uid: pod.uid, createdAt: pod.createdAt, removedAt: now, owner: pod.owner.name };
  return [...recent, added].slice(-MAX_SHORT_LIVED_PODS);
}

/** A pod that was meant to keep running and was removed within the churn window without a restart. */
function isShortLived(pod: PodSnapshot, begin: Instant): boolean {
  return (
    pod.restartPolicy === "Always" &&
    pod.createdAt > begin &&
    pod.containers.every(({ restartCount }) => restartCount === 0)
  );
}

function updateLastSuccess(
  prior: Instant | undefined,
  pod: PodSnapshot,
  matters: boolean,
  now: Instant,
): Instant | undefined {
  const hasSucceeded = matters && isBatch(pod.workload) && pod.phase === "Succeeded";
  const last = hasSucceeded ? Math.max(podEndedAt(pod), prior ?? 0) : prior;
  return last !== undefined && last > now - SUCCESS_TTL ? last : undefined;
}
