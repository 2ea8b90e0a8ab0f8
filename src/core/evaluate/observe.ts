import {
  countedContainers,
  exitedNormally,
  identityOf,
  isBeingDeleted,
  isBeingDisrupted,
  isOver,
  newestEnd,
  runEnds,
  stableAt,
  waitingReason,
} from "../model/container.ts";
import {
  type ContainerHistory,
  MAX_RESTARTS_KEPT,
  type PodHistory,
  type Restart,
  type RunEnd,
} from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { type Instant, MINUTE } from "../model/time.ts";
import { asRestored, caughtUp, isStillRestored } from "./restored.ts";

/** Three terminations within this time open the crash-loop latch, also when CrashLoopBackOff itself was not seen. */
const LATCH_WINDOW = 15 * MINUTE;
const LATCH_TERMINATIONS = 3;

/** A restart this soon after a change of the image, or of AllContainersRestarting, is the one that it causes. */
const CAUSED_WITHIN = 10 * MINUTE;

export interface HistoryUpdate {
  /** Undefined when nothing of the pod is worth remembering; the very same object when nothing is new. */
  readonly history: PodHistory | undefined;
  readonly terminations: readonly { readonly container: string; readonly termination: Termination }[];
}

/** What is known of the time before a look, apart from the history. */
export interface Before {
  /** The history begins here: what lies behind is not news. */
  readonly baseline: boolean;
  /** Something was missed since the last look: what is counted now happened in the gap. */
  readonly afterGap: boolean;
  readonly previous: PodSnapshot | undefined;
  /** The cluster was restored from a backup, and this is what the backup has. */
  readonly rolledBack: boolean;
}

/**
 * Restarts and terminations since the last look: restartCount counts them, termination records place and explain them
 * (watch.md 4.4). Compares states and never counts events, so that looks may be missing or come twice.
 */
export function observe(
  history: PodHistory | undefined,
  pod: PodSnapshot,
  before: Before,
  policy: Policy,
  now: Instant,
): HistoryUpdate {
  const containers: Record<string, ContainerHistory> = {};
  const terminations: { container: string; termination: Termination }[] = [];
  let count = 0;
  let isSame = history !== undefined;
  const counted = countedContainers(pod, policy);
  const trigger = triggerOfFullRestart(pod, counted, now);
  for (const container of counted) {
    const known = history?.containers[container.name];
    const context: Context = { pod, before, policy, now, trigger };
    const { next, told } = observeContainer(known, container, context);
    if (next !== undefined) {
      containers[container.name] = next;
      count++;
    }
    isSame &&= next === known;
    for (const termination of told) terminations.push({ container: container.name, termination });
  }
  if (count === 0) return { history: undefined, terminations };
  if (history !== undefined && isSame) return { history, terminations };
  return { history: { uid: pod.uid, namespace: pod.namespace, pod: pod.name, containers }, terminations };
}

interface Context {
  readonly pod: PodSnapshot;
  readonly before: Before;
  readonly policy: Policy;
  readonly now: Instant;
  /** The container whose end made all of them restart in place; undefined when nothing of the kind happened. */
  readonly trigger: string | undefined;
}

function observeContainer(
  remembered: ContainerHistory | undefined,
  container: ContainerSnapshot,
  context: Context,
): { next: ContainerHistory | undefined; told: readonly Termination[] } {
  const { now, pod, policy, before } = context;
  const begun = before.baseline || before.rolledBack ? baselineOf(container) : beginningOf(container, before);
  const base = remembered ?? begun;
  if (before.rolledBack || isStillRestored(base, container)) {
    const held = asRestored(base, container);
    return {
      next: remembering({ ...held, ...latchOf(held, container, [], context) }, remembered, container, context),
      told: [],
    };
  }
  const known = caughtUp(base, container);
  const changedAt = specChangedAt(known, container, context);
  const fresh = freshEnds(known, container);
  const told = fresh.filter((end) => isNews(end, container, pod, isWanted(container, changedAt, now)));
  const { own } = runEnds(container);
  const restarts = countRestarts(known, container, context, changedAt);
  const newest = fresh.at(-1);

  const latch = latchOf(known, container, told, context);
  const oomKilled = told.findLast((end) => end.reason === "OOMKilled");
  const lastEndedAt = newest?.finishedAt ?? known.lastEndedAt;
  const next: ContainerHistory = {
    restartCount: container.restartCount,
    containerID: container.containerID ?? known.containerID,
    lastTermination: newest === undefined ? known.lastTermination : identityOf(newest),
    restarts: restarts.length === 0 ? known.restarts : keep([...known.restarts, ...restarts], policy, now),
    ...latch,
    oomKilledAt: oomKilled === undefined ? known.oomKilledAt : Math.min(oomKilled.finishedAt ?? now, now),
    ...(own === undefined ? {} : { ended: endOf(own) }),
    ...(lastEndedAt === undefined ? {} : { lastEndedAt }),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
  return { next: remembering(next, remembered, container, context), told };
}

function remembering(
  next: ContainerHistory,
  remembered: ContainerHistory | undefined,
  container: ContainerSnapshot,
  context: Context,
): ContainerHistory | undefined {
  if (!isWorthRemembering(next, container, context)) return undefined;
  return remembered !== undefined && isSameHistory(remembered, next) ? remembered : next;
}

/** What a container has been through before anybody looked: all of it known, none of it news. */
function baselineOf(container: ContainerSnapshot): ContainerHistory {
  const end = newestEnd(container);
  return {
    ...NOTHING,
    restartCount: container.restartCount,
    containerID: container.containerID,
    lastTermination: end === undefined ? undefined : identityOf(end),
    ...(end?.finishedAt === undefined ? {} : { lastEndedAt: end.finishedAt }),
  };
}

/** A container of which nothing is remembered had not restarted when it was last looked at. */
function beginningOf(container: ContainerSnapshot, before: Before): ContainerHistory {
  const previous = before.previous?.containers.find(({ name }) => name === container.name);
  return { ...NOTHING, containerID: previous?.containerID };
}

const NOTHING: ContainerHistory = {
  restartCount: 0,
  containerID: undefined,
  lastTermination: undefined,
  restarts: [],
  terminations: [],
  loopingSince: undefined,
  oomKilledAt: undefined,
};

/** The records of ends that were not known at the last look, oldest first. */
function freshEnds(known: ContainerHistory, container: ContainerSnapshot): readonly Termination[] {
  const { own, prior } = runEnds(container);
  const ends = [prior, own].filter((end) => end !== undefined);
  const told = ends.findLastIndex((end) => identityOf(end) === known.lastTermination);
  return ends.slice(told + 1).filter((end) => !isOlder(end.finishedAt, known.lastEndedAt));
}

function isOlder(at: Instant | undefined, than: Instant | undefined): boolean {
  return at !== undefined && than !== undefined && at < than;
}

function endOf(end: Termination): RunEnd {
  return { at: end.finishedAt, reason: end.reason, exitCode: end.exitCode };
}

/**
 * Whether an end is a crash: not the end that a container is meant to come to, nor that of a pod being deleted or
 * disrupted, nor one that restart rules or a changed image ask for. Running out of memory is none of these, ever.
 */
function isNews(end: Termination, container: ContainerSnapshot, pod: PodSnapshot, wanted: boolean): boolean {
  if (end.reason === "OOMKilled") return true;
  return !exitedNormally(pod, container, end) && !isBeingDeleted(pod) && !isBeingDisrupted(pod) && !wanted;
}

function isWanted(container: ContainerSnapshot, changedAt: Instant | undefined, now: Instant): boolean {
  return container.restartRules || isRecent(changedAt, now);
}

function isRecent(at: Instant | undefined, now: Instant): boolean {
  return at !== undefined && now - at < CAUSED_WITHIN;
}

function specChangedAt(known: ContainerHistory, container: ContainerSnapshot, { before, now, pod }: Context) {
  const previous = before.previous?.containers.find(({ name }) => name === container.name);
  if (previous !== undefined && previous.image !== container.image && !isBeingDeleted(pod)) return now;
  return isRecent(known.changedAt, now) ? known.changedAt : undefined;
}

/** The restarts since the last look, oldest first, each with the end of the run before it where that is known. */
function countRestarts(
  known: ContainerHistory,
  container: ContainerSnapshot,
  context: Context,
  changedAt: Instant | undefined,
): readonly Restart[] {
  const count = Math.min(restartsSince(known, container), MAX_RESTARTS_KEPT);
  if (count === 0) return [];
  if (context.trigger !== undefined && context.trigger !== container.name) return [];
  const { own, prior } = runEnds(container);
  const causes: (RunEnd | undefined)[] = new Array(count).fill(undefined);
  causes[0] = known.ended;
  if (prior !== undefined) causes[count - 1] = endOf(prior);

  const restarts: Restart[] = [];
  let latest = Math.min(startOfRun(container, own) ?? context.now, context.now);
  for (const cause of causes.reverse()) {
    latest = Math.min(cause?.at ?? latest, context.now);
    const planned = whyPlanned(cause, container, context, changedAt);
    restarts.unshift({
      at: latest,
      reason: cause?.reason,
      exitCode: cause?.exitCode,
      inferred: context.before.afterGap || cause?.at === undefined,
      ...(context.now > latest ? { seenAt: context.now } : {}),
      ...(planned === undefined ? {} : { planned }),
    });
  }
  return restarts;
}

/**
 * restartCount rises when the new container is made. It stays the same or falls when the node lost its state (core/v1
 * types.go): another container than before is then one restart at least, and the lower count the new baseline.
 */
function restartsSince(known: ContainerHistory, container: ContainerSnapshot): number {
  const rise = container.restartCount - known.restartCount;
  if (rise > 0) return rise;
  const isAnother =
    known.containerID !== undefined &&
    container.containerID !== undefined &&
    known.containerID !== container.containerID;
  return isAnother ? 1 : 0;
}

function startOfRun(container: ContainerSnapshot, own: Termination | undefined): Instant | undefined {
  return container.state.name === "running" ? container.state.startedAt : own?.startedAt;
}

function whyPlanned(
  cause: RunEnd | undefined,
  container: ContainerSnapshot,
  context: Context,
  changedAt: Instant | undefined,
): string | undefined {
  if (context.trigger === container.name) return "a restart rule restarted all containers of the pod";
  if (container.restartRules) return "the container has restart rules";
  if (container.type === "init" && cause?.exitCode === 0) return "the pod was started again";
  if (isRecent(changedAt, context.now)) return "its image was changed";
  return undefined;
}

/** The container that made all others restart (KEP-5532): the one that the condition's message names, else the first. */
function triggerOfFullRestart(
  pod: PodSnapshot,
  containers: readonly ContainerSnapshot[],
  now: Instant,
): string | undefined {
  const condition = pod.conditions.allContainersRestarting;
  if (condition === undefined) return undefined;
  const isNow = condition.since === undefined ? condition.status === "True" : isRecent(condition.since, now);
  if (!isNow) return undefined;
  const words = condition.message?.split(/[^a-z0-9-]+/) ?? [];
  return (containers.find(({ name }) => words.includes(name)) ?? containers[0])?.name;
}

function keep(restarts: readonly Restart[], policy: Policy, now: Instant): readonly Restart[] {
  return restarts.filter(({ at }) => at > now - policy.restartTimeframe).slice(-MAX_RESTARTS_KEPT);
}

/**
 * The crash-loop latch: open from CrashLoopBackOff, or three crashes close together, until the container has run without
 * a break for as long as the kubelet itself asks for, or has ended well. Attempts in between do not close it.
 */
function latchOf(
  known: ContainerHistory,
  container: ContainerSnapshot,
  told: readonly Termination[],
  { pod, policy, now }: Context,
): Pick<ContainerHistory, "terminations" | "loopingSince"> {
  if (isCured(container, pod, policy, now)) return { terminations: [], loopingSince: undefined };
  const crashes = isBeingDeleted(pod) ? [] : told;
  // A run that was long enough ended the loop, also when nobody looked at the time.
  const last = crashes.findLastIndex((end) => ranLongEnough(end, policy));
  const ends = crashes.slice(Math.max(last, 0)).map((end) => Math.min(end.finishedAt ?? now, now));
  const earlier = last === -1 ? known.terminations : [];
  const terminations = ends.length === 0 ? earlier : [...earlier, ...ends].filter((at) => at > now - LATCH_WINDOW);
  if (last === -1 && known.loopingSince !== undefined) return { terminations, loopingSince: known.loopingSince };
  const isLooping =
    (waitingReason(container) === "CrashLoopBackOff" && !isBeingDeleted(pod)) ||
    (ends.length > 0 && terminations.length >= LATCH_TERMINATIONS);
  return { terminations, loopingSince: isLooping ? (terminations.at(-1) ?? now) : undefined };
}

function ranLongEnough({ startedAt, finishedAt }: Termination, policy: Policy): boolean {
  return startedAt !== undefined && finishedAt !== undefined && finishedAt - startedAt >= policy.crashLoopStableAfter;
}

function isCured(container: ContainerSnapshot, pod: PodSnapshot, policy: Policy, now: Instant): boolean {
  const { state } = container;
  if (isOver(pod)) return true;
  if (state.name === "terminated") return exitedNormally(pod, container, state);
  const since = stableAt(container, policy);
  return since !== undefined && since <= now;
}

/** Memory follows trouble: a container that has never restarted or crashed needs none. */
function isWorthRemembering(history: ContainerHistory, container: ContainerSnapshot, { pod, now }: Context): boolean {
  if (history.restartCount > 0 || history.restarts.length > 0) return true;
  if (history.loopingSince !== undefined || history.changedAt !== undefined) return true;
  const end = newestEnd(container);
  return end !== undefined && isNews(end, container, pod, isWanted(container, history.changedAt, now));
}

function isSameHistory(a: ContainerHistory, b: ContainerHistory): boolean {
  return (
    a.restartCount === b.restartCount &&
    a.containerID === b.containerID &&
    a.lastTermination === b.lastTermination &&
    a.restarts === b.restarts &&
    a.terminations.length === b.terminations.length &&
    a.terminations.every((at, index) => at === b.terminations[index]) &&
    a.loopingSince === b.loopingSince &&
    a.oomKilledAt === b.oomKilledAt &&
    a.lastEndedAt === b.lastEndedAt &&
    a.changedAt === b.changedAt &&
    a.restored === b.restored &&
    (a.ended === undefined) === (b.ended === undefined)
  );
}
