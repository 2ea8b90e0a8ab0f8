import type { ContainerHistory } from "../model/history.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import { MAX_SKEW } from "./node-clock.ts";
import type { HistoryInput } from "./observation.ts";

/** A record that was not in the previous observation is not older: the longest backoff takes five minutes. */
const MAX_AGE: Duration = 10 * MINUTE;

/** The change to this observation was observed as it happened: there is a previous one, and no gap after it. */
export function isLive({ previous, resumedFrom, baseline }: HistoryInput): boolean {
  return previous !== undefined && resumedFrom === undefined && !baseline;
}

/** When a run ended, by our clock. */
export function endedAt({ finishedAt }: Pick<Termination, "finishedAt">, input: HistoryInput): Instant {
  const { now } = input;
  if (finishedAt === undefined || finishedAt > now) return now;
  if (input.clockSkew !== undefined) return isLive(input) ? now : Math.min(finishedAt - input.clockSkew, now);
  return isLive(input) && finishedAt < now - MAX_AGE ? now : finishedAt;
}

/** Whether a time that the node wrote for a change since the previous observation is not by our clock. */
function isOff(time: Instant, input: HistoryInput): boolean {
  const { now, clockSkew } = input;
  return clockSkew !== undefined || time > now + MAX_SKEW || (isLive(input) && time < now - MAX_SKEW);
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
  return isOff(state.startedAt, input) ? input.now : undefined;
}

/** How long a run lasted at most: a clock that jumped during the run does not make it longer. */
export function lengthOf(run: Termination, prior: ContainerHistory, now: Instant): Duration {
  const { startedAt, finishedAt, containerID } = run;
  if (startedAt === undefined || finishedAt === undefined) return 0;
  const observed = containerID === prior.containerID ? prior.runningSince : undefined;
  return Math.min(finishedAt - startedAt, now - (observed ?? startedAt));
}
