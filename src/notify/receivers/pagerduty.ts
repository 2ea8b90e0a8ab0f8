/** PagerDuty, Events API v2: one incident per group, by deduplication key. It resolves when the group resolves. */
import type { Notification, Receiver } from "../../ports/notifications.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { type HttpPoster, postJson } from "./http-post.ts";
import { lastLines, shorten } from "./shorten.ts";

export interface PagerDutyOptions {
  readonly name: string;
  readonly routingKey: () => Promise<string>;
  /** Default: `https://events.pagerduty.com/v2/enqueue`. The EU region has a different one. */
  readonly url?: () => Promise<string>;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
}

export function createPagerDuty({ name, routingKey, url, message, poster }: PagerDutyOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const [key, address] = await Promise.all([routingKey(), url?.() ?? "https://events.pagerduty.com/v2/enqueue"]);
      const event = toPagerDutyEvent(notification, toMessage(notification, message), message);
      const body = JSON.stringify({ routing_key: key, ...event });
      return await postJson(poster, { url: address, body, secrets: [key] }, signal);
    },
  };
}

/** Keeps incidents readable; the limit of an event is 512 KB. */
const ALERTS_SHOWN = 20;

export function toPagerDutyEvent(notification: Notification, message: Message, { publicUrl }: MessageOptions) {
  const shown = message.alerts.slice(0, ALERTS_SHOWN);
  const rest = message.alerts.length - shown.length + message.truncated;
  const { namespace, workload, alertname } = notification.groupLabels;
  return {
    event_action: notification.status === "resolved" ? "resolve" : "trigger",
    dedup_key: notification.groupKey,
    client: "Pod Watcher",
    client_url: publicUrl,
    links: message.links.map(({ text, url }) => ({ href: url, text })),
    payload: {
      summary: shorten(message.title, 1_024),
      source: shorten(namespace ?? "cluster", 255),
      severity: message.severity === "resolved" ? "info" : message.severity,
      timestamp: new Date(notification.createdAt).toISOString(),
      component: workload,
      group: notification.groupKey,
      class: alertname,
      custom_details: {
        ...Object.fromEntries(message.facts.map(({ label, value }) => [label, shorten(value, 1_000)])),
        alerts: shown.map((alert) => ({
          summary: shorten(alert.summary, 500),
          description: shorten(alert.description, 2_000),
          status: alert.resolved ? "resolved" : "firing",
          ...(alert.log.length === 0 ? {} : { log: lastLines(alert.log, 4_000) }),
          ...(alert.events.length === 0 ? {} : { events: lastLines(alert.events.toReversed(), 2_000) }),
          link: alert.link,
        })),
        ...(rest === 0 ? {} : { "more alerts": rest }),
        command: message.command,
        "notification reason": notification.reason,
        "notification id": notification.id,
      },
    },
  };
}
