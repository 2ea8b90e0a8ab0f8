import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Instant } from "../core/model/time.ts";
import type { Notification, SendFailure } from "../ports/notifications.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The events of notifications: each writes its log line and updates its metrics. */
export interface NotifyEvents {
  queued(notification: Notification): void;
  queueFailed(error: unknown): void;
  delivered(notification: Notification, tookMs: number): void;
  /** `retryAt` is undefined if the notification is given up. */
  failed(
    notification: Notification,
    failure: { readonly reason: SendFailure | "abandoned"; readonly detail: string },
    retryAt: Instant | undefined,
  ): void;
  abandoned(count: number): void;
  storeFailed(receiver: string, error: unknown): void;
  circuitOpened(receiver: string, until: Instant): void;
  circuitClosed(receiver: string): void;
  silenceEnded(id: string, reason: string): void;
  /** Sending the firing alerts to an Alertmanager failed; it is repeated at the next interval. */
  alertmanagerResendFailed(receiver: string, failure: { readonly reason: SendFailure; readonly detail: string }): void;
}

export function createNotifyEvents(logger: Logger, registry: Registry): NotifyEvents {
  const registers = [registry];
  const queued = new Counter({
    name: "pod_watcher_notifications_queued_total",
    help: "Notifications written to the outbox, by receiver and reason.",
    labelNames: ["receiver", "reason"],
    registers,
  });
  const attempts = new Counter({
    name: "pod_watcher_notification_attempts_total",
    help: "Attempts to send a notification, by receiver and result: delivered, or the reason of the failure.",
    labelNames: ["receiver", "result"],
    registers,
  });
  const dead = new Counter({
    name: "pod_watcher_notifications_dead_total",
    help: "Notifications that were given up. They are kept and can be sent again.",
    labelNames: ["receiver"],
    registers,
  });
  const latency = new Histogram({
    name: "pod_watcher_notification_delivery_seconds",
    help: "Time from the decision to send a notification to its delivery.",
    labelNames: ["receiver"],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 3_600, 86_400],
    registers,
  });
  const open = new Gauge({
    name: "pod_watcher_receiver_circuit_open",
    help: "1 while the circuit breaker for a receiver is open, because the receiver keeps failing.",
    labelNames: ["receiver"],
    registers,
  });

  return {
    queued(notification) {
      const { receiver, reason } = notification;
      queued.inc({ receiver, reason });
      logger.info({ event: "notification_queued", ...fieldsOf(notification), reason }, "Notification queued.");
    },
    queueFailed(error) {
      logger.error(
        { event: "notification_queue_failed", err: error },
        "Notifications could not be written to the outbox. Retrying.",
      );
    },
    delivered(notification, tookMs) {
      const { receiver } = notification;
      attempts.inc({ receiver, result: "delivered" });
      latency.observe({ receiver }, tookMs / 1_000);
      logger.info({ event: "notification_delivered", ...fieldsOf(notification), tookMs }, "Notification delivered.");
    },
    failed(notification, { reason, detail }, retryAt) {
      const { receiver } = notification;
      attempts.inc({ receiver, result: reason });
      const fields = { ...fieldsOf(notification), reason, detail };
      if (retryAt !== undefined) {
        logger.warn(
          { event: "notification_failed", ...fields, retryAt: new Date(retryAt).toISOString() },
          "Notification could not be delivered. It will be retried.",
        );
        return;
      }
      dead.inc({ receiver });
      logger.error(
        { event: "notification_dead", ...fields },
        "Notification given up. It is kept and can be sent again.",
      );
    },
    abandoned(count) {
      logger.warn(
        { event: "notifications_abandoned", count },
        "Notifications for receivers that are no longer configured were given up.",
      );
    },
    storeFailed(receiver, error) {
      logger.error(
        { event: "outbox_failed", receiver, err: error },
        "The outbox could not be read or written. Retrying.",
      );
    },
    circuitOpened(receiver, until) {
      open.set({ receiver }, 1);
      logger.warn(
        { event: "receiver_circuit_opened", receiver, until: new Date(until).toISOString() },
        "Circuit breaker opened: the receiver keeps failing, and attempts are paused.",
      );
    },
    circuitClosed(receiver) {
      open.set({ receiver }, 0);
      logger.info(
        { event: "receiver_circuit_closed", receiver },
        "Circuit breaker closed: the receiver accepts notifications again.",
      );
    },
    silenceEnded(id, reason) {
      logger.info({ event: "silence_ended", id, reason }, "Silence ended early.");
    },
    alertmanagerResendFailed(receiver, { reason, detail }) {
      attempts.inc({ receiver, result: reason });
      logger.warn(
        { event: "alertmanager_resend_failed", receiver, reason, detail },
        "Firing alerts could not be sent to an Alertmanager. Retrying at the next interval.",
      );
    },
  };
}

function fieldsOf({ id, receiver, groupLabels, status, alerts, truncatedAlerts, attempt }: Notification) {
  return { id, receiver, group: groupLabels, status, alerts: alerts.length + truncatedAlerts, attempt };
}
