/**
 * Alertmanager, API version 2 (its openapi.yaml, `postAlerts`). It groups, silences and tells by its own rules and
 * takes an alert for over once `endsAt` has passed, so what fires must be sent again and again: `createAlertmanagerResender` does
 * that past the outbox, which holds the changes alone.
 */
import type { Alert } from "../../core/model/alert.ts";
import { type Duration, type Instant, MINUTE } from "../../core/model/time.ts";
import type { Labels } from "../../core/notify/matcher.ts";
import type { Suppression } from "../../core/notify/notification.ts";
import { type Destination, routingLabels } from "../../core/notify/route.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Receiver, SendResult } from "../../ports/notifications.ts";
import { linkTo, type MessageOptions } from "../message.ts";
import { type HttpPoster, postJson } from "./http-post.ts";
import { definedOnly, startOf } from "./webhook.ts";

export interface AlertmanagerOptions {
  readonly name: string;
  /** The base address, with a path prefix where it has one. */
  readonly url: () => Promise<string>;
  readonly bearerToken?: () => Promise<string>;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
  readonly clock: Pick<Clock, "now">;
}

export interface Alertmanager extends Receiver {
  post(alerts: readonly Alert[], signal: AbortSignal): Promise<SendResult>;
}

/** How often what fires is sent, as Prometheus does it; an alert that was not sent for four rounds is over. */
const RESEND: Duration = MINUTE;
const ENDS_AFTER: Duration = 4 * RESEND;
/** So long one that is over is sent as such, for an Alertmanager that was away or has peers that were. */
const RESOLVED_FOR: Duration = 5 * MINUTE;
/** Alerts per request: some hundred kilobytes. */
const PER_REQUEST = 200;

export function createAlertmanager(options: AlertmanagerOptions): Alertmanager {
  async function post(alerts: readonly Alert[], signal: AbortSignal): Promise<SendResult> {
    const [base, bearerToken] = await Promise.all([options.url(), options.bearerToken?.()]);
    const url = `${base.replace(/\/+$/, "")}/api/v2/alerts`;
    const headers: Record<string, string> = bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` };
    const secrets = bearerToken === undefined ? [] : [bearerToken];
    for (let from = 0; from === 0 || from < alerts.length; from += PER_REQUEST) {
      const some = alerts.slice(from, from + PER_REQUEST);
      const body = JSON.stringify(some.map((alert) => toPostableAlert(alert, options.message, options.clock.now())));
      const result = await postJson(options.poster, { url, headers, body, secrets }, signal);
      if (!result.delivered) return result;
    }
    return { delivered: true };
  }
  return { name: options.name, post, send: (notification, signal) => post(notification.alerts, signal) };
}

export function toPostableAlert(alert: Alert, options: MessageOptions, now: Instant) {
  const { state } = alert;
  const generatorURL = linkTo(alert, options);
  return {
    labels: definedOnly(routingLabels(alert)),
    annotations: definedOnly(alert.annotations),
    startsAt: startOf(alert),
    endsAt: new Date(state.name === "resolved" ? state.resolvedAt : now + ENDS_AFTER).toISOString(),
    ...(generatorURL === undefined ? {} : { generatorURL }),
  };
}

export interface AlertmanagerResenderOptions {
  readonly receiver: Alertmanager;
  readonly clock: Clock;
  readonly state: Pick<LiveState, "alerts">;
  readonly route: (labels: Labels) => readonly Destination[];
  readonly suppressed: (alert: Alert, now: Instant) => Suppression | undefined;
  /** How long one round may take. */
  readonly timeout: Duration;
  /** A round failed; the next one comes all the same. */
  readonly failed: (result: Extract<SendResult, { delivered: false }>) => void;
}

/** Sends what fires and what was over memoizeFor, once a minute, until it is disposed of. */
export function createAlertmanagerResender(options: AlertmanagerResenderOptions): AsyncDisposable {
  const { clock, receiver } = options;
  const stopping = new AbortController();
  let timer: Timer | undefined = clock.after(RESEND, begin);
  let round: Promise<void> | undefined;

  function begin(): void {
    timer = undefined;
    round = resender().finally(() => {
      round = undefined;
      if (!stopping.signal.aborted) timer = clock.after(RESEND, begin);
    });
  }

  async function resender(): Promise<void> {
    const now = clock.now();
    const alerts = [...options.state.alerts()].filter((alert) => isToBeSent(alert, now));
    if (alerts.length === 0) return;
    const giveUp = new AbortController();
    const abort = () => giveUp.abort(stopping.signal.reason);
    stopping.signal.addEventListener("abort", abort, { once: true });
    const deadline = clock.after(options.timeout, () => giveUp.abort(new DOMException("too long", "TimeoutError")));
    try {
      const result = await receiver.post(alerts, giveUp.signal);
      if (!result.delivered) options.failed(result);
    } catch (error) {
      const detail = `the receiver failed with ${error instanceof Error ? error.name : typeof error}`;
      options.failed({ delivered: false, retry: true, reason: "network", detail });
    } finally {
      deadline.cancel();
      stopping.signal.removeEventListener("abort", abort);
    }
  }

  function isToBeSent(alert: Alert, now: Instant): boolean {
    const { state } = alert;
    if (state.name === "pending") return false;
    if (state.name === "resolved" && now - state.resolvedAt > RESOLVED_FOR) return false;
    if (!options.route(routingLabels(alert)).some((one) => one.receiver === receiver.name)) return false;
    return state.name === "resolved" || options.suppressed(alert, now) === undefined;
  }

  return {
    async [Symbol.asyncDispose]() {
      timer?.cancel();
      stopping.abort(new DOMException("the program stops", "AbortError"));
      await round;
    },
  };
}
