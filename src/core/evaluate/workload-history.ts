import { endedAt, isBatch } from "../detect/failed.ts";
import type { ShortLivedPod, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { DAY, type Instant } from "../model/time.ts";
import type { PodObservation } from "./evaluate.ts";

/** A failed pod of a CronJob may be kept long after the runs that succeeded are cleared away. */
const SUCCESS_KEPT = 30 * DAY;

/** More pods than this within one churn window say nothing new. */
const MAX_LIVES_KEPT = 100;

/**
 * What is remembered of a workload after a look at one of its pods; the very same object when nothing is new. A success
 * is remembered only where there is a failure that it ends (`isFailing`).
 */
export function updateWorkloadHistory(
  known: WorkloadHistory | undefined,
  look: PodObservation,
  isFailing: boolean,
  policy: Policy,
  now: Instant,
): WorkloadHistory | undefined {
  const { pod } = look;
  const { namespace, workload } = pod;
  const before = known ?? { namespace, ...workload, shortLivedPods: [], lastSuccessAt: undefined };
  const shortLivedPods = livesAfter(before.shortLivedPods, look, policy, now);
  const lastSuccessAt = successAfter(before.lastSuccessAt, look, isFailing || known?.lastSuccessAt !== undefined, now);
  if (shortLivedPods.length === 0 && lastSuccessAt === undefined) return undefined;
  if (known !== undefined && shortLivedPods === known.shortLivedPods && lastSuccessAt === known.lastSuccessAt)
    return known;
  return { ...before, shortLivedPods, lastSuccessAt };
}

function livesAfter(
  known: readonly ShortLivedPod[],
  look: PodObservation,
  policy: Policy,
  now: Instant,
): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  // In the order in which they went: where the first is recent, all are.
  const lives = known.length === 0 || known[0]!.goneAt > begin ? known : known.filter(({ goneAt }) => goneAt > begin);
  const { pod } = look;
  if (
    look.type === "updated" ||
    look.reason === "rolledBack" ||
    !wasReplaced(pod, begin) ||
    lives.some(({ uid }) => uid === pod.uid)
  )
    return lives;
  return [...lives, { uid: pod.uid, at: pod.createdAt, goneAt: now, owner: pod.owner!.name }].slice(-MAX_LIVES_KEPT);
}

/** A pod that was to run on, had hardly begun, and went without a single restart. */
function wasReplaced(pod: PodSnapshot, begin: Instant): boolean {
  return (
    pod.owner !== undefined &&
    pod.restartPolicy === "Always" &&
    pod.createdAt > begin &&
    pod.containers.every(({ restartCount }) => restartCount === 0)
  );
}

function successAfter(
  known: Instant | undefined,
  { pod }: PodObservation,
  matters: boolean,
  now: Instant,
): Instant | undefined {
  const newest = isBatch(pod) && pod.phase === "Succeeded" && matters ? Math.max(endedAt(pod), known ?? 0) : known;
  return newest !== undefined && newest > now - SUCCESS_KEPT ? newest : undefined;
}
