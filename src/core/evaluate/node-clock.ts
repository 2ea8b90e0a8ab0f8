import type { PodSnapshot } from "../model/pod.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";

/** From this difference on, times of a node are not compared with ours. */
export const MAX_SKEW: Duration = MINUTE;

/** The clock of a node, according to one status. */
export interface ClockReading {
  readonly node: string;
  /** The node's clock minus the API server's. If it is more than `MAX_SKEW` either way, it is proven to be at least that. */
  readonly offset: Duration;
  /** The earliest time at which it can have been so. */
  readonly at: Instant;
}

/**
 * Compares the times that the kubelet wrote with those of the API server: a time in the future proves a fast clock. A
 * start before the pod was created or scheduled, or a time before one that the kubelet wrote earlier, proves a slow one.
 * Undefined if nothing is proven: a late time alone is that of a status that arrived late. `now` is the API server's time.
 */
export function readNodeClock(
  pod: PodSnapshot,
  previous: PodSnapshot | undefined,
  now: Instant,
): ClockReading | undefined {
  const { node, owner } = pod;
  // A static pod started before its mirror pod was created. Its owner is the node.
  if (node === undefined || owner?.kind === "Node") return undefined;
  const before = new Set(previous && kubeletTimes(previous));
  const times = kubeletTimes(pod).filter((time) => !before.has(time));
  if (times.length === 0) return undefined;
  const newest = Math.max(...times);
  const at = previous === undefined ? pod.createdAt : now;
  if (newest - now > MAX_SKEW) return { node, offset: newest - now, at };
  const { startedAt } = pod;
  if (startedAt !== undefined && times.includes(startedAt)) {
    const delay = startedAt - (pod.conditions.scheduled?.since ?? pod.createdAt);
    if (delay < -MAX_SKEW) return { node, offset: delay, at };
    if (previous === undefined) return delay <= MAX_SKEW ? { node, offset: 0, at } : undefined;
  }
  if (previous === undefined) return undefined;
  if (newest >= now - MAX_SKEW) return { node, offset: 0, at };
  return newest < Math.max(...before) - MAX_SKEW ? { node, offset: newest - now, at } : undefined;
}

/** Other components set the Ready condition to False too. Times that are not set are not times. */
function kubeletTimes(pod: PodSnapshot): readonly Instant[] {
  const { ready, initialized } = pod.conditions;
  const times = [pod.startedAt, initialized?.since, ready?.status === "True" ? ready.since : undefined];
  for (const { state, lastTerminated } of pod.containers) {
    times.push(lastTerminated?.startedAt, lastTerminated?.finishedAt);
    if (state.name === "running" || state.name === "terminated") times.push(state.startedAt);
    if (state.name === "terminated") times.push(state.finishedAt);
  }
  return times.filter((time) => time !== undefined && time > 0) as Instant[];
}

/** The newest reading of each node. */
export interface NodeClocks {
  note(reading: ClockReading): void;
  /** How far the clock of the node is off; undefined if it is right as far as known. */
  skewOf(node: string | undefined): Duration | undefined;
  /** The nodes whose clocks are off. */
  skewed(): ReadonlyMap<string, Duration>;
}

export function createNodeClocks(): NodeClocks {
  const readings = new Map<string, ClockReading>();
  const skewed = new Map<string, Duration>();
  return {
    note(reading) {
      const { node, offset, at } = reading;
      const last = readings.get(node);
      if (last !== undefined && last.at > at) return;
      readings.set(node, reading);
      if (Math.abs(offset) > MAX_SKEW) skewed.set(node, offset);
      else skewed.delete(node);
    },
    skewOf: (node) => (node === undefined ? undefined : skewed.get(node)),
    skewed: () => skewed,
  };
}
