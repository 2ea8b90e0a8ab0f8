import type { Alert, Severity } from "../model/alert.ts";
import type { Restart } from "../model/history.ts";
import { type RowState, worstState } from "../model/row-state.ts";
import type { Duration, Instant } from "../model/time.ts";

/** The newest hand-over of one alert identity to one consumer. */
export interface LastDelivery {
  readonly episode: number;
  readonly at: Instant;
}

/** The thresholds in force for one alert's labels. */
export interface RestartPolicy {
  readonly threshold: number;
  readonly timeframe: Duration;
}

/** What the legacy interface calls the state of a container. */
export type LegacyStatus = "None" | Exclude<RowState, "Normal">;

/**
 * Whether a consumer is still to be told of an alert: once per episode, from when it fires, also when it has resolved
 * before anybody asked. A PodRestartingTooOften that goes on firing is due again once as many restarts as the threshold
 * were counted after the hand-over.
 */
export function isDue(alert: Alert, last: LastDelivery | undefined, policy: RestartPolicy, now: Instant): boolean {
  if (alert.state.name === "pending") return false;
  if (last === undefined || last.episode < alert.episode) return true;
  if (last.episode > alert.episode) return false;
  return alert.state.name === "firing" && crossedAgain(alert, last, policy, now);
}

/**
 * Whether an alert was over before a consumer first asked: a new consumer begins with what is firing now, and what is
 * history to it is never due.
 */
export function predatesConsumer(alert: Alert, consumerCreatedAt: Instant): boolean {
  return alert.state.name === "resolved" && alert.state.resolvedAt < consumerCreatedAt;
}

/**
 * The id of one telling of one alert, the same however often it has to be delivered. `telling` counts from 1 per
 * consumer and episode, and rises when a PodRestartingTooOften is due again.
 */
export function deliveryId(alert: Pick<Alert, "fingerprint" | "episode">, telling: number): string {
  return `${alert.fingerprint}.${alert.episode}.${telling}`;
}

/** What the legacy interface calls an alert of this severity until it has been handed over. */
export function legacyStatus(severity: Severity): "Warning" | "Failure" {
  switch (severity) {
    case "warning":
      return "Warning";
    case "critical":
      return "Failure";
  }
}

/**
 * The legacy status of one container: the worst state of its firing alerts, `None` when nothing fires. An alert that
 * has been delivered counts as `Sent`. `alerts` are those of the container and of its pod.
 */
export function alertStatus(
  alerts: Iterable<Alert>,
  lastDelivery: (alert: Alert) => LastDelivery | undefined,
  restartPolicy: (alert: Alert) => RestartPolicy,
  now: Instant,
): LegacyStatus {
  const states: RowState[] = [];
  for (const alert of alerts) {
    if (alert.state.name !== "firing") continue;
    const due = isDue(alert, lastDelivery(alert), restartPolicy(alert), now);
    states.push(due ? legacyStatus(alert.severity) : "Sent");
  }
  const worst = worstState(states);
  return worst === "Normal" ? "None" : worst;
}

function crossedAgain(alert: Alert, last: LastDelivery, policy: RestartPolicy, now: Instant): boolean {
  if (alert.labels.alertname !== "PodRestartingTooOften") return false;
  const since = Math.max(last.at, now - policy.timeframe);
  const restarts = alert.subject.container?.restarts ?? [];
  return (
    restarts.filter((restart) => restart.planned === undefined && countedAt(restart) > since).length >= policy.threshold
  );
}

function countedAt(restart: Restart): Instant {
  return restart.countedAt ?? restart.at;
}
