import {
  exitedNormally,
  isBeingDeleted,
  isFinished,
  latestTermination,
  restartRuleFor,
  stableAt,
  waitingReason,
} from "../model/container.ts";
import type { ContainerHistory } from "../model/history.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { type Instant, MINUTE } from "../model/time.ts";
import { endedAt, lengthOf } from "./clocks.ts";
import type { HistoryInput } from "./observation.ts";

/** This many crashes within the window open the crash-loop latch, even if CrashLoopBackOff was not observed. */
const LATCH_CRASHES = 3;
const LATCH_WINDOW = 15 * MINUTE;

/**
 * The crash-loop latch. CrashLoopBackOff or three crashes in a short time open it. It closes when the container has run
 * for as long as the kubelet requires to reset its backoff, or has exited normally. Short attempts do not close it.
 */
export function updateCrashLoop(
  prior: ContainerHistory,
  container: ContainerSnapshot,
  newCrashes: readonly Termination[],
  input: HistoryInput,
  since: Instant | undefined,
): Pick<ContainerHistory, "recentCrashes" | "crashLoopingSince"> {
  const { pod, policy, now } = input;
  if (hasRecovered(container, since, input)) return { recentCrashes: [], crashLoopingSince: undefined };
  const crashes = isBeingDeleted(pod) ? [] : newCrashes;
  // A run that was long enough ended the loop, even if no observation was made at that time.
  const lastLongRun = crashes.findLastIndex((crash) => lengthOf(crash, prior, now) >= policy.crashLoopStableAfter);
  const times = crashes.slice(Math.max(lastLongRun, 0)).map((crash) => endedAt(crash, input));
  const earlier = lastLongRun === -1 ? prior.recentCrashes : [];
  const recentCrashes = times.length === 0 ? earlier : [...earlier, ...times].filter((at) => at > now - LATCH_WINDOW);
  if (lastLongRun === -1 && prior.crashLoopingSince !== undefined) {
    return { recentCrashes, crashLoopingSince: prior.crashLoopingSince };
  }
  const isLooping =
    (waitingReason(container) === "CrashLoopBackOff" && !isBeingDeleted(pod) && !isByRule(container)) ||
    (times.length > 0 && recentCrashes.length >= LATCH_CRASHES);
  return { recentCrashes, crashLoopingSince: isLooping ? (recentCrashes.at(-1) ?? now) : undefined };
}

/** Kubernetes delays the restart by a rule like any other. */
function isByRule(container: ContainerSnapshot): boolean {
  const last = latestTermination(container);
  return last !== undefined && restartRuleFor(container, last.exitCode) !== undefined;
}

function hasRecovered(
  container: ContainerSnapshot,
  runningSince: Instant | undefined,
  { pod, policy, now }: HistoryInput,
): boolean {
  const { state } = container;
  if (isFinished(pod)) return true;
  if (state.name === "terminated") return exitedNormally(pod, container, state);
  const since = stableAt(container, policy, runningSince === undefined ? undefined : { runningSince });
  return since !== undefined && since <= now;
}
