import { Counter, Histogram } from "@prometheus-io/client";
import type { Duration } from "../core/model/time.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The business events of reading pods from Kubernetes: each writes its log line and moves its counter, together. */
export interface WatchEvents {
  synced(namespace: string, cause: string, pods: number, missing: number): void;
  /** The server was asked to send the present pods at the beginning of a watch, and did not; `known` not to, or in trouble. */
  initialEventsUnavailable(namespace: string, known: boolean, reason: string): void;
  /** A list or watch ended other than in good order. */
  ended(
    namespace: string,
    cause: string,
    status: number | undefined,
    next: "resume" | "resync",
    reason: string,
    isNews: boolean,
  ): void;
  /** Again and again the server forgets our position before we are there. */
  expiredRepeatedly(namespace: string, times: number): void;
  /** `isNews`: no other namespace has told so shortly before, for it is the whole cluster that has gone back. */
  rolledBack(namespace: string, from: string, to: string, isNews: boolean): void;
  /** A state older than the one known came; it was ignored. */
  olderState(namespace: string, pod: string): void;
  /** A change came of a pod that was not known. */
  unknownModified(namespace: string, pod: string): void;
  compared(namespace: string, pods: number, differences: readonly string[]): void;
  consistencyCheckFailed(namespace: string, reason: string): void;
  /** Whoever was told of a change threw. */
  sinkFailed(error: unknown): void;
  /** From the kubelet's time stamp on a container's newest state to its arrival here. */
  lag(lag: Duration): void;
}

export function createWatchEvents(logger: Logger, registry: Registry): WatchEvents {
  const registers = [registry];
  const anomalies = new Counter({
    name: "pod_watcher_watch_anomalies_total",
    help: "What came from the API server and should not have, by kind; each was dealt with.",
    labelNames: ["kind"],
    registers,
  });
  const sinkFailures = new Counter({
    name: "pod_watcher_watch_sink_failures_total",
    help: "Changes of pods whose evaluation threw; an error in this program.",
    registers,
  });
  const lags = new Histogram({
    name: "pod_watcher_watch_lag_seconds",
    help: "From a container's start or end, as the kubelet stamped it (whole seconds, the node's clock), to its arrival here.",
    buckets: [1, 2, 3, 5, 10, 30, 60, 300],
    registers,
  });

  return {
    synced(namespace, cause, pods, missing) {
      logger.debug({ namespace, cause, pods, missing }, "All pods of a namespace have come.");
    },
    initialEventsUnavailable(namespace, known, reason) {
      logger[known ? "info" : "warn"](
        { event: "initial_events_unavailable", namespace, reason },
        "The API server does not send initial events; pods are listed instead.",
      );
    },
    ended(namespace, cause, status, next, reason, isNews) {
      logger[isNews ? "warn" : "debug"](
        { event: "watch_ended", namespace, cause, status, next, reason },
        "The watch of a namespace ended and is begun again.",
      );
    },
    expiredRepeatedly(namespace, times) {
      anomalies.inc({ kind: "expired_repeatedly" });
      logger.error(
        { event: "watch_expired_repeatedly", namespace, times },
        "The API server forgets changes before they can be asked for; everything is listed in one piece.",
      );
    },
    rolledBack(namespace, from, to, isNews) {
      anomalies.inc({ kind: "rolledBack" });
      logger[isNews ? "error" : "debug"](
        { event: "cluster_restored", namespace, from, to },
        "The cluster has gone back in time (etcd restored from a backup?); what it says now is taken as the beginning.",
      );
    },
    olderState(namespace, pod) {
      anomalies.inc({ kind: "older_state" });
      logger.debug({ namespace, pod }, "A state older than the known one was ignored.");
    },
    unknownModified(namespace, pod) {
      anomalies.inc({ kind: "unknown_modified" });
      logger.debug({ namespace, pod }, "A change came of a pod that was not known.");
    },
    compared(namespace, pods, differences) {
      if (differences.length === 0) {
        logger.debug({ namespace, pods }, "A full comparison found nothing that the watch had not told.");
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
        "A full comparison found pods of which the watch had not told; they are put right.",
      );
    },
    consistencyCheckFailed(namespace, reason) {
      logger.info({ event: "consistency_check_failed", namespace, reason }, "A full comparison was not possible.");
    },
    sinkFailed(error) {
      sinkFailures.inc();
      logger.error({ event: "pod_change_failed", err: error }, "A change of a pod could not be evaluated.");
    },
    lag(lag) {
      lags.observe(Math.max(0, lag) / 1_000);
    },
  };
}
