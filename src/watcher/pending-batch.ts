import type { Alert, Transition } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { Instant } from "../core/model/time.ts";
import type { Batch, TerminationCount } from "../ports/store.ts";

/**
 * While the store is down the log grows without end. So many lines are some 25 MB, and more than anybody reads: the oldest
 * give way.
 */
export const MAX_TRANSITIONS = 50_000;

/**
 * What evaluations have left behind since the last commit. Later writes to the same key replace earlier ones, so a
 * storm costs one row per container and not one per event; only the log keeps every line.
 */
export class PendingBatch {
  readonly #pods = new Map<string, PodHistory | undefined>();
  readonly #workloads = new Map<string, WorkloadHistory | undefined>();
  readonly #alerts = new Map<string, Alert>();
  readonly #forgotten = new Map<string, Pick<Alert, "fingerprint" | "episode">>();
  #transitions: Transition[] = [];
  readonly #terminations = new Map<string, TerminationCount>();
  readonly #confirmed = new Map<string, Instant | undefined>();

  get isEmpty(): boolean {
    return (
      this.#pods.size +
        this.#workloads.size +
        this.#alerts.size +
        this.#forgotten.size +
        this.#transitions.length +
        this.#terminations.size +
        this.#confirmed.size ===
      0
    );
  }

  pod(uid: string, history: PodHistory | undefined): void {
    this.#pods.set(uid, history);
  }

  workload(key: string, history: WorkloadHistory | undefined): void {
    this.#workloads.set(key, history);
  }

  alert(alert: Alert): void {
    const key = episodeKey(alert);
    this.#forgotten.delete(key);
    this.#alerts.set(key, alert);
  }

  forget(alert: Alert): void {
    const key = episodeKey(alert);
    this.#alerts.delete(key);
    this.#forgotten.set(key, { fingerprint: alert.fingerprint, episode: alert.episode });
  }

  transition(transition: Transition): void {
    this.#transitions.push(transition);
  }

  termination(count: TerminationCount): void {
    const key = [count.namespace, count.workload, count.container, count.reason].join("\0");
    const earlier = this.#terminations.get(key);
    this.#terminations.set(key, earlier === undefined ? count : { ...count, count: earlier.count + count.count });
  }

  confirmed(namespace: string, at: Instant | undefined): void {
    this.#confirmed.set(namespace, at);
  }

  /** Puts what could not be committed under what has come since. Says how many lines of the log had to give way. */
  restore(batch: Batch): number {
    for (const [uid, history] of batch.pods) if (!this.#pods.has(uid)) this.#pods.set(uid, history);
    for (const [key, history] of batch.workloads) if (!this.#workloads.has(key)) this.#workloads.set(key, history);
    for (const alert of batch.alerts) {
      const key = episodeKey(alert);
      if (!this.#alerts.has(key) && !this.#forgotten.has(key)) this.#alerts.set(key, alert);
    }
    for (const gone of batch.forgotten) {
      const key = episodeKey(gone);
      if (!this.#alerts.has(key)) this.#forgotten.set(key, gone);
    }
    const transitions = batch.transitions.concat(this.#transitions);
    this.#transitions = transitions.slice(-MAX_TRANSITIONS);
    for (const count of batch.terminations) this.termination(count);
    for (const [namespace, at] of batch.confirmed) {
      if (!this.#confirmed.has(namespace)) this.#confirmed.set(namespace, at);
    }
    return transitions.length - this.#transitions.length;
  }

  toBatch(at: Instant): Batch {
    return {
      at,
      pods: this.#pods,
      workloads: this.#workloads,
      alerts: [...this.#alerts.values()],
      forgotten: [...this.#forgotten.values()],
      transitions: this.#transitions,
      terminations: [...this.#terminations.values()],
      confirmed: this.#confirmed,
    };
  }
}

function episodeKey(alert: Pick<Alert, "fingerprint" | "episode">): string {
  return `${alert.fingerprint}.${alert.episode}`;
}
