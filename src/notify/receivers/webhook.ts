/**
 * A generic webhook with Alertmanager's payload, version 4, for everything that accepts Alertmanager webhooks.
 * prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
import { createHmac } from "node:crypto";
import { type Alert, firedAt } from "../../core/model/alert.ts";
import { SECOND } from "../../core/model/time.ts";
import { routingLabels } from "../../core/notify/route.ts";
import { printable } from "../../core/text/printable.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Notification, Receiver } from "../../ports/notifications.ts";
import { linksOf } from "../links.ts";
import type { MessageOptions } from "../message.ts";
import { annotationsOf } from "./annotations.ts";
import { type HttpPoster, postJson } from "./http-post.ts";

export interface WebhookOptions {
  readonly name: string;
  readonly url: () => Promise<string>;
  /** Signs each message with HMAC-SHA256. */
  readonly signingKey?: () => Promise<string>;
  /** Wraps the body in a CloudEvents 1.0 envelope (structured mode). */
  readonly cloudEvents?: boolean;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
  readonly clock: Pick<Clock, "now">;
}

export function createWebhook(options: WebhookOptions): Receiver {
  return {
    name: options.name,
    async send(notification, signal) {
      const [url, signingKey] = await Promise.all([options.url(), options.signingKey?.()]);
      const content = toWebhookBody(notification, options.message);
      const body = JSON.stringify(
        options.cloudEvents === true ? toCloudEvent(notification, content, options.message) : content,
      );
      const headers: Record<string, string> = {
        "content-type": options.cloudEvents === true ? "application/cloudevents+json" : "application/json",
        "idempotency-key": notification.id,
        "x-pod-watcher-attempt": String(notification.attempt),
      };
      if (signingKey !== undefined) {
        headers["x-pod-watcher-signature"] = sign(body, signingKey, Math.floor(options.clock.now() / SECOND));
      }
      const secrets = signingKey === undefined ? [] : [signingKey];
      return await postJson(options.poster, { url, headers, body, secrets }, signal);
    },
  };
}

/** `t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY`. The time is signed as well, to prevent the replay of old messages. */
export function sign(body: string, key: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex")}`;
}

/** Alertmanager's `endsAt` of an alert that has not ended. */
const NEVER = "0001-01-01T00:00:00Z";

export function toWebhookBody(notification: Notification, options: MessageOptions) {
  const alerts = notification.alerts.map((alert) => ({
    status: alert.state.name === "resolved" ? "resolved" : "firing",
    labels: definedOnly(routingLabels(alert)),
    annotations: definedOnly(annotationsOf(alert, options, notification)),
    startsAt: startOf(alert),
    endsAt: alert.state.name === "resolved" ? new Date(alert.state.resolvedAt).toISOString() : NEVER,
    generatorURL: linksOf(alert, options).open ?? "",
    fingerprint: alert.fingerprint,
  }));
  return {
    version: "4",
    groupKey: notification.groupKey,
    truncatedAlerts: notification.truncatedAlerts,
    status: notification.status,
    receiver: notification.receiver,
    groupLabels: definedOnly(notification.groupLabels),
    commonLabels: inCommon(alerts.map((alert) => alert.labels)),
    commonAnnotations: inCommon(alerts.map((alert) => alert.annotations)),
    externalURL: options.publicUrl ?? "",
    alerts,
  };
}

function toCloudEvent(notification: Notification, data: object, { publicUrl }: MessageOptions) {
  return {
    specversion: "1.0",
    id: notification.id,
    source: publicUrl ?? "/pod-watcher",
    type: `io.pod-watcher.alerts.${notification.status}`,
    subject: notification.groupKey,
    time: new Date(notification.createdAt).toISOString(),
    datacontenttype: "application/json",
    data,
  };
}

export function startOf(alert: Alert): string {
  return new Date(firedAt(alert)).toISOString();
}

/** Labels and annotations that are present. They end up in terminals and chats. */
export function definedOnly(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)]])),
  );
}

/** The pairs that all have in common. */
function inCommon(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every((one) => one[name] === value)));
}
