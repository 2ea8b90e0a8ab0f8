import type { ContainerHistory } from "../model/history.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import type { HistoryInput } from "./observation.ts";

/** A node's clock may be off, or jump. From this difference on, times of the node are not compared with ours. */
const MAX_SKEW: Duration = MINUTE;

/** A record that was not in the previous observation is not older: the longest backoff takes five minutes. */
const MAX_AGE: Duration = 10 * MINUTE;

/** The change to this observation was observed as it happened: there is a previous one, and no gap after it. */
function isLive({ previous, resumedFrom, baseline }: HistoryInput): boolean {
  return previous !== undefined && resumedFrom === undefined && !baseline;
}

/** When a run ended, by our clock. */
export function endedAt({ finishedAt }: Pick<Termination, "finishedAt">, input: HistoryInput): Instant {
  const { now } = input;
  if (finishedAt === undefined || finishedAt > now) return now;
  return isLive(input) && finishedAt < now - MAX_AGE ? now : finishedAt;
}

/** See `ContainerHistory.runningSince`. */
export function runningSince(
  prior: ContainerHistory,
  container: ContainerSnapshot,
  input: HistoryInput,
): Instant | undefined {
  const { state } = container;
  if (state.name !== "running" || state.startedAt === undefined) return undefined;
  if (prior.containerID === container.containerID && prior.restartCount === container.restartCount) {
    return prior.runningSince;
  }
  const { now } = input;
  const isOff = state.startedAt > now + MAX_SKEW || (isLive(input) && state.startedAt < now - MAX_SKEW);
  return isOff ? now : undefined;
}

/** How long a run lasted at most: a clock that jumped during the run does not make it longer. */
export function lengthOf(run: Termination, prior: ContainerHistory, now: Instant): Duration {
  const { startedAt, finishedAt, containerID } = run;
  if (startedAt === undefined || finishedAt === undefined) return 0;
  const observed = containerID === prior.containerID ? prior.runningSince : undefined;
  return Math.min(finishedAt - startedAt, now - (observed ?? startedAt));
}
