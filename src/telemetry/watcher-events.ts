import { Counter } from "@prometheus-io/client";
import type { Transition } from "../core/model/alert.ts";
import { errorMessage } from "../util/error-message.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The business events of the watcher: each writes its log line and increments its counter. */
export interface WatcherEvents {
  alertChanged(transition: Transition): void;
  synced(namespace: string): void;
  /** Counted every time. The first failure is logged with its stack, a repeated one without. */
  commitFailed(error: unknown, failure?: "first" | "repeated" | "unlogged"): void;
  commitRecovered(): void;
  /** The store was unavailable for so long that the oldest transitions were dropped. */
  transitionsDropped(count: number): void;
  /** The evaluation of a pod or namespace at its deadline threw. */
  evaluationFailed(key: string, error: unknown): void;
}

export function createWatcherEvents(logger: Logger, registry: Registry): WatcherEvents {
  const registers = [registry];
  const transitions = new Counter({
    name: "pod_watcher_alert_transitions_total",
    help: "Alert state changes, by alertname and new state.",
    labelNames: ["alertname", "to"],
    registers,
  });
  const failedCommits = new Counter({
    name: "pod_watcher_store_commit_failures_total",
    help: "Failed attempts to write a batch. The batch stays in memory and is retried.",
    registers,
  });
  const dropped = new Counter({
    name: "pod_watcher_store_dropped_transitions_total",
    help: "Alert state changes dropped from the history, oldest first, because the store was unavailable for too long.",
    registers,
  });
  const failedEvaluations = new Counter({
    name: "pod_watcher_evaluation_failures_total",
    help: "Evaluations at a deadline that failed because of an error in this program.",
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
      if (transition.to === "firing") logger.warn(fields, "Alert firing.");
      else if (transition.to === "resolved") logger.info(fields, "Alert resolved.");
      else logger.debug(fields, "Alert state changed.");
    },
    synced(namespace) {
      logger.info({ event: "namespace_synced", namespace }, "Namespace cache synced.");
    },
    commitFailed(error, failure = "first") {
      failedCommits.inc();
      if (failure === "unlogged") return;
      const reason = errorMessage(error);
      logger.error(
        { event: "commit_failed", reason, ...(failure === "first" && { err: error }) },
        "State could not be written. It stays in memory and is retried.",
      );
    },
    commitRecovered() {
      logger.info({ event: "commit_recovered" }, "State can be written again.");
    },
    transitionsDropped(count) {
      dropped.inc(count);
      logger.error(
        { event: "transitions_dropped", count },
        "The store was unavailable for too long: the oldest alert state changes were dropped from the history.",
      );
    },
    evaluationFailed(key, error) {
      failedEvaluations.inc();
      logger.error({ event: "evaluation_failed", key, err: error }, "A pod or namespace could not be evaluated.");
    },
  };
}
