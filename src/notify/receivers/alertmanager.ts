/**
 * Alertmanager, API version 2 (its openapi.yaml, `postAlerts`). It groups, silences and notifies by its own rules, and
 * resolves an alert when its `endsAt` has passed. So the outbox sends the changes, and `createAlertmanagerResender` sends
 * all firing alerts periodically.
 */
import type { Alert } from "../../core/model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../../core/model/time.ts";
import type { Labels } from "../../core/notify/matcher.ts";
import type { Suppression } from "../../core/notify/notification.ts";
import { type Destination, routingLabels } from "../../core/notify/route.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notification, Receiver, SendResult } from "../../ports/notifications.ts";
import { repeat } from "../../util/repeat.ts";
import type { IncidentContexts } from "../incident-contexts.ts";
import { linksOf } from "../links.ts";
import type { MessageOptions } from "../message.ts";
import { sendWithTimeout } from "../send-with-timeout.ts";
import { annotationsOf } from "./annotations.ts";
import { below, type HttpPoster, postJson } from "./http-post.ts";
import { definedOnly, startOf } from "./webhook.ts";

export interface AlertmanagerOptions {
  readonly name: string;
  /** Base address, including the path prefix if there is one. */
  readonly url: () => Promise<string>;
  readonly bearerToken?: () => Promise<string>;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
  readonly clock: Pick<Clock, "now">;
}

type PostedAlerts = Pick<Notification, "alerts" | "incidents">;

export interface Alertmanager extends Receiver {
  post(content: PostedAlerts, signal: AbortSignal): Promise<SendResult>;
}

/** As in Prometheus, an alert ends if it has not been sent for four intervals. */
const RESEND_INTERVAL: Duration = MINUTE;
const ENDS_AFTER: Duration = 4 * RESEND_INTERVAL;
/** Resolved alerts are resent for this long, for Alertmanagers that were down. */
const RESEND_RESOLVED_FOR: Duration = 5 * MINUTE;
/** Bounds a request to some hundred kilobytes. */
const ALERTS_PER_REQUEST = 200;

export function createAlertmanager(options: AlertmanagerOptions): Alertmanager {
  async function post({ alerts, incidents }: PostedAlerts, signal: AbortSignal): Promise<SendResult> {
    const [base, bearerToken] = await Promise.all([options.url(), options.bearerToken?.()]);
    const url = below(base, "/api/v2/alerts");
    const headers: Record<string, string> = bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` };
    const secrets = bearerToken === undefined ? [] : [bearerToken];
    for (let from = 0; from === 0 || from < alerts.length; from += ALERTS_PER_REQUEST) {
      const some = alerts.slice(from, from + ALERTS_PER_REQUEST);
      const body = JSON.stringify(
        some.map((alert) => toPostableAlert(alert, options.message, options.clock.now(), incidents)),
      );
      const result = await postJson(options.poster, { url, headers, body, secrets }, signal);
      if (!result.delivered) return result;
    }
    return { delivered: true };
  }
  return { name: options.name, post, send: post };
}

/** Its annotations are the same each time it is sent: log and events are those that are kept with the alert. */
export function toPostableAlert(
  alert: Alert,
  options: MessageOptions,
  now: Instant,
  incidents: Notification["incidents"] = {},
) {
  const { state } = alert;
  return {
    labels: definedOnly(routingLabels(alert)),
    annotations: definedOnly(annotationsOf(alert, options, { incidents })),
    startsAt: startOf(alert),
    endsAt: new Date(state.name === "resolved" ? state.resolvedAt : now + ENDS_AFTER).toISOString(),
    generatorURL: linksOf(alert, options).open,
  };
}

export interface AlertmanagerResenderOptions {
  /** False while another replica may own the state. */
  readonly maySend: () => boolean;
  readonly receiver: Alertmanager;
  readonly clock: Clock;
  readonly state: Pick<LiveState, "alerts">;
  readonly route: (labels: Labels) => readonly Destination[];
  readonly suppressed: (alert: Alert, now: Instant) => Suppression | undefined;
  readonly incidents: IncidentContexts;
  /** Timeout of one request. */
  readonly timeout: Duration;
  /** A request failed; the next one follows after the interval. */
  readonly failed: (result: Extract<SendResult, { delivered: false }>) => void;
}

/** Sends the current alerts to an Alertmanager once a minute. */
export function createAlertmanagerResender(options: AlertmanagerResenderOptions): AsyncDisposable {
  return repeat(options.clock, { every: RESEND_INTERVAL }, (stopping) => resend(options, stopping));
}

async function resend(options: AlertmanagerResenderOptions, stopping: AbortSignal): Promise<void> {
  const { clock, receiver, timeout } = options;
  const now = clock.now();
  const alerts = [...options.state.alerts()].filter((alert) => isResent(alert, options, now));
  if (alerts.length === 0 || !options.maySend()) return;
  const content = { alerts, incidents: options.incidents(alerts) };
  const result = await sendWithTimeout((signal) => receiver.post(content, signal), timeout, clock, stopping);
  if (!result.delivered) options.failed(result);
}

function isResent(alert: Alert, { route, receiver, suppressed }: AlertmanagerResenderOptions, now: Instant): boolean {
  const { state } = alert;
  if (state.name === "pending") return false;
  if (state.name === "resolved" && now - state.resolvedAt > RESEND_RESOLVED_FOR) return false;
  if (!route(routingLabels(alert)).some((destination) => destination.receiver === receiver.name)) return false;
  return state.name === "resolved" || suppressed(alert, now) === undefined;
}
