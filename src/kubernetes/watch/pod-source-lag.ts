import type { ContainerSnapshot, PodSnapshot } from "../../core/model/pod.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { PodChange } from "../../ports/pods.ts";

/**
 * How long after the kubelet's time stamp on a container's newest start or end the change came here; undefined when
 * the change is not about that. The stamp has whole seconds, and the node's clock is not ours.
 */
export function lagOf(change: PodChange, now: Instant): Duration | undefined {
  if (change.type !== "updated" || change.previous === undefined) return undefined;
  const before = newestStamp(change.previous);
  const after = newestStamp(change.pod);
  return after !== undefined && (before === undefined || after > before) ? now - after : undefined;
}

function newestStamp(pod: PodSnapshot): Instant | undefined {
  let newest: Instant | undefined;
  for (const container of pod.containers) {
    const stamp = stampOf(container);
    if (stamp !== undefined && (newest === undefined || stamp > newest)) newest = stamp;
  }
  return newest;
}

function stampOf({ state, lastTerminated }: ContainerSnapshot): Instant | undefined {
  switch (state.name) {
    case "running":
      return state.startedAt;
    case "terminated":
      return state.finishedAt;
    case "waiting":
    case "unknown":
      return lastTerminated?.finishedAt;
  }
}
