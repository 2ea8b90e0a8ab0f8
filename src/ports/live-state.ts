import type { PriorState } from "../core/evaluate/evaluate.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodHistory } from "../core/model/history.ts";
import type { PodSnapshot, Workload } from "../core/model/pod.ts";
import type { PodSource } from "./pods.ts";
import type { TerminationCount } from "./store.ts";

/** What the watcher knows now. Alerts are the committed ones; pods are as last seen. */
export interface LiveState {
  readonly source: Pick<PodSource, "pods" | "pod" | "health">;
  history(uid: string): PodHistory | undefined;
  /** The newest episode of every alert that is open or was resolved within the retention. */
  alerts(): Iterable<Alert>;
  alert(fingerprint: string): Alert | undefined;
  /** The open alerts that this pod takes part in. */
  alertsOf(uid: string): readonly Alert[];
  /** The pods of a workload, in no order and without a search; none for a bare pod. Valid until the next turn. */
  podsOf(namespace: string, workload: Workload): readonly PodSnapshot[];
  /** What the next look at this pod would be compared with: for explaining, never for telling. */
  known(pod: PodSnapshot): PriorState;
  terminations(): readonly TerminationCount[];
  /** Called after every commit with what changed; coalesced, never per event. Dispose to stop. */
  subscribe(listener: (changes: StateChanges) => void): Disposable;
}

export interface StateChanges {
  /** Pods that were seen, changed or are gone, by UID. */
  readonly pods: ReadonlyMap<string, Pick<PodSnapshot, "namespace" | "name">>;
  readonly alerts: readonly Alert[];
  readonly namespaces: ReadonlySet<string>;
}
