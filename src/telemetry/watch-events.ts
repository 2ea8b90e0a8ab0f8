import { Counter, Histogram } from "@prometheus-io/client";
import type { Duration } from "../core/model/time.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** Events of the pod watch; each writes its log line and increments its counter. */
export interface WatchEvents {
  synced(namespace: string, cause: string, pods: number, missing: number): void;
  /** A WatchList failed and pods are listed instead. `known`: the server does not support it, as opposed to an error. */
  initialEventsUnavailable(namespace: string, known: boolean, reason: string): void;
  /** A list or watch failed. `isNew`: not a repetition of the same failure. */
  ended(
    namespace: string,
    cause: string,
    status: number | undefined,
    next: "resume" | "resync",
    reason: string,
    isNew: boolean,
  ): void;
  /** The position expires repeatedly before a watch can resume from it. */
  expiredRepeatedly(namespace: string, times: number): void;
  /** etcd was restored from a backup. `isNew`: the first namespace to report it. */
  rolledBack(namespace: string, from: string, to: string, isNew: boolean): void;
  /** A state older than the cached one was ignored. */
  olderState(namespace: string, pod: string): void;
  /** A MODIFIED event arrived for a pod that was not cached. */
  unknownModified(namespace: string, pod: string): void;
  consistencyChecked(namespace: string, pods: number, differences: readonly string[]): void;
  consistencyCheckFailed(namespace: string, reason: string): void;
  /** The sink threw an error. */
  sinkFailed(error: unknown): void;
  /** From the kubelet's timestamp of a container's newest state to its arrival here. */
  lag(lag: Duration): void;
}

export function createWatchEvents(logger: Logger, registry: Registry): WatchEvents {
  const registers = [registry];
  const anomalies = new Counter({
    name: "pod_watcher_watch_anomalies_total",
    help: "Unexpected data from the API server, by kind. Each case is handled.",
    labelNames: ["kind"],
    registers,
  });
  const sinkFailures = new Counter({
    name: "pod_watcher_watch_sink_failures_total",
    help: "Pod changes whose evaluation failed with an error in this program.",
    registers,
  });
  const lags = new Histogram({
    name: "pod_watcher_watch_lag_seconds",
    help: "Time from a container's start or end, by the kubelet's timestamp (whole seconds, the node's clock), to its arrival here.",
    buckets: [1, 2, 3, 5, 10, 30, 60, 300],
    registers,
  });

  return {
    synced(namespace, cause, pods, missing) {
      logger.debug({ namespace, cause, pods, missing }, "Namespace cache synced.");
    },
    initialEventsUnavailable(namespace, known, reason) {
      logger[known ? "info" : "warn"](
        { event: "initial_events_unavailable", namespace, reason },
        "WatchList failed; pods are listed instead.",
      );
    },
    ended(namespace, cause, status, next, reason, isNew) {
      logger[isNew ? "warn" : "debug"](
        { event: "watch_ended", namespace, cause, status, next, reason },
        "Watch failed; reconnecting.",
      );
    },
    expiredRepeatedly(namespace, times) {
      anomalies.inc({ kind: "expired_repeatedly" });
      logger.error(
        { event: "watch_expired_repeatedly", namespace, times },
        "The resourceVersion expires before the watch can resume; pods are listed unpaged.",
      );
    },
    rolledBack(namespace, from, to, isNew) {
      anomalies.inc({ kind: "rolled_back" });
      logger[isNew ? "error" : "debug"](
        { event: "cluster_restored", namespace, from, to },
        "The cluster's resourceVersion went backwards (etcd restored from a backup?); its current state is the new baseline.",
      );
    },
    olderState(namespace, pod) {
      anomalies.inc({ kind: "older_state" });
      logger.debug({ namespace, pod }, "Ignored a state older than the cached one.");
    },
    unknownModified(namespace, pod) {
      anomalies.inc({ kind: "unknown_modified" });
      logger.debug({ namespace, pod }, "MODIFIED event for a pod that was not cached.");
    },
    consistencyChecked(namespace, pods, differences) {
      if (differences.length === 0) {
        logger.debug({ namespace, pods }, "Consistency check found no differences.");
        return;
      }
      logger.error(
        {
          event: "watch_missed_changes",
          namespace,
          pods,
          differences: differences.length,
          first: differences.slice(0, 5),
        },
        "Consistency check found pods that the watch had missed; the cache is corrected.",
      );
    },
    consistencyCheckFailed(namespace, reason) {
      logger.info({ event: "consistency_check_failed", namespace, reason }, "Consistency check failed.");
    },
    sinkFailed(error) {
      sinkFailures.inc();
      logger.error({ event: "pod_change_failed", err: error }, "Evaluating a pod change failed.");
    },
    lag(lag) {
      lags.observe(Math.max(0, lag) / 1_000);
    },
  };
}
