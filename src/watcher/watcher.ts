/**
 * The main loop: change → evaluate → commit → publish. Receiving and evaluating a change is synchronous and fast, so
 * that watch events never wait. Results are committed in batches; only committed alerts are published.
 */

import type { Acknowledgement, Alert, Finding, KeyEvidence } from "../core/model/alert.ts";
import type { PodHistory } from "../core/model/history.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import { type Duration, type Instant, SECOND } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { JobReader } from "../ports/jobs.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { NamespaceHealth, PodSink, PodSource } from "../ports/pods.ts";
import type { AlertStore } from "../ports/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WatcherEvents } from "../telemetry/watcher-events.ts";
import { repeat } from "../util/repeat.ts";
import { createBatchWriter } from "./batch-writer.ts";
import { CLUSTER_SOURCE, createClusterFindings } from "./cluster-findings.ts";
import { createDelayQueue, type DelayQueue, IMMEDIATELY } from "./delay-queue.ts";
import { createEvaluatedAlerts } from "./evaluated-alerts.ts";
import { createJobTracking } from "./job-tracking.ts";
import { createNamespaceTracking, type NamespaceTracking } from "./namespace-tracking.ts";
import { createPodEvaluation, keyOfPod } from "./pod-evaluation.ts";
import {
  createReportedFindings,
  type InspectNamespace,
  namespaceOfSource,
  sourceOfNamespace,
} from "./reported-findings.ts";

export interface WatcherOptions {
  readonly clock: Clock;
  readonly source: PodSource;
  readonly store: Pick<AlertStore, "load" | "commit">;
  readonly logger: Logger;
  readonly events: WatcherEvents;
  /** The policy for a pod of this namespace with these `pod-watcher.io/` annotations. */
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  readonly inspectNamespace: InspectNamespace;
  /** The namespace of our credentials, which is the one that alerts about the cluster name. */
  readonly ownNamespace?: string | undefined;
  /** `incidents.join`, 30 min by default. */
  readonly incidentJoin?: () => Duration;
  /** Our clock minus the API server's; undefined while unknown. */
  readonly clockSkew?: () => Duration | undefined;
  /** Undefined: failed pods of Jobs are judged without their Job. */
  readonly jobs?: JobReader;
}

export interface Watcher extends LiveState, AsyncDisposable {
  /** Loads the stored state and starts the pod source. */
  start(): Promise<void>;
  /** Sets or removes an acknowledgement. Resolves once committed; undefined when there is no such open alert. */
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Promise<Alert | undefined>;
  /**
   * Adds what was collected after an alert fired, and describes the failure with it. Resolves when that is committed, or
   * cannot be: the evidence is then lost, the alert is not.
   */
  addEvidence(alert: Alert, evidence: KeyEvidence): Promise<void>;
  /** Replaces all findings of a source other than a pod. Its name contains a colon. */
  report(source: string, namespace: string, findings: readonly Finding[]): void;
  /**
   * Clears the alerts of every namespace that is not in this list, also those from before a restart. Call it after the
   * pod source has changed its namespaces: the pod source reports the pods of those it leaves.
   */
  namespacesChanged(namespaces: readonly string[]): void;
  /** After `start`: the namespaces that were watched at shutdown or have stored state to resolve. */
  previousNamespaces(): readonly string[];
  /** Removes alerts from memory that were resolved before this time and pruned from the store. */
  evictResolved(before: Instant, isPruned: (alert: Alert) => Promise<boolean>): Promise<void>;
  /** Evaluates every pod and namespace again after a change of policy. */
  reevaluate(): void;
  /** Resolves when everything seen so far is committed. Rejects with the reason when it cannot be. */
  settled(): Promise<void>;
  /** Why the last commit failed; undefined when it succeeded. */
  commitProblem(): string | undefined;
}

const CHECKPOINT_INTERVAL: Duration = 30 * SECOND;

export function createWatcher(options: WatcherOptions): Watcher {
  const { clock, source, store, events, policyFor, inspectNamespace, ownNamespace } = options;
  const writer = createBatchWriter(options);
  const alerts = createEvaluatedAlerts(writer, events, { now: clock.now, join: options.incidentJoin });
  const delays = createDelayQueue({ clock, process, failed: events.evaluationFailed });
  const namespaces = createNamespaceTracking(clock, writer, delays);
  const jobAccess = (namespace: string) => jobs?.accessOf(namespace);
  const pods = createPodEvaluation({ ...options, writer, alerts, delays, jobAccess });
  const inspect = { inspectNamespace, inspectCluster: (health: NamespaceHealth) => cluster.inspect(health) };
  const findings = createReportedFindings({ clock, source, policyFor, ...inspect, writer, alerts, delays });
  const cluster = createClusterFindings({ clock, source, policyFor, ownNamespace, report: findings.report, delays });
  const jobs =
    options.jobs &&
    createJobTracking({
      ...{ clock, jobs: options.jobs, alerts, policyFor, logger: options.logger, failed: events.evaluationFailed },
      ...{ podsOf: pods.podsOf, report: findings.report, accessChanged: reevaluateJobPods(source, delays) },
    });
  let checkpoints: AsyncDisposable | undefined;
  const sink: PodSink = {
    changed(change) {
      const { pod } = change;
      const context = namespaces.contextOf(pod.namespace);
      pods.changed(change, context);
      jobs?.changed(change);
      // Whether a failed pod was replaced is known when all pods are.
      if (context.listing && pod.phase === "Failed") namespaces.defer(pod.namespace, keyOfPod(pod));
    },
    synced(namespace) {
      namespaces.synced(namespace);
      pods.closeAbsent(namespace, "missing");
      events.synced(namespace);
      findings.inspectByName(namespace);
      jobs?.synced(namespace);
    },
    healthChanged(health) {
      namespaces.healthChanged(health);
      findings.inspect(health);
    },
    unwatched,
  };

  function unwatched(namespace: string): void {
    namespaces.unwatched(namespace);
    jobs?.unwatched(namespace);
    pods.closeAbsent(namespace, "unwatched");
    findings.close(namespace);
    cluster.unwatched(namespace);
  }

  /** Evaluates the pod or source with this key at its deadline. */
  function process(key: string): void {
    if (key === CLUSTER_SOURCE) {
      cluster.reevaluate();
      // It may be kept firing.
      findings.reevaluate(key);
      return;
    }
    const reportedFor = findings.namespaceOf(key);
    const inspected = namespaceOfSource(key);
    const namespace = reportedFor ?? key.slice(0, key.indexOf("/"));
    if (reportedFor === undefined && inspected !== undefined) findings.inspectByName(inspected);
    else if (!namespaces.isSynced(namespace)) namespaces.defer(namespace, key);
    else if (reportedFor !== undefined) findings.reevaluate(key);
    else pods.reevaluate(key);
  }

  return {
    async start() {
      const stored = await store.load();
      pods.load(stored);
      alerts.load(stored.alerts);
      namespaces.load(stored.checkpoints);
      source.start(sink);
      checkpoints = repeat(clock, { every: CHECKPOINT_INTERVAL }, () => {
        namespaces.checkpoint(source.health());
        writer.schedule();
      });
    },

    async acknowledge(fingerprint, acknowledgement) {
      const alert = alerts.acknowledge(fingerprint, acknowledgement);
      if (alert !== undefined) await writer.settled();
      return alert;
    },

    async addEvidence(alert, evidence) {
      const { namespace, pod: name = alert.subject.pod } = alert.labels;
      if (!alerts.addEvidence(alert, evidence) || name === undefined) return;
      process(keyOfPod({ namespace, name, uid: evidence.podUid }));
      jobs?.describe(alert, evidence);
      await writer.settled().catch(() => {});
    },

    report: findings.report,

    namespacesChanged(names) {
      const gone = namespacesIn(pods.histories(), alerts.open())
        .union(new Set(namespaces.baselined()))
        .difference(new Set(names));
      for (const namespace of gone) unwatched(namespace);
    },

    previousNamespaces: () =>
      [...namespacesIn(pods.histories(), alerts.open()).union(new Set(namespaces.watchedBefore()))].sort(),

    evictResolved: alerts.evictResolved,

    reevaluate() {
      jobs?.reevaluate();
      reevaluateAll(source, delays);
    },

    settled: writer.settled,
    commitProblem: writer.problem,

    source: withDowntime(source, namespaces),
    syncProgress: () => ({ watched: source.namespaces().length, settled: namespaces.settled() }),
    history: pods.history,
    alerts: () => writer.alerts.values(),
    alert: (fingerprint) => writer.alerts.get(fingerprint),
    alertsOf: (uid) => alerts.openOf(uid).flatMap(({ fingerprint }) => writer.alerts.get(fingerprint) ?? []),
    podsOf: pods.podsOf,
    priorState: pods.priorState,
    ...{ terminations: pods.terminations, skewedNodes: pods.skewedNodes },
    subscribe: writer.subscribe,

    async [Symbol.asyncDispose]() {
      delays[Symbol.dispose]();
      jobs?.[Symbol.dispose]();
      await checkpoints?.[Symbol.asyncDispose]();
      namespaces.checkpoint(source.health());
      writer.stop();
      try {
        await writer.settled();
      } catch (error) {
        events.commitFailed(error);
      }
    },
  };
}

/** The namespaces of pods with histories, and of open alerts. */
function namespacesIn(histories: Iterable<PodHistory>, open: Iterable<Alert>): Set<string> {
  const failing = Array.from(open, ({ labels }) => labels.namespace);
  return new Set([...Array.from(histories, ({ namespace }) => namespace), ...failing]);
}

function reevaluateAll(source: PodSource, delays: DelayQueue): void {
  delays.set(CLUSTER_SOURCE, IMMEDIATELY);
  for (const namespace of source.namespaces()) {
    delays.set(sourceOfNamespace(namespace), IMMEDIATELY);
    for (const pod of source.pods(namespace)) delays.set(keyOfPod(pod), IMMEDIATELY);
  }
}

function reevaluateJobPods(source: PodSource, delays: DelayQueue) {
  return (namespace: string) => {
    for (const pod of source.pods(namespace)) {
      if (pod.phase === "Failed" && pod.owner?.kind === "Job") delays.set(keyOfPod(pod), IMMEDIATELY);
    }
  };
}

/** The source with our own downtime among the gaps of each namespace. */
function withDowntime(source: PodSource, namespaces: NamespaceTracking): PodSource {
  return {
    ...source,
    health: () => source.health().map(namespaces.withDowntime),
    healthOf: (namespace) => {
      const health = source.healthOf(namespace);
      return health && namespaces.withDowntime(health);
    },
  };
}
