import type { Alert, Transition } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { Instant } from "../core/model/time.ts";
import type { Batch, TerminationCount } from "../ports/store.ts";

/** While the store is unavailable, transitions accumulate. This many take about 25 MB; the oldest are dropped. */
export const MAX_TRANSITIONS = 50_000;

/**
 * The results of evaluations since the last commit. A later write to a key replaces the earlier one, so that many
 * events of one container cost one row; only transitions and terminations add up.
 */
export class PendingBatch {
  readonly #pods = new Map<string, PodHistory | undefined>();
  readonly #workloads = new Map<string, WorkloadHistory | undefined>();
  readonly #alerts = new Map<string, Alert>();
  readonly #dropped = new Map<string, Pick<Alert, "fingerprint" | "episode">>();
  #transitions: Transition[] = [];
  readonly #terminations = new Map<string, TerminationCount>();
  readonly #checkpoints = new Map<string, Instant | undefined>();

  get isEmpty(): boolean {
    return (
      this.#pods.size +
        this.#workloads.size +
        this.#alerts.size +
        this.#dropped.size +
        this.#transitions.length +
        this.#terminations.size +
        this.#checkpoints.size ===
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
    this.#dropped.delete(key);
    this.#alerts.set(key, alert);
  }

  drop(alert: Alert): void {
    const key = episodeKey(alert);
    this.#alerts.delete(key);
    this.#dropped.set(key, { fingerprint: alert.fingerprint, episode: alert.episode });
  }

  transition(transition: Transition): void {
    this.#transitions.push(transition);
  }

  termination(count: TerminationCount): void {
    const key = [count.namespace, count.workload, count.container, count.reason].join("\0");
    const earlier = this.#terminations.get(key);
    this.#terminations.set(key, earlier === undefined ? count : { ...count, count: earlier.count + count.count });
  }

  checkpoint(namespace: string, at: Instant | undefined): void {
    this.#checkpoints.set(namespace, at);
  }

  /** Merges a batch whose commit failed; later writes win. Returns how many transitions were dropped. */
  restore(batch: Batch): number {
    for (const [uid, history] of batch.pods) if (!this.#pods.has(uid)) this.#pods.set(uid, history);
    for (const [key, history] of batch.workloads) if (!this.#workloads.has(key)) this.#workloads.set(key, history);
    for (const alert of batch.alerts) {
      const key = episodeKey(alert);
      if (!this.#alerts.has(key) && !this.#dropped.has(key)) this.#alerts.set(key, alert);
    }
    for (const dropped of batch.dropped) {
      const key = episodeKey(dropped);
      if (!this.#alerts.has(key)) this.#dropped.set(key, dropped);
    }
    const transitions = batch.transitions.concat(this.#transitions);
    this.#transitions = transitions.slice(-MAX_TRANSITIONS);
    for (const count of batch.terminations) this.termination(count);
    for (const [namespace, at] of batch.checkpoints) {
      if (!this.#checkpoints.has(namespace)) this.#checkpoints.set(namespace, at);
    }
    return transitions.length - this.#transitions.length;
  }

  toBatch(at: Instant): Batch {
    return {
      at,
      pods: this.#pods,
      workloads: this.#workloads,
      alerts: [...this.#alerts.values()],
      dropped: [...this.#dropped.values()],
      transitions: this.#transitions,
      terminations: [...this.#terminations.values()],
      checkpoints: this.#checkpoints,
    };
  }
}

function episodeKey(alert: Pick<Alert, "fingerprint" | "episode">): string {
  return `${alert.fingerprint}.${alert.episode}`;
}
