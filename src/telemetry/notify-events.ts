import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Instant } from "../core/model/time.ts";
import type { Notification, SendFailure } from "../ports/notifications.ts";
import type { Logger } from "./logger.ts";
import type { Registry } from "./metrics.ts";

/** The business events of telling people: each writes its log line and moves its metrics, together. */
export interface NotifyEvents {
  queued(notification: Notification): void;
  queueFailed(error: unknown): void;
  delivered(notification: Notification, tookMs: number): void;
  /** `retryAt` undefined: given up. */
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
  /** A silence of an earlier version has a matcher that is refused now: it silences nothing. */
  silenceUnusable(id: string, reason: string): void;
  /** What fires could not be sent once more to an Alertmanager; the next round comes all the same. */
  alertmanagerResendFailed(receiver: string, failure: { readonly reason: SendFailure; readonly detail: string }): void;
}

export function createNotifyEvents(logger: Logger, registry: Registry): NotifyEvents {
  const registers = [registry];
  const queued = new Counter({
    name: "pod_watcher_notifications_queued_total",
    help: "Messages that were decided and written to the outbox, by receiver and why they were sent.",
    labelNames: ["receiver", "reason"],
    registers,
  });
  const attempts = new Counter({
    name: "pod_watcher_notification_attempts_total",
    help: "Attempts to send a message, by receiver and what came of it: delivered, or why it failed.",
    labelNames: ["receiver", "result"],
    registers,
  });
  const dead = new Counter({
    name: "pod_watcher_notifications_dead_total",
    help: "Messages that were given up; they are kept and can be sent again.",
    labelNames: ["receiver"],
    registers,
  });
  const latency = new Histogram({
    name: "pod_watcher_notification_delivery_seconds",
    help: "From the moment that a message was decided until it was delivered.",
    labelNames: ["receiver"],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 3_600, 86_400],
    registers,
  });
  const open = new Gauge({
    name: "pod_watcher_receiver_circuit_open",
    help: "1 while a receiver is left alone after it has failed again and again.",
    labelNames: ["receiver"],
    registers,
  });

  return {
    queued(notification) {
      const { receiver, reason } = notification;
      queued.inc({ receiver, reason });
      logger.info({ event: "notification_queued", ...about(notification), reason }, "A message is to be sent.");
    },
    queueFailed(error) {
      logger.error(
        { event: "notification_queue_failed", err: error },
        "Messages could not be written to the outbox; it is tried again.",
      );
    },
    delivered(notification, tookMs) {
      const { receiver } = notification;
      attempts.inc({ receiver, result: "delivered" });
      latency.observe({ receiver }, tookMs / 1_000);
      logger.info({ event: "notification_delivered", ...about(notification), tookMs }, "A message was delivered.");
    },
    failed(notification, { reason, detail }, retryAt) {
      const { receiver } = notification;
      attempts.inc({ receiver, result: reason });
      const fields = { ...about(notification), reason, detail };
      if (retryAt !== undefined) {
        logger.warn(
          { event: "notification_failed", ...fields, retryAt: new Date(retryAt).toISOString() },
          "A message could not be delivered; it is tried again.",
        );
        return;
      }
      dead.inc({ receiver });
      logger.error(
        { event: "notification_dead", ...fields },
        "A message was given up; it is kept and can be sent again.",
      );
    },
    abandoned(count) {
      logger.warn(
        { event: "notifications_abandoned", count },
        "Messages for receivers that are no longer configured were given up.",
      );
    },
    storeFailed(receiver, error) {
      logger.error({ event: "outbox_failed", receiver, err: error }, "The outbox could not be read or written.");
    },
    circuitOpened(receiver, until) {
      open.set({ receiver }, 1);
      logger.warn(
        { event: "receiver_circuit_opened", receiver, until: new Date(until).toISOString() },
        "A receiver fails again and again; it is left alone for a while.",
      );
    },
    circuitClosed(receiver) {
      open.set({ receiver }, 0);
      logger.info({ event: "receiver_circuit_closed", receiver }, "A receiver takes messages again.");
    },
    silenceEnded(id, reason) {
      logger.info({ event: "silence_ended", id, reason }, "A silence was ended before its time.");
    },
    silenceUnusable(id, reason) {
      logger.warn({ event: "silence_invalid", id, reason }, "A silence cannot be used any more and silences nothing.");
    },
    alertmanagerResendFailed(receiver, { reason, detail }) {
      attempts.inc({ receiver, result: reason });
      logger.warn(
        { event: "alertmanager_resend_failed", receiver, reason, detail },
        "What fires could not be sent to an Alertmanager again; the next round follows.",
      );
    },
  };
}

function about({ id, receiver, groupLabels, status, alerts, truncatedAlerts, attempt }: Notification) {
  return { id, receiver, group: groupLabels, status, alerts: alerts.length + truncatedAlerts, attempt };
}
