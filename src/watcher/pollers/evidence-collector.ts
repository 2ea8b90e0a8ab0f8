import pLimit from "p-limit";
import type { Alert, Alertname } from "../../core/model/alert.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence, EvidenceSnapshot, EvidenceStore, LogExcerpt, Sibling } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { errorMessage } from "../../util/error-message.ts";

export interface EvidenceCollectorOptions {
  readonly live: Pick<LiveState, "alerts" | "podsOf" | "subscribe">;
  readonly evidence: Evidence;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** When many alerts fire together, the first ones are representative. The page reads evidence of others on demand. */
const MAX_QUEUED = 300;
const CONCURRENCY = 2;
const MAX_EVENTS = 50;
const LOG_LINES = 100;
const MAX_SIBLINGS = 50;

/** Alerts about pods in which no container has run. */
const WITHOUT_LOG: ReadonlySet<Alertname> = new Set(["PodImagePullFailing", "PodUnschedulable", "PodPendingTooLong"]);

/**
 * Collects the evidence of every alert once, after its firing was committed: events, the end of the log, the pod and its
 * siblings. What cannot be read becomes a note; evidence never delays an alert. Disposing abandons running requests.
 */
export function collectEvidence({ live, evidence, store, clock, logger }: EvidenceCollectorOptions): Disposable {
  const collected = new Set<string>();
  const limit = pLimit(CONCURRENCY);
  let isStopped = false;

  function enqueue(alert: Alert): void {
    const key = `${alert.fingerprint}.${alert.episode}`;
    if (alert.state.name === "resolved") collected.delete(key);
    if (alert.state.name !== "firing" || collected.has(key) || limit.pendingCount >= MAX_QUEUED) return;
    collected.add(key);
    void limit(async () => {
      try {
        await collect(alert);
      } catch (error) {
        logger.warn(
          { event: "evidence_not_stored", ...alert.labels, err: error },
          "The evidence of an alert was not stored.",
        );
      }
    });
  }

  async function collect(alert: Alert): Promise<void> {
    if (isStopped || (await store.get(alert)) !== undefined || isStopped) return;
    const snapshot = await takeSnapshot(alert);
    if (!isStopped) await store.put(alert, snapshot);
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
    const [events, pods, log] = await Promise.all([
      evidence.events(namespace, uid === undefined ? { name } : { name, uid }).catch(note("No events")),
      evidence.pods(namespace, name).catch(note("The pod could not be read")),
      readLog(alert, namespace, name),
    ]);
    const pod = pods.find(
      ({ metadata }) => uid === undefined || (metadata as { uid?: unknown } | undefined)?.uid === uid,
    );
    if (log?.available === false) notes.push(`No log: ${log.reason}`);
    return { takenAt, events: events.slice(0, MAX_EVENTS), log, pod, siblings, notes };
  }

  /** The log of the previous run; of the current one when there is no previous log. */
  async function readLog({ labels, subject }: Alert, namespace: string, pod: string): Promise<LogExcerpt | undefined> {
    const container = labels.container ?? subject.container?.name;
    if (container === undefined || WITHOUT_LOG.has(labels.alertname)) return undefined;
    const read = (previous: boolean) => evidence.log(namespace, pod, container, { tailLines: LOG_LINES, previous });
    const hasRestarted = (subject.container?.restartCount ?? 0) > 0 || subject.container?.lastTerminated !== undefined;
    if (!hasRestarted) return read(false);
    const previous = await read(true);
    if (previous.available) return previous;
    const current = await read(false);
    return current.available ? current : previous;
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
    [Symbol.dispose]: () => {
      isStopped = true;
      limit.clearQueue();
      subscription[Symbol.dispose]();
    },
  };
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
