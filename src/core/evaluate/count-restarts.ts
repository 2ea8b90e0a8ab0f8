import { isBeingDeleted, latestTermination, restartRuleFor, terminationsOf } from "../model/container.ts";
import {
  ALL_RESTARTED,
  type ContainerHistory,
  MAX_RESTARTS,
  type Restart,
  type TerminationSummary,
} from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import { endedAt } from "./clocks.ts";
import type { HistoryInput } from "./observation.ts";

/** A restart within this time after an image change or AllContainersRestarting is attributed to it. */
const CAUSE_WINDOW = 10 * MINUTE;

export function isRecentCause(at: Instant | undefined, now: Instant): boolean {
  return at !== undefined && now - at < CAUSE_WINDOW;
}

/** A change of the spec that makes the kubelet restart a container once. */
export interface PlannedChange {
  readonly reason: string;
}

/** The restarts since the previous observation, oldest first, each with the termination before it if that is known. */
export function countRestarts(
  prior: ContainerHistory,
  container: ContainerSnapshot,
  input: HistoryInput,
  change: PlannedChange | undefined,
): readonly Restart[] {
  const { now, resumedFrom, trigger } = input;
  const count = Math.min(restartsSince(prior, container), MAX_RESTARTS);
  if (count === 0) return [];
  if (trigger !== undefined && trigger !== container.name) return [];
  const { current, previous } = terminationsOf(container);
  const causes: (TerminationSummary | undefined)[] = new Array(count).fill(undefined);
  causes[0] = prior.currentTermination;
  if (previous !== undefined) causes[count - 1] = summaryOf(previous);

  const restarts: Restart[] = [];
  let at = Math.min(startOfRun(container, current) ?? now, now);
  for (let index = count - 1; index >= 0; index--) {
    const cause = causes[index];
    at = cause?.at === undefined ? Math.min(at, now) : endedAt({ finishedAt: cause.at }, input);
    // One change causes one restart, which comes before those that follow from it.
    const planned = describePlan(cause, container, input, index === 0 ? change : undefined);
    restarts.unshift({
      at,
      reason: cause?.reason,
      exitCode: cause?.exitCode,
      inferred: resumedFrom !== undefined || cause?.at === undefined,
      ...(now > at && { countedAt: now }),
      ...(planned !== undefined && { planned }),
    });
  }
  return restarts;
}

export function summaryOf({ finishedAt, reason, exitCode }: Termination): TerminationSummary {
  return { at: finishedAt, reason, exitCode };
}

/**
 * restartCount increases when the new container is created. It stays the same or decreases if the node lost its state
 * (core/v1 types.go): then a different containerID means at least one restart, and the lower count is the new baseline.
 */
function restartsSince(prior: ContainerHistory, container: ContainerSnapshot): number {
  const increase = container.restartCount - prior.restartCount;
  if (increase > 0) return increase;
  const isAnother =
    prior.containerID !== undefined &&
    container.containerID !== undefined &&
    prior.containerID !== container.containerID;
  return isAnother ? 1 : 0;
}

function startOfRun(container: ContainerSnapshot, current: Termination | undefined): Instant | undefined {
  return container.state.name === "running" ? container.state.startedAt : current?.startedAt;
}

/** Why a restart was planned; undefined when it was not. */
function describePlan(
  cause: TerminationSummary | undefined,
  container: ContainerSnapshot,
  { pod, trigger }: HistoryInput,
  change: PlannedChange | undefined,
): string | undefined {
  if (trigger === container.name) return ALL_RESTARTED;
  // Sidecars are restarted while the pod terminates (KEP-4438).
  if (isBeingDeleted(pod)) return "the pod is being deleted";
  const rule = cause === undefined ? undefined : restartRuleFor(container, cause.exitCode);
  if (rule !== undefined) return `a restart rule names exit code ${cause!.exitCode}`;
  if (container.type === "init" && cause?.exitCode === 0) return "the pod was started again";
  return change?.reason;
}

/**
 * The container whose exit restarted all containers of the pod in place (KEP-5532): the one that the condition's message
 * names, the one whose last exit code a rule with this action names, or else the first.
 */
export function fullRestartTrigger(
  pod: PodSnapshot,
  containers: readonly ContainerSnapshot[],
  { now, clockSkew }: { readonly now: Instant; readonly clockSkew?: Duration | undefined },
): string | undefined {
  const condition = pod.conditions.allContainersRestarting;
  if (condition === undefined) return undefined;
  const isRecent =
    condition.since === undefined || clockSkew !== undefined
      ? condition.status === "True"
      : isRecentCause(condition.since, now);
  if (!isRecent) return undefined;
  const words = condition.message?.split(/[^a-z0-9-]+/) ?? [];
  const trigger =
    containers.find(({ name }) => words.includes(name)) ?? containers.find(restartsAllContainers) ?? containers[0];
  return trigger?.name;
}

function restartsAllContainers(container: ContainerSnapshot): boolean {
  const last = latestTermination(container);
  return last !== undefined && restartRuleFor(container, last.exitCode)?.action === "RestartAllContainers";
}
