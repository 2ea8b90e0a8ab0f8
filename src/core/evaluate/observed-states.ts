import { kubeletWaitingSince } from "../detect/pending-too-long.ts";
import { failingResize } from "../detect/resize-failing.ts";
import { podEndedAt } from "../model/container.ts";
import type { ObservedState, ObservedTime, PodHistory } from "../model/history.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { isLive } from "./clocks.ts";
import { MAX_SKEW } from "./node-clock.ts";
import type { HistoryInput } from "./observation.ts";

/** When each state began, by the clock of the node; undefined if the pod is not in it. */
const STATES: readonly (readonly [ObservedState, (pod: PodSnapshot) => Instant | undefined])[] = [
  [
    "notReady",
    ({ phase, startedAt, conditions: { ready } }) =>
      phase === "Running" && ready !== undefined && ready.status !== "True" ? (ready.since ?? startedAt) : undefined,
  ],
  ["pending", (pod) => (pod.phase === "Pending" ? kubeletWaitingSince(pod) : undefined)],
  ["resizing", (pod) => failingResize(pod)?.since],
  ["ended", (pod) => (pod.phase === "Failed" ? podEndedAt(pod) : undefined)],
];

/** See `PodHistory.observed`; undefined if all times of the pod are by our clock. */
export function observedStates(prior: PodHistory["observed"], input: HistoryInput): PodHistory["observed"] {
  const { pod, previous } = input;
  let observed: Partial<Record<ObservedState, ObservedTime>> | undefined;
  for (const [state, sinceOf] of STATES) {
    const since = sinceOf(pod);
    if (since === undefined) continue;
    const before = prior?.[state];
    const isNew = isLive(input) && sinceOf(previous!) !== since;
    const at = before?.since === since ? before.at : observedAt(since, isNew, input);
    if (at !== undefined) observed = { ...observed, [state]: { since, at } };
  }
  return observed;
}

/** By our clock; undefined if the node's is as well. `isNew`: the change was observed as it happened. */
function observedAt(since: Instant, isNew: boolean, { now, clockSkew }: HistoryInput): Instant | undefined {
  if (since > now + MAX_SKEW) return now;
  if (isNew) return clockSkew === undefined && since >= now - MAX_SKEW ? undefined : now;
  return clockSkew === undefined ? undefined : Math.min(since - clockSkew, now);
}
