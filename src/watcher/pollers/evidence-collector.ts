import pLimit from "p-limit";
import { keyEvents } from "../../core/detect/key-evidence.ts";
import type { Alert, Alertname, KeyEvidence } from "../../core/model/alert.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence, EvidenceSnapshot, EvidenceStore, KubernetesObject, Sibling } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { errorMessage } from "../../util/error-message.ts";
import type { Watcher } from "../watcher.ts";
import { type LastRun, lastRunIn, lastRunOf } from "./last-run.ts";

export interface EvidenceCollectorOptions {
  readonly live: Pick<LiveState, "alerts" | "podsOf" | "subscribe">;
  readonly evidence: Evidence;
  readonly store: EvidenceStore;
  readonly addEvidence: Watcher["addEvidence"];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EvidenceCollector extends Disposable {
  /** Resolves when the evidence of these alerts has been collected and committed, or could not be. */
  collected(alerts: readonly Alert[]): Promise<void>;
}

/** When many alerts fire together, the first ones are representative. The page reads evidence of others on demand. */
const MAX_QUEUED = 300;
const CONCURRENCY = 2;
const MAX_EVENTS = 50;
const LOG_LINES = 100;
/** Characters at the end of the log that are kept with the alert, for its description. */
const KEY_LOG = 4_000;
const MAX_SIBLINGS = 50;

/** Alerts about pods in which no container has run. */
const WITHOUT_LOG: ReadonlySet<Alertname> = new Set(["PodImagePullFailing", "PodUnschedulable", "PodPendingTooLong"]);

const keyOf = ({ fingerprint, episode }: Alert) => `${fingerprint}.${episode}`;

/**
 * Collects the evidence of every alert once, after its firing was committed: events, the end of the log, the pod and its
 * siblings. What cannot be read becomes a note; evidence never delays an alert. The key evidence is added to the alert, so
 * that it says why. Disposing abandons running requests.
 */
export function collectEvidence(options: EvidenceCollectorOptions): EvidenceCollector {
  const { live, evidence, store, clock, logger } = options;
  const collected = new Set<string>();
  const collecting = new Map<string, Promise<void>>();
  const limit = pLimit(CONCURRENCY);
  let isStopped = false;

  function enqueue(alert: Alert): void {
    const key = keyOf(alert);
    if (alert.state.name === "resolved") collected.delete(key);
    if (alert.state.name !== "firing" || collected.has(key) || limit.pendingCount >= MAX_QUEUED) return;
    collected.add(key);
    const collection = limit(async () => {
      try {
        await collect(alert);
      } catch (error) {
        logger.warn(
          { event: "evidence_not_stored", ...alert.labels, err: error },
          "The evidence of an alert was not stored.",
        );
      } finally {
        collecting.delete(key);
      }
    });
    collecting.set(key, collection);
  }

  async function collect(alert: Alert): Promise<void> {
    if (isStopped || alert.evidence !== undefined) return;
    let snapshot = await store.get(alert);
    if (snapshot === undefined && !isStopped) {
      snapshot = await takeSnapshot(alert);
      if (!isStopped) await store.put(alert, snapshot);
    }
    const key = snapshot && keyEvidenceOf(alert, snapshot);
    if (key !== undefined && !isStopped) await options.addEvidence(alert, key);
  }

  async function takeSnapshot(alert: Alert): Promise<EvidenceSnapshot> {
    const { namespace } = alert.labels;
    // The alert of a Job covers all its pods; `subject.pod` is the one that failed.
    const name = alert.labels.pod ?? alert.subject.pod;
    const takenAt = clock.now();
    const siblings = siblingsOf(alert);
    if (name === undefined) {
      return { takenAt, events: [], log: undefined, pod: undefined, siblings, notes: [] };
    }
    const notes: string[] = [];
    const note = (what: string) => (error: unknown) => {
      notes.push(`${what}: ${errorMessage(error)}`);
      return [];
    };
    const uid = alert.subject.podUid;
    const podAndLog = async () => {
      const pods = await evidence.pods(namespace, name).catch(note("The pod could not be read"));
      const pod = pods.find(
        ({ metadata }) => uid === undefined || (metadata as { uid?: unknown } | undefined)?.uid === uid,
      );
      return { pod, ...(await readLog(alert, namespace, name, pod)) };
    };
    const [events, { pod, log, run }] = await Promise.all([
      evidence.events(namespace, uid === undefined ? { name } : { name, uid }).catch(note("No events")),
      podAndLog(),
    ]);
    if (log?.available === false) notes.push(`No log: ${log.reason}`);
    return {
      takenAt,
      events: events.slice(0, MAX_EVENTS),
      log,
      ...(run !== undefined && { run }),
      pod,
      siblings,
      notes,
    };
  }

  /** The log of the last run that ended; of the current one when there is no such log. */
  async function readLog(
    { labels, subject }: Alert,
    namespace: string,
    podName: string,
    pod: KubernetesObject | undefined,
  ): Promise<Pick<EvidenceSnapshot, "log" | "run">> {
    const container = labels.container ?? subject.container?.name;
    if (container === undefined || WITHOUT_LOG.has(labels.alertname)) return { log: undefined };
    const { run, isPrevious }: LastRun = lastRunIn(pod, container) ?? lastRunOf(subject.container);
    const read = (previous: boolean) => evidence.log(namespace, podName, container, { tailLines: LOG_LINES, previous });
    const ofRun = await read(isPrevious);
    if (ofRun.available || !isPrevious) return { log: ofRun, ...(run !== undefined && { run }) };
    const current = await read(false);
    // The run is known, but this is not its log.
    return current.available ? { log: current } : { log: ofRun, ...(run !== undefined && { run }) };
  }

  function siblingsOf({ labels, subject }: Alert): Sibling[] {
    const { workload } = subject;
    if (workload === undefined || workload.kind === "Pod") return [];
    return live
      .podsOf(labels.namespace, workload)
      .filter(({ uid }) => uid !== subject.podUid)
      .slice(0, MAX_SIBLINGS)
      .map(toSibling);
  }

  for (const alert of live.alerts()) enqueue(alert);
  const subscription = live.subscribe(({ alerts }) => {
    for (const alert of alerts) enqueue(alert);
  });
  return {
    async collected(alerts) {
      await Promise.all(alerts.map((alert) => collecting.get(keyOf(alert))));
    },
    [Symbol.dispose]: () => {
      isStopped = true;
      limit.clearQueue();
      subscription[Symbol.dispose]();
    },
  };
}

function keyEvidenceOf({ subject }: Alert, { events, log, run, pod }: EvidenceSnapshot): KeyEvidence | undefined {
  const { podUid } = subject;
  if (podUid === undefined) return undefined;
  const { finalizers } = (pod?.metadata ?? {}) as { readonly finalizers?: unknown };
  return {
    podUid,
    events: keyEvents(events, podUid),
    finalizers: Array.isArray(finalizers) ? finalizers.filter((name) => typeof name === "string") : [],
    ...(run !== undefined && { run }),
    ...(run !== undefined && log?.available === true && { log: lastLines(log.lines) }),
  };
}

/** The first line of a cut log is incomplete. */
function lastLines(lines: readonly string[]): readonly string[] {
  const log = lines.join("\n");
  const kept = log.slice(-KEY_LOG).split("\n");
  return log.length > KEY_LOG && kept.length > 1 ? kept.slice(1) : kept;
}

function toSibling(pod: PodSnapshot): Sibling {
  return {
    pod: pod.name,
    node: pod.node,
    phase: pod.phase,
    isReady: pod.conditions.ready?.status === "True",
    restarts: pod.containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    createdAt: pod.createdAt,
    images: pod.containers.map(({ image }) => image),
  };
}
