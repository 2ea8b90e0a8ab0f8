import type { Alert, Severity } from "../model/alert.ts";
import { countedAt, unplannedRestarts } from "../model/history.ts";
import { type RowState, worstState } from "../model/row-state.ts";
import type { Duration, Instant } from "../model/time.ts";

/** The latest delivery of an alert to one consumer. */
export interface LastDelivery {
  readonly episode: number;
  readonly at: Instant;
}

/** The effective restart threshold for an alert. */
export interface RestartPolicy {
  readonly threshold: number;
  readonly timeframe: Duration;
}

/** The states of a container in the legacy endpoints. */
export type LegacyStatus = "None" | Exclude<RowState, "Normal">;

/**
 * Whether an alert is due for delivery to a consumer: once per episode from when it fires, even if it has resolved before
 * the first pull. A PodRestartingTooOften that keeps firing is due again after as many restarts as the threshold since
 * the last delivery.
 */
export function isDue(alert: Alert, last: LastDelivery | undefined, policy: RestartPolicy, now: Instant): boolean {
  if (alert.state.name === "pending") return false;
  if (last === undefined || last.episode < alert.episode) return true;
  if (last.episode > alert.episode) return false;
  return alert.state.name === "firing" && hasNewRestarts(alert, last, policy, now);
}

/** Whether an alert resolved before a consumer existed: a new consumer starts with the alerts that are firing. */
export function predatesConsumer(alert: Alert, consumerCreatedAt: Instant): boolean {
  return alert.state.name === "resolved" && alert.state.resolvedAt < consumerCreatedAt;
}

/**
 * The id of a delivery, which stays the same if the delivery is repeated. `number` counts the times that the alert was due
 * for the consumer within an episode, from 1.
 */
export function deliveryId(alert: Pick<Alert, "fingerprint" | "episode">, number: number): string {
  return `${alert.fingerprint}.${alert.episode}.${number}`;
}

/** The legacy name of a severity. */
export function legacyStatus(severity: Severity): "Warning" | "Failure" {
  switch (severity) {
    case "warning":
      return "Warning";
    case "critical":
      return "Failure";
  }
}

/**
 * The legacy status of one container: the worst state of its firing alerts, `None` if none is firing. A delivered alert
 * counts as `Sent`. `alerts` are those of the container and its pod.
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

function hasNewRestarts(alert: Alert, last: LastDelivery, policy: RestartPolicy, now: Instant): boolean {
  if (alert.labels.alertname !== "PodRestartingTooOften") return false;
  const since = Math.max(last.at, now - policy.timeframe);
  const restarts = unplannedRestarts(alert.subject.container?.restarts ?? []);
  return restarts.filter((restart) => countedAt(restart) > since).length >= policy.threshold;
}
