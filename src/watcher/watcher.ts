/**
 * The loop: change → evaluate → commit → publish. Everything on the way in is synchronous and cheap, so that reading
 * from Kubernetes never waits; what must be kept is gathered and committed in batches, and only what is committed is
 * shown to those who tell people.
 */

import {
  evaluate,
  evaluateFindings,
  type PodObservation,
  type PriorState,
  type RemovalReason,
} from "../core/evaluate/evaluate.ts";
import type { Acknowledgement, Alert, Finding } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import { DAY, type Duration, type Instant, SECOND } from "../core/model/time.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { NamespaceHealth, PodChange, PodSink, PodSource } from "../ports/pods.ts";
import type { AlertStore, StoredState, TerminationCount } from "../ports/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WatcherEvents } from "../telemetry/watcher-events.ts";
import { createBatchWriter } from "./batch-writer.ts";
import { AT_ONCE, createDelayQueue } from "./delay-queue.ts";
import { createDowntimeGaps } from "./downtime-gaps.ts";
import { createTerminationCounts } from "./termination-counts.ts";
import { createWorkloadIndex, keyOfWorkload } from "./workload-index.ts";

export interface WatcherOptions {
  readonly clock: Clock;
  readonly source: PodSource;
  readonly store: Pick<AlertStore, "load" | "commit">;
  readonly logger: Logger;
  readonly events: WatcherEvents;
  /** The rules in force for a pod of this namespace with these `pod-watcher.io/` annotations. */
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  /** What is wrong with a namespace's watch, as findings; and when time alone will change that. */
  readonly inspectNamespace: (health: NamespaceHealth, policy: Policy, now: Instant) => NamespaceInspection;
}

export interface NamespaceInspection {
  /** Undefined while nothing can be said either way: what is open stays so. */
  readonly findings: readonly Finding[] | undefined;
  readonly reevaluateAt: Instant | undefined;
}

export interface Watcher extends LiveState, AsyncDisposable {
  /** Loads what is remembered and starts watching; resolves when the first changes may come. */
  start(): Promise<void>;
  /** Records who took an alert, or takes that back; resolves once committed, with undefined when there is no such alert. */
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Promise<Alert | undefined>;
  /** Findings that come from elsewhere than a pod's status, all that `source` has at present. */
  report(source: string, namespace: string, findings: readonly Finding[]): void;
  /**
   * These are the namespaces to watch now: what is remembered of any other, from before a restart, is over. To be told
   * after the pod source, which takes leave of those it has pods of.
   */
  watching(namespaces: readonly string[]): void;
  /** Once started: the namespaces that were watched before, or of which something is still open. */
  remembered(): readonly string[];
  /** Drops what was resolved before this moment and is no longer in the store, which alone keeps history. */
  forgetResolved(before: Instant, isGone: (alert: Alert) => Promise<boolean>): Promise<void>;
  /** The rules have changed: looks at every pod and namespace once more. */
  reevaluate(): void;
  /** Resolves when everything seen so far is committed, or rejects with why it cannot be. */
  settled(): Promise<void>;
  /** Why the last commit failed; undefined when it succeeded. */
  commitProblem(): string | undefined;
}

/** How often the far end of a possible gap is written down: a restart guesses at most this much too long a gap. */
const CONFIRM_INTERVAL: Duration = 30 * SECOND;
/** What was complete within this time of the last word before a stop was being watched then. */
const LATELY: Duration = DAY;

export function createWatcher(options: WatcherOptions): Watcher {
  const { clock, source, store, logger, events } = options;

  const histories = new Map<string, PodHistory>();
  const workloads = new Map<string, WorkloadHistory>();
  /** The newest episode by fingerprint, as evaluated; `commits.alerts` follows when it is safe on disk. */
  const working = new Map<string, Alert>();
  const openBySource = new Map<string, Set<string>>();
  const terminations = createTerminationCounts();

  /** Until when each namespace's picture was complete before the gap that its next sync ends. */
  const gapFrom = new Map<string, Instant>();
  const blind = new Set<string>();
  /** By namespace, the deadlines that came while it was blind: they are met when it can be seen again. */
  const postponed = new Map<string, Set<string>>();

  /** Pods that are gone while an alert of theirs is kept firing for a while, by `keyOfPod`. */
  const removed = new Map<string, Extract<PodObservation, { type: "removed" }>>();
  /** What was reported from elsewhere, by origin, as long as time alone may still change what became of it. */
  const reported = new Map<string, { readonly namespace: string; readonly findings: readonly Finding[] }>();
  /** Namespaces of which something is known from before: what their pods bring is news. */
  const familiar = new Set<string>();

  const workloadPods = createWorkloadIndex();
  const absence = createDowntimeGaps();

  const due = createDelayQueue({ clock, meet, failed: events.evaluationFailed });
  let confirmTimer: Timer | undefined;

  const commits = createBatchWriter({ clock, store, logger, events });

  // ─── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────

  function look(seen: PodObservation): void {
    const { pod } = seen;
    const now = clock.now();
    const policy = options.policyFor(pod.namespace, pod.annotations);
    const workloadKey = keyOfWorkload(pod.namespace, pod.workload);
    const known = histories.get(pod.uid);
    const knownWorkload = workloads.get(workloadKey);
    const evaluation = evaluate(knownOf(pod), seen, policy, now);
    if (evaluation.pod !== known) {
      if (evaluation.pod === undefined) histories.delete(pod.uid);
      else histories.set(pod.uid, evaluation.pod);
      commits.pending.pod(pod.uid, evaluation.pod);
    }
    if (evaluation.workload !== knownWorkload) {
      if (evaluation.workload === undefined) workloads.delete(workloadKey);
      else workloads.set(workloadKey, evaluation.workload);
      commits.pending.workload(workloadKey, evaluation.workload);
    }
    for (const { container, termination } of evaluation.terminations) {
      countTermination({
        namespace: pod.namespace,
        workload: `${pod.workload.kind}/${pod.workload.name}`,
        container,
        reason: termination.reason ?? "Unknown",
        count: 1,
      });
    }
    take(evaluation);
    const key = keyOfPod(pod);
    due.set(key, evaluation.reevaluateAt);
    if (seen.type === "removed" && evaluation.reevaluateAt !== undefined) removed.set(key, seen);
    else removed.delete(key);
    commits.changedPod(pod);
  }

  function knownOf(pod: PodSnapshot): PriorState {
    return {
      pod: histories.get(pod.uid),
      workload: workloads.get(keyOfWorkload(pod.namespace, pod.workload)),
      alert: (fingerprint) => working.get(fingerprint),
      alerts: openAlertsOf(pod.uid),
      siblings: () => workloadPods.of(pod.namespace, pod.workload),
    };
  }

  function inspect(health: NamespaceHealth): void {
    const now = clock.now();
    const policy = options.policyFor(health.namespace, undefined);
    const inspection = options.inspectNamespace(health, policy, now);
    const next =
      inspection.findings && reconcile(sourceOfNamespace(health.namespace), inspection.findings, policy, now);
    reported.delete(sourceOfNamespace(health.namespace));
    due.set(sourceOfNamespace(health.namespace), earlier(inspection.reevaluateAt, next));
    commits.changedNamespace(health.namespace);
  }

  function report(origin: string, namespace: string, findings: readonly Finding[]): void {
    const next = reconcile(origin, findings, options.policyFor(namespace, undefined), clock.now());
    if (next === undefined) reported.delete(origin);
    else reported.set(origin, { namespace, findings });
    due.set(origin, next);
    commits.changedNamespace(namespace);
  }

  function reconcile(origin: string, findings: readonly Finding[], policy: Policy, now: Instant): Instant | undefined {
    const evaluation = evaluateFindings(
      { alert: (fingerprint) => working.get(fingerprint), alerts: openAlertsOf(origin) },
      origin,
      findings,
      policy,
      now,
    );
    take(evaluation);
    return evaluation.reevaluateAt;
  }

  function take(evaluation: Pick<ReturnType<typeof evaluate>, "alerts" | "forgotten" | "transitions">): void {
    for (const alert of evaluation.forgotten) {
      index(alert, undefined);
      working.delete(alert.fingerprint);
      commits.pending.forget(alert);
    }
    for (const alert of evaluation.alerts) {
      index(working.get(alert.fingerprint), alert);
      working.set(alert.fingerprint, alert);
      commits.pending.alert(alert);
    }
    for (const transition of evaluation.transitions) {
      commits.pending.transition(transition);
      events.alertChanged(transition);
    }
  }

  function index(before: Alert | undefined, after: Alert | undefined): void {
    for (const origin of before?.sources ?? []) {
      const open = openBySource.get(origin);
      open?.delete(before!.fingerprint);
      if (open?.size === 0) openBySource.delete(origin);
    }
    if (after === undefined || after.state.name === "resolved") return;
    for (const origin of after.sources) {
      const open = openBySource.get(origin);
      if (open === undefined) openBySource.set(origin, new Set([after.fingerprint]));
      else open.add(after.fingerprint);
    }
  }

  function openAlertsOf(origin: string): Alert[] {
    return [...(openBySource.get(origin) ?? [])].map((fingerprint) => working.get(fingerprint)!);
  }

  function countTermination(count: TerminationCount): void {
    commits.pending.termination(terminations.add(count));
  }

  // ─── What the pod source tells ─────────────────────────────────────────────────────────────────────────────────

  const sink: PodSink = {
    changed(change: PodChange): void {
      if (change.type === "removed") {
        workloadPods.gone(change.pod);
        look(change);
        return;
      }
      const { pod, previous } = change;
      workloadPods.seen(pod, previous);
      const resumedFrom = gapFrom.get(pod.namespace);
      look({
        type: "updated",
        pod,
        baseline: !familiar.has(pod.namespace),
        ...(resumedFrom !== undefined && { resumedFrom }),
        ...(previous !== undefined && { previous }),
        ...(change.rolledBack && { rolledBack: true }),
      });
    },

    synced(namespace: string): void {
      familiar.add(namespace);
      gapFrom.delete(namespace);
      absence.over(namespace, clock.now());
      blind.delete(namespace);
      closeAbsent(namespace, "missing");
      resume(namespace);
      commits.pending.confirmed(namespace, clock.now());
      events.synced(namespace);
      inspectByName(namespace);
    },

    healthChanged(health: NamespaceHealth): void {
      if (health.syncedSince === undefined) {
        blind.add(health.namespace);
        if (health.lastSyncedAt !== undefined && !gapFrom.has(health.namespace)) {
          gapFrom.set(health.namespace, health.lastSyncedAt);
        }
      } else {
        gapFrom.delete(health.namespace);
        blind.delete(health.namespace);
        resume(health.namespace);
      }
      inspect(health);
    },

    unwatched: abandon,
  };

  /** Nothing more will be known of a namespace: whatever is open there is over. */
  function abandon(namespace: string): void {
    for (const known of [gapFrom, blind, familiar]) known.delete(namespace);
    commits.pending.confirmed(namespace, undefined);
    absence.forget(namespace);
    resume(namespace);
    closeAbsent(namespace, "unwatched");
    due.set(sourceOfNamespace(namespace), undefined);
    for (const [origin, fingerprints] of [...openBySource]) {
      if (isPod(origin)) continue;
      const alert = working.get([...fingerprints][0]!);
      if (alert?.labels.namespace === namespace) report(origin, namespace, []);
    }
    commits.changedNamespace(namespace);
  }

  /** Pods that are remembered but not there, when the picture is complete or nothing more will be seen of them. */
  function closeAbsent(namespace: string, reason: RemovalReason): void {
    for (const { uid, namespace: where, pod } of histories.values()) {
      if (where === namespace && source.pod(namespace, pod)?.uid !== uid)
        closeSoon(tombstone(uid, namespace, pod), reason);
    }
    for (const [origin, fingerprints] of openBySource) {
      if (!isPod(origin) || histories.has(origin)) continue;
      const alert = working.get([...fingerprints][0]!);
      if (alert?.labels.namespace !== namespace || takesPart(alert, origin)) continue;
      closeSoon(tombstone(origin, namespace, alert.labels.pod ?? ""), reason);
    }
  }

  /** Whether the pod that an alert came from is still there: the labels of a workload's alert do not name it. */
  function takesPart({ labels, subject }: Alert, uid: string): boolean {
    const { namespace, pod: name = subject.pod } = labels;
    if (name !== undefined && source.pod(namespace, name)?.uid === uid) return true;
    if (subject.workload === undefined) return false;
    return workloadPods.of(namespace, subject.workload).some((pod) => pod.uid === uid);
  }

  /** Not at once, for there may be many. Should the pod turn up before, it is no longer removed. */
  function closeSoon(pod: PodSnapshot, reason: RemovalReason): void {
    const key = keyOfPod(pod);
    if (removed.has(key)) return;
    removed.set(key, { type: "removed", pod, reason });
    due.set(key, AT_ONCE);
  }

  /** Time alone may have changed the answer: the same state is looked at once more. */
  function reevaluate(key: string): void {
    const gone = removed.get(key);
    if (gone !== undefined) {
      // What its last state shows must not be found again, or its alerts would be kept firing anew with every look.
      look({ ...gone, pod: remains(gone.pod, clock.now()) });
      return;
    }
    const [namespace, name, uid] = key.split("/");
    const pod = source.pod(namespace!, name!);
    if (pod !== undefined && pod.uid === uid) look({ type: "updated", pod, previous: pod });
  }

  function inspectByName(namespace: string): void {
    const health = source.health().find((entry) => entry.namespace === namespace);
    if (health !== undefined) inspect(health);
  }

  // ─── PriorityQueue ─────────────────────────────────────────────────────────────────────────────────────────────────

  function meet(key: string): void {
    const told = reported.get(key);
    if (told === undefined && key.startsWith(NAMESPACE_SOURCE)) {
      inspectByName(key.slice(NAMESPACE_SOURCE.length));
      return;
    }
    const namespace = told?.namespace ?? key.slice(0, key.indexOf("/"));
    // Time alone must neither resolve nor fire what cannot be seen: staleness is not recovery.
    if (blind.has(namespace)) {
      const waiting = postponed.get(namespace) ?? new Set();
      postponed.set(namespace, waiting.add(key));
    } else if (told !== undefined) {
      report(key, namespace, told.findings);
    } else {
      reevaluate(key);
    }
  }

  /** The namespace can be seen again: what was put off meanwhile is due. */
  function resume(namespace: string): void {
    for (const key of postponed.get(namespace) ?? []) due.set(key, AT_ONCE);
    postponed.delete(namespace);
  }

  // ─── Remembering ───────────────────────────────────────────────────────────────────────────────────────────────

  function confirmLiveNamespaces(): void {
    for (const health of source.health()) {
      if (health.lastSyncedAt !== undefined) commits.pending.confirmed(health.namespace, health.lastSyncedAt);
    }
    commits.soon();
    confirmTimer = clock.after(CONFIRM_INTERVAL, confirmLiveNamespaces);
  }

  function recall(remembered: StoredState): void {
    for (const history of remembered.pods) histories.set(history.uid, history);
    for (const workload of remembered.workloads) {
      workloads.set(`${workload.namespace}/${workload.kind}/${workload.name}`, workload);
    }
    for (const alert of remembered.alerts) {
      working.set(alert.fingerprint, alert);
      commits.alerts.set(alert.fingerprint, alert);
      index(undefined, alert);
    }
    for (const count of remembered.terminations) terminations.add(count);
    for (const [namespace, at] of remembered.confirmed) {
      gapFrom.set(namespace, at);
      absence.since(namespace, at);
      familiar.add(namespace);
    }
  }

  /** Of which something is remembered that would have to be brought to its end. */
  function troubled(): Set<string> {
    const namespaces = new Set([...histories.values()].map((history) => history.namespace));
    for (const fingerprints of openBySource.values()) {
      for (const fingerprint of fingerprints) namespaces.add(working.get(fingerprint)!.labels.namespace);
    }
    return namespaces;
  }

  return {
    async start() {
      recall(await store.load());
      source.start(sink);
      confirmTimer = clock.after(CONFIRM_INTERVAL, confirmLiveNamespaces);
    },

    async acknowledge(fingerprint, acknowledgement) {
      const alert = working.get(fingerprint);
      if (alert === undefined || alert.state.name === "resolved") return undefined;
      const { acknowledgement: _, ...rest } = alert;
      const next: Alert = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
      working.set(fingerprint, next);
      commits.pending.alert(next);
      await commits.settled();
      return next;
    },

    report,

    watching(namespaces) {
      const now = new Set(namespaces);
      for (const namespace of troubled().union(familiar)) if (!now.has(namespace)) abandon(namespace);
    },

    remembered() {
      const last = Math.max(...gapFrom.values());
      const watched = [...gapFrom].filter(([, lastSyncedAt]) => lastSyncedAt > last - LATELY).map(([name]) => name);
      return [...troubled().union(new Set(watched))].sort();
    },

    async forgetResolved(before, isGone) {
      for (const alert of [...working.values()]) {
        if (alert.state.name !== "resolved" || alert.state.resolvedAt >= before || !(await isGone(alert))) continue;
        if (working.get(alert.fingerprint) !== alert) continue;
        working.delete(alert.fingerprint);
        commits.alerts.delete(alert.fingerprint);
      }
    },

    reevaluate() {
      for (const { namespace } of source.health()) {
        due.set(sourceOfNamespace(namespace), AT_ONCE);
        for (const pod of source.pods(namespace)) due.set(keyOfPod(pod), AT_ONCE);
      }
    },

    settled: commits.settled,
    commitProblem: commits.problem,

    source: { ...source, health: () => source.health().map(absence.withGap) },
    history: (uid) => histories.get(uid),
    alerts: () => commits.alerts.values(),
    alert: (fingerprint) => commits.alerts.get(fingerprint),
    alertsOf: (uid) =>
      [...(openBySource.get(uid) ?? [])].flatMap((fingerprint) => commits.alerts.get(fingerprint) ?? []),
    podsOf: workloadPods.of,
    known: knownOf,
    terminations: terminations.all,
    subscribe: commits.subscribe,

    async [Symbol.asyncDispose]() {
      due[Symbol.dispose]();
      confirmTimer?.cancel();
      for (const health of source.health()) {
        if (health.lastSyncedAt !== undefined) commits.pending.confirmed(health.namespace, health.lastSyncedAt);
      }
      commits.stop();
      try {
        await commits.settled();
      } catch (error) {
        events.commitFailed(error);
      }
    },
  };
}

const NAMESPACE_SOURCE = "namespace:";

function sourceOfNamespace(namespace: string): string {
  return `${NAMESPACE_SOURCE}${namespace}`;
}

/** Names a pod so that it can be found without a search: neither name can hold a slash (RFC 1123). */
function keyOfPod(pod: PodSnapshot): string {
  return `${pod.namespace}/${pod.name}/${pod.uid}`;
}

/** Alerts come from pods, by UID, and from elsewhere, named with a colon. */
function isPod(origin: string): boolean {
  return !origin.includes(":");
}

function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

/**
 * What is left of a pod that is gone, whose last state has been told of. Without an owner it does not count as replaced
 * once more, and it is not stuck in its deletion.
 */
function remains({ uid, namespace, name, workload, annotations }: PodSnapshot, now: Instant): PodSnapshot {
  return { ...tombstone(uid, namespace, name), workload, annotations, deletionAt: now };
}

/** What is left to say of a pod of which only the name is remembered. */
function tombstone(uid: string, namespace: string, name: string): PodSnapshot {
  return {
    uid,
    namespace,
    name,
    resourceVersion: "",
    createdAt: 0,
    deletionAt: undefined,
    owner: undefined,
    workload: { kind: "Pod", name },
    node: undefined,
    restartPolicy: "Always",
    phase: "Unknown",
    reason: undefined,
    message: undefined,
    startedAt: undefined,
    conditions: {
      ready: undefined,
      scheduled: undefined,
      initialized: undefined,
      disruption: undefined,
      allContainersRestarting: undefined,
    },
    annotations: undefined,
    containers: [],
  };
}
