import { Counter } from "@prometheus-io/client";
import type { Transition } from "../core/model/alert.ts";
import { errorMessage } from "../util/error-message.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The business events of the watcher: each writes its log line and moves its counter, together. */
export interface WatcherEvents {
  alertChanged(transition: Transition): void;
  synced(namespace: string): void;
  /** Tells of the failure in the log, unless it was told of a moment ago; with where it came from the first time only. */
  commitFailed(error: unknown, how?: "first" | "again" | "not told"): void;
  commitRecovered(): void;
  /** The store was down for so long that lines of the alerts' log had to be given up. */
  transitionsDropped(count: number): void;
  /** A look at a pod or namespace because its time had come threw. */
  evaluationFailed(key: string, error: unknown): void;
}

export function createWatcherEvents(logger: Logger, registry: Registry): WatcherEvents {
  const registers = [registry];
  const transitions = new Counter({
    name: "pod_watcher_alert_transitions_total",
    help: "Changes of an alert's state, by alertname and the state it went to.",
    labelNames: ["alertname", "to"],
    registers,
  });
  const failedCommits = new Counter({
    name: "pod_watcher_store_commit_failures_total",
    help: "Batches that could not be written at the first try; they are kept in memory and tried again.",
    registers,
  });
  const dropped = new Counter({
    name: "pod_watcher_store_dropped_transitions_total",
    help: "Lines of the alerts' log that were given up, the oldest first, since the store had been down for too long.",
    registers,
  });
  const failedEvaluations = new Counter({
    name: "pod_watcher_evaluation_failures_total",
    help: "Pods and namespaces that could not be looked at again when their time had come; an error in this program.",
    registers,
  });
  return {
    alertChanged(transition) {
      transitions.inc({ alertname: transition.labels.alertname, to: transition.to });
      const fields = {
        event: `alert_${transition.to}`,
        ...transition.labels,
        from: transition.from,
        reason: transition.reason,
      };
      if (transition.to === "firing") logger.warn(fields, "An alert fires.");
      else if (transition.to === "resolved") logger.info(fields, "An alert is resolved.");
      else logger.debug(fields, "An alert changed its state.");
    },
    synced(namespace) {
      logger.info({ event: "namespace_synced", namespace }, "The picture of a namespace is complete.");
    },
    commitFailed(error, how = "first") {
      failedCommits.inc();
      if (how === "not told") return;
      const reason = errorMessage(error);
      logger.error(
        { event: "commit_failed", reason, ...(how === "first" && { err: error }) },
        "State could not be written; it is kept in memory and tried again.",
      );
    },
    commitRecovered() {
      logger.info({ event: "commit_recovered" }, "State can be written again.");
    },
    transitionsDropped(count) {
      dropped.inc(count);
      logger.error(
        { event: "transitions_dropped", count },
        "State could not be written for so long that the oldest lines of the alerts' log are given up.",
      );
    },
    evaluationFailed(key, error) {
      failedEvaluations.inc();
      logger.error({ event: "evaluation_failed", key, err: error }, "A pod or namespace could not be looked at again.");
    },
  };
}
