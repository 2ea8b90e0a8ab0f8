import { isFinished } from "../model/container.ts";
import type { ShortLivedPod, WorkloadHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import type { PodObservation } from "./observation.ts";

const MAX_SHORT_LIVED_PODS = 100;

/** The history of a workload after an observation of one of its pods; the same object when nothing changed. */
export function updateWorkloadHistory(
  prior: WorkloadHistory | undefined,
  observation: PodObservation,
  policy: Policy,
  now: Instant,
): WorkloadHistory | undefined {
  const { namespace, workload } = observation.pod;
  const before = prior?.shortLivedPods ?? [];
  const shortLivedPods = updateShortLivedPods(before, observation, policy, now);
  if (shortLivedPods.length === 0) return undefined;
  return prior !== undefined && shortLivedPods === before ? prior : { namespace, ...workload, shortLivedPods };
}

function updateShortLivedPods(
  prior: readonly ShortLivedPod[],
  observation: PodObservation,
  policy: Policy,
  now: Instant,
): readonly ShortLivedPod[] {
  const begin = now - policy.churnWindow;
  const recent = prior.every(({ endedAt }) => endedAt > begin) ? prior : prior.filter(({ endedAt }) => endedAt > begin);
  const { pod } = observation;
  if (!hasEnded(observation) || pod.owner === undefined) return recent;
  const removedAt = observation.type === "removed" ? { removedAt: now } : undefined;
  const known = recent.find(({ uid }) => uid === pod.uid);
  if (known !== undefined) {
    if (removedAt === undefined || known.removedAt !== undefined) return recent;
    return recent.map((one) => (one === known ? { ...one, ...removedAt } : one));
  }
  if (!isShortLived(pod, begin)) return recent;
  const added: ShortLivedPod = {
    uid: pod.uid,
    name: pod.name,
    ...(pod.node !== undefined && { node: pod.node }),
    createdAt: pod.createdAt,
    endedAt: Math.min(pod.deletionRequestedAt ?? now, now),
    ...removedAt,
    owner: pod.owner.name,
  };
  return [...recent, added].slice(-MAX_SHORT_LIVED_PODS);
}

/** A controller replaces a pod as soon as its deletion is requested. */
function hasEnded(observation: PodObservation): boolean {
  if (observation.type === "updated") return observation.pod.deletionAt !== undefined;
  return observation.reason === "deleted" || observation.reason === "missing";
}

/** A pod that was meant to keep running and was deleted within the churn window without a restart or a failure. */
function isShortLived(pod: PodSnapshot, begin: Instant): boolean {
  return (
    pod.restartPolicy === "Always" &&
    !isFinished(pod) &&
    pod.createdAt > begin &&
    pod.containers.every(({ restartCount }) => restartCount === 0)
  );
}
