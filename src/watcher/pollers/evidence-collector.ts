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

/** In a storm the first ones tell the story: what does not fit is looked up when somebody opens it. */
const MAX_WAITING = 300;
const AT_ONCE = 2;
const MAX_EVENTS = 50;
const LOG_LINES = 100;
const MAX_SIBLINGS = 50;

/** Alerts of which no container's log can say anything: none ran. */
const WITHOUT_LOG: ReadonlySet<Alertname> = new Set(["PodImagePullFailing", "PodUnschedulable", "PodPendingTooLong"]);

/**
 * Takes the evidence of every alert once when it fires, after it was committed: events, the end of the log, the pod and
 * its siblings, and keeps it beside the alert. Whatever cannot be had is a note, and never stops an alert. Dispose to
 * stop; what is under way is given up.
 */
export function collectEvidence({ live, evidence, store, clock, logger }: EvidenceCollectorOptions): Disposable {
  const waiting = new Map<string, Alert>();
  const taken = new Set<string>();
  let working = 0;
  let isStopped = false;

  function consider(alert: Alert): void {
    const key = `${alert.fingerprint}.${alert.episode}`;
    if (alert.state.name !== "firing") {
      if (alert.state.name === "resolved") taken.delete(key);
      return;
    }
    if (taken.has(key) || waiting.has(key) || waiting.size >= MAX_WAITING) return;
    waiting.set(key, alert);
    work();
  }

  function work(): void {
    while (working < AT_ONCE && !isStopped) {
      const next = waiting.entries().next().value;
      if (next === undefined) return;
      const [key, alert] = next;
      waiting.delete(key);
      taken.add(key);
      working++;
      take(alert)
        .catch((error: unknown) =>
          logger.warn(
            { event: "evidence_not_stored", ...alert.labels, err: error },
            "Evidence of an alert was not kept.",
          ),
        )
        .finally(() => {
          working--;
          work();
        });
    }
  }

  async function take(alert: Alert): Promise<void> {
    if ((await store.get(alert)) !== undefined || isStopped) return;
    const found = await gather(alert);
    if (!isStopped) await store.put(alert, found);
  }

  async function gather(alert: Alert): Promise<EvidenceSnapshot> {
    const { namespace } = alert.labels;
    // The alert of a Job is about all its pods; one of them failed.
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
      logOf(alert, namespace, name),
    ]);
    const pod = pods.find(
      ({ metadata }) => uid === undefined || (metadata as { uid?: unknown } | undefined)?.uid === uid,
    );
    if (log?.available === false) notes.push(`No log: ${log.reason}`);
    return { takenAt, events: events.slice(0, MAX_EVENTS), log, pod, siblings, notes };
  }

  async function logOf({ labels, subject }: Alert, namespace: string, pod: string): Promise<LogExcerpt | undefined> {
    const container = labels.container ?? subject.container?.name;
    if (container === undefined || WITHOUT_LOG.has(labels.alertname)) return undefined;
    const options = { tailLines: LOG_LINES };
    const hasRun = (subject.container?.restartCount ?? 0) > 0 || subject.container?.lastTerminated !== undefined;
    if (!hasRun) return evidence.log(namespace, pod, container, { ...options, previous: false });
    const previous = await evidence.log(namespace, pod, container, { ...options, previous: true });
    if (previous.available) return previous;
    const present = await evidence.log(namespace, pod, container, { ...options, previous: false });
    return present.available ? present : previous;
  }

  function siblingsOf({ labels, subject }: Alert): Sibling[] {
    const { workload } = subject;
    if (workload === undefined || workload.kind === "Pod") return [];
    return live
      .podsOf(labels.namespace, workload)
      .filter(({ uid }) => uid !== subject.podUid)
      .slice(0, MAX_SIBLINGS)
      .map(siblingOf);
  }

  for (const alert of live.alerts()) consider(alert);
  const subscription = live.subscribe(({ alerts }) => {
    for (const alert of alerts) consider(alert);
  });
  return {
    [Symbol.dispose]: () => {
      isStopped = true;
      subscription[Symbol.dispose]();
    },
  };
}

function siblingOf(pod: PodSnapshot): Sibling {
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
