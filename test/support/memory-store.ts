import type { Alert } from "../../src/core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../../src/core/model/history.ts";
import type { AlertStore, Batch, StoredState, TerminationCount } from "../../src/ports/store.ts";

/** The part of the store that the watcher uses, in memory; `fail` makes the next commits fail with that reason. */
export interface MemoryStore extends Pick<AlertStore, "load" | "commit"> {
  readonly batches: Batch[];
  fail: string | undefined;
}

export function createMemoryStore(): MemoryStore {
  const pods = new Map<string, PodHistory>();
  const workloads = new Map<string, WorkloadHistory>();
  const alerts = new Map<string, Alert>();
  const confirmed = new Map<string, number>();
  const terminations = new Map<string, TerminationCount>();
  const batches: Batch[] = [];
  return {
    batches,
    fail: undefined,
    async load(): Promise<StoredState> {
      return {
        pods: [...pods.values()],
        workloads: [...workloads.values()],
        alerts: [...alerts.values()],
        terminations: [...terminations.values()],
        confirmed: new Map(confirmed),
      };
    },
    async commit(batch) {
      await Promise.resolve();
      if (this.fail !== undefined) throw new Error(this.fail);
      batches.push(batch);
      for (const [uid, history] of batch.pods) put(pods, uid, history);
      for (const [key, history] of batch.workloads) put(workloads, key, history);
      for (const gone of batch.forgotten) alerts.delete(gone.fingerprint);
      for (const alert of batch.alerts) alerts.set(alert.fingerprint, alert);
      for (const [namespace, at] of batch.confirmed) put(confirmed, namespace, at);
      for (const count of batch.terminations) {
        const key = [count.namespace, count.workload, count.container, count.reason].join("\0");
        terminations.set(key, { ...count, count: count.count + (terminations.get(key)?.count ?? 0) });
      }
    },
  };
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
