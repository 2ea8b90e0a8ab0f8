import type { PriorState } from "../core/evaluate/observation.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodHistory } from "../core/model/history.ts";
import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import type { Duration } from "../core/model/time.ts";
import type { PodSource } from "./pods.ts";
import type { TerminationCount } from "./store.ts";

/** The current state of the watcher. Alerts are the committed ones; pods are as last seen. */
export interface LiveState {
  readonly source: Pick<PodSource, "pods" | "pod" | "namespaces" | "health" | "healthOf">;
  syncProgress(): SyncProgress;
  history(uid: string): PodHistory | undefined;
  /** The newest episode of every alert that is open or was resolved within the retention. */
  alerts(): Iterable<Alert>;
  alert(fingerprint: string): Alert | undefined;
  /** The open alerts that have this pod among their sources. */
  alertsOf(uid: string): readonly Alert[];
  /** The pods of a workload, unordered; none for a bare pod. Valid until control returns to the event loop. */
  podsOf(namespace: string, workload: Workload): readonly PodSnapshot[];
  /** The prior state for the next evaluation of this pod. It may contain alerts that are not committed yet. */
  priorState(pod: PodSnapshot): PriorState;
  terminations(): readonly TerminationCount[];
  /** How far the clock of each node is off, for those that are off by more than a minute: the node's minus the cluster's. */
  skewedNodes(): ReadonlyMap<string, Duration>;
  /** Called once after every commit. Dispose to unsubscribe. */
  subscribe(listener: (changes: StateChanges) => void): Disposable;
}

export interface SyncProgress {
  /** Watched namespaces. */
  readonly watched: number;
  /** Watched namespaces that have been synced once, or whose pods the API server refuses to list. */
  readonly settled: number;
}

export interface StateChanges {
  /** Pods that were added, changed or removed, by UID. */
  readonly pods: ReadonlyMap<string, Pick<PodSnapshot, "namespace" | "name">>;
  readonly alerts: readonly Alert[];
  readonly namespaces: ReadonlySet<string>;
}
