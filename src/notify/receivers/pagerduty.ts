/** PagerDuty, Events API v2: one incident per group, by deduplication key. It resolves when the group resolves. */
import type { Notification, Receiver } from "../../ports/notifications.ts";
import { type FittedCause, type FittedMessage, fitted } from "../fit-message.ts";
import { type Message, type MessageOptions, toMessage } from "../message.ts";
import { type HttpPoster, postJson } from "./http-post.ts";
import { shorten } from "./shorten.ts";

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

/** An event has at most 512 KB, and its summary 1,024 characters (developer.pagerduty.com, "PD-CEF", "Send an event"). */
const MAX_EVENT_BYTES = 100_000;

export function toPagerDutyEvent(notification: Notification, message: Message, options: MessageOptions) {
  const render = (part: FittedMessage) => toEvent(notification, part, options);
  return fitted(message, render, (event) => Buffer.byteLength(JSON.stringify(event)) <= MAX_EVENT_BYTES);
}

function toEvent(notification: Notification, message: FittedMessage, { publicUrl }: MessageOptions) {
  const { namespace, workload, alertname } = notification.groupLabels;
  const [first] = message.causes;
  return {
    event_action: notification.status === "resolved" ? "resolve" : "trigger",
    dedup_key: notification.groupKey,
    client: "Pod Watcher",
    client_url: publicUrl,
    links: (first?.links ?? []).map(({ text, url }) => ({ href: url, text })),
    payload: {
      summary: shorten(message.title, 1_024),
      source: shorten(namespace ?? "cluster", 255),
      severity: message.severity === "resolved" ? "info" : message.severity,
      timestamp: new Date(notification.createdAt).toISOString(),
      component: workload && shorten(workload, 255),
      group: notification.groupKey,
      class: alertname,
      custom_details: {
        causes: message.causes.map(toDetails),
        ...(message.brief.length === 0
          ? {}
          : { "other causes": message.brief.map(({ heading, why }) => `${heading}: ${why}`) }),
        ...(message.cut === "" ? {} : { "not shown": message.cut }),
        "notification reason": shorten(notification.reason, 300),
        "notification id": notification.id,
      },
    },
  };
}

function toDetails(cause: FittedCause) {
  const { heading, why, description, facts, change, acknowledgedBy, log, logTitle, events, eventsTitle, links } = cause;
  return {
    summary: heading,
    why,
    description,
    ...(change === undefined ? {} : { Changed: change }),
    ...Object.fromEntries(facts.map(({ label, value }) => [label, value])),
    ...(acknowledgedBy === undefined ? {} : { "Acknowledged by": acknowledgedBy }),
    ...(log === "" ? {} : { [logTitle]: log }),
    ...(events === "" ? {} : { [eventsTitle]: events }),
    ...Object.fromEntries(links.map(({ text, url }) => [text, url])),
    ...(cause.command === "" ? {} : { Command: cause.command }),
  };
}
