import {
  countedContainers,
  exitedNormally,
  isBeingDeleted,
  isBeingDisrupted,
  latestTermination,
  restartRuleFor,
  terminationId,
  terminationsOf,
} from "../model/container.ts";
import { type ContainerHistory, MAX_RESTARTS, type PodHistory, type Restart } from "../model/history.ts";
import { own } from "../model/own.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { isSame } from "../util/same.ts";
import { endedAt, runningSince } from "./clocks.ts";
import { countRestarts, fullRestartTrigger, isRecentCause, type PlannedChange, summaryOf } from "./count-restarts.ts";
import { updateCrashLoop } from "./crash-loop.ts";
import type { HistoryInput, ObservationContext, PriorState } from "./observation.ts";
import { observedStates } from "./observed-states.ts";
import { endRollback, isStillRolledBack, markRolledBack } from "./rollback.ts";

export interface HistoryUpdate {
  /** Undefined when there is nothing to remember; the same object when nothing changed. */
  readonly history: PodHistory | undefined;
  readonly terminations: readonly { readonly container: string; readonly termination: Termination }[];
}

/**
 * Finds the restarts and terminations since the previous observation: restartCount counts them, and termination records
 * provide their times and reasons. Compares states and never counts events, so that observations may be missing or
 * duplicated.
 */
export function updateHistory(
  prior: PodHistory | undefined,
  pod: PodSnapshot,
  context: ObservationContext & Pick<PriorState, "clockSkew">,
  policy: Policy,
  now: Instant,
): HistoryUpdate {
  const containers: Record<string, ContainerHistory> = {};
  const terminations: { container: string; termination: Termination }[] = [];
  let count = 0;
  let isUnchanged = prior !== undefined;
  const counted = countedContainers(pod, policy);
  const input: HistoryInput = {
    ...context,
    pod,
    policy,
    now,
    trigger: fullRestartTrigger(pod, counted, { ...context, now }),
  };
  for (const container of counted) {
    const priorContainer = own(prior?.containers, container.name);
    const { history, crashes } = updateContainer(priorContainer, container, input);
    if (history !== undefined) {
      containers[container.name] = history;
      count++;
    }
    isUnchanged &&= history === priorContainer;
    for (const termination of crashes) terminations.push({ container: container.name, termination });
  }
  const observed = observedStates(prior?.observed, input);
  if (count === 0 && observed === undefined) return { history: undefined, terminations };
  if (prior !== undefined && isUnchanged && isSame(prior.observed, observed)) return { history: prior, terminations };
  const history = { uid: pod.uid, namespace: pod.namespace, pod: pod.name, containers, ...(observed && { observed }) };
  return { history, terminations };
}

function updateContainer(
  stored: ContainerHistory | undefined,
  container: ContainerSnapshot,
  input: HistoryInput,
): { history: ContainerHistory | undefined; crashes: readonly Termination[] } {
  const { now, pod, policy, baseline, rolledBack } = input;
  const base = stored ?? (baseline || rolledBack ? baselineOf(container) : withoutRestarts(container, input));
  if (rolledBack || isStillRolledBack(base, container)) {
    const marked = markRolledBack(base, container);
    const history = { ...marked, ...updateCrashLoop(marked, container, [], input, marked.runningSince) };
    return { history: unlessTrivial(history, stored, container, input), crashes: [] };
  }
  const prior = endRollback(base, container);
  const imageChangedAt = lastImageChange(prior, container, input);
  const terminations = newTerminations(prior, container);
  const resizedAt = lastResize(prior, container, input);
  const change = plannedChange(imageChangedAt, resizedAt);
  const crashes = terminations.filter((termination) =>
    isCrash(termination, container, pod, change !== undefined || isRestartedByOther(container, input)),
  );
  const restarts = countRestarts(prior, container, input, change);
  const isPast = restarts.length > 0;
  const since = runningSince(prior, container, input);
  const { current } = terminationsOf(container);
  const newest = terminations.at(-1);
  const oomKilled = crashes.findLast(({ reason }) => reason === "OOMKilled");
  const lastTerminatedAt = newest?.finishedAt ?? prior.lastTerminatedAt;
  const history: ContainerHistory = {
    restartCount: container.restartCount,
    containerID: container.containerID ?? prior.containerID,
    lastTerminationId: newest === undefined ? prior.lastTerminationId : terminationId(newest),
    restarts: restarts.length === 0 ? prior.restarts : withinTimeframe([...prior.restarts, ...restarts], policy, now),
    ...updateCrashLoop(prior, container, crashes, input, since),
    oomKilledAt: oomKilled === undefined ? prior.oomKilledAt : endedAt(oomKilled, input),
    ...(since !== undefined && { runningSince: since }),
    ...(current && { currentTermination: summaryOf(current) }),
    ...(lastTerminatedAt !== undefined && { lastTerminatedAt }),
    ...(imageChangedAt !== undefined && !isPast && { imageChangedAt }),
    ...(resizedAt !== undefined && !isPast && { resizedAt }),
  };
  return { history: unlessTrivial(history, stored, container, input), crashes };
}

const EMPTY: ContainerHistory = {
  restartCount: 0,
  containerID: undefined,
  lastTerminationId: undefined,
  restarts: [],
  recentCrashes: [],
  crashLoopingSince: undefined,
  oomKilledAt: undefined,
};

/** Records everything the snapshot contains as already processed. */
function baselineOf(container: ContainerSnapshot): ContainerHistory {
  const termination = latestTermination(container);
  return {
    ...EMPTY,
    restartCount: container.restartCount,
    containerID: container.containerID,
    lastTerminationId: termination && terminationId(termination),
    ...(termination?.finishedAt !== undefined && { lastTerminatedAt: termination.finishedAt }),
  };
}

/** A container without a stored history had no restarts at the previous observation. */
function withoutRestarts(container: ContainerSnapshot, { previous }: HistoryInput): ContainerHistory {
  return { ...EMPTY, containerID: containerIn(previous, container)?.containerID };
}

function containerIn(pod: PodSnapshot | undefined, { name }: ContainerSnapshot): ContainerSnapshot | undefined {
  return pod?.containers.find((container) => container.name === name);
}

/** The termination records that were not in the previous observation, oldest first. */
function newTerminations(prior: ContainerHistory, container: ContainerSnapshot): readonly Termination[] {
  const { current, previous } = terminationsOf(container);
  const records = [previous, current].filter((record) => record !== undefined);
  const processed = records.findLastIndex((record) => terminationId(record) === prior.lastTerminationId);
  // After a clock jumped backwards, the records of new runs are older than those of earlier ones.
  const isNewRun = container.restartCount > prior.restartCount;
  return records.slice(processed + 1).filter((record) => {
    const isOfCurrentRun = record.containerID !== undefined && record.containerID === container.containerID;
    return isNewRun || isOfCurrentRun || !isOlder(record.finishedAt, prior.lastTerminatedAt);
  });
}

function isOlder(at: Instant | undefined, than: Instant | undefined): boolean {
  return at !== undefined && than !== undefined && at < than;
}

/**
 * Whether a termination is a crash: not a normal exit, not part of the deletion or disruption of its pod, not planned,
 * and not named by a restart rule. OOMKilled counts, unless the container was stopped together with its pod.
 */
function isCrash(
  termination: Termination,
  container: ContainerSnapshot,
  pod: PodSnapshot,
  isPlanned: boolean,
): boolean {
  const isEnding = isBeingDeleted(pod) || isBeingDisrupted(pod);
  if (termination.reason === "OOMKilled") return !(isEnding && termination.exitCode === SIGTERM);
  if (isEnding || isPlanned || restartRuleFor(container, termination.exitCode) !== undefined) return false;
  return !exitedNormally(pod, container, termination);
}

/** The kubelet ended the container because another one of its pod restarts all (KEP-5532). */
function isRestartedByOther({ name }: ContainerSnapshot, { trigger }: HistoryInput): boolean {
  return trigger !== undefined && trigger !== name;
}

/** A container that was asked to stop and did. The kernel killed another process of it, not its main process. */
const SIGTERM = 143;

function lastImageChange(prior: ContainerHistory, container: ContainerSnapshot, input: HistoryInput) {
  const previous = containerIn(input.previous, container);
  if (previous !== undefined && previous.image !== container.image && !isBeingDeleted(input.pod)) return input.now;
  return isRecentCause(prior.imageChangedAt, input.now) ? prior.imageChangedAt : undefined;
}

/** Like the image: the condition of the resize, or of the previous observation, precedes the restart. */
function lastResize(prior: ContainerHistory, container: ContainerSnapshot, { pod, previous, now }: HistoryInput) {
  const isResizing = pod.conditions.resizeInProgress ?? previous?.conditions.resizeInProgress;
  if (container.resizeRestarts && isResizing?.status === "True" && !isBeingDeleted(pod)) return now;
  return isRecentCause(prior.resizedAt, now) ? prior.resizedAt : undefined;
}

function plannedChange(imageChangedAt: Instant | undefined, resizedAt: Instant | undefined): PlannedChange | undefined {
  if (imageChangedAt !== undefined) return { reason: "the image of the container was changed" };
  if (resizedAt === undefined) return undefined;
  return { reason: "the resources of the container were changed in place" };
}

function withinTimeframe(restarts: readonly Restart[], policy: Policy, now: Instant): readonly Restart[] {
  return restarts.filter(({ at }) => at > now - policy.restartTimeframe).slice(-MAX_RESTARTS);
}

/** Undefined for a container that never restarted or crashed, to save memory; the stored object if nothing changed. */
function unlessTrivial(
  history: ContainerHistory,
  stored: ContainerHistory | undefined,
  container: ContainerSnapshot,
  input: HistoryInput,
): ContainerHistory | undefined {
  if (isTrivial(history, container, input)) return undefined;
  return stored !== undefined && isSame(stored, history) ? stored : history;
}

function isTrivial(history: ContainerHistory, container: ContainerSnapshot, { pod }: HistoryInput): boolean {
  const { restartCount, restarts, crashLoopingSince, imageChangedAt, resizedAt } = history;
  if (restartCount > 0 || restarts.length > 0) return false;
  if (crashLoopingSince !== undefined || imageChangedAt !== undefined || resizedAt !== undefined) return false;
  const termination = latestTermination(container);
  return termination === undefined || !isCrash(termination, container, pod, false);
}
