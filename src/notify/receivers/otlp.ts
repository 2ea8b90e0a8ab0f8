/**
 * Alerts as log records for an OpenTelemetry collector: OTLP/HTTP with JSON (opentelemetry.io/docs/specs/otlp), with the
 * names of the semantic conventions for Kubernetes.
 */
import { type Alert, firedAt } from "../../core/model/alert.ts";
import type { Instant } from "../../core/model/time.ts";
import { routingLabels } from "../../core/notify/route.ts";
import type { Notification, Receiver, SendResult } from "../../ports/notifications.ts";
import { VERSION } from "../../ports/version.ts";
import type { MessageOptions } from "../message.ts";
import { annotationsOf } from "./annotations.ts";
import { below, excerpt, type HttpPoster, hostOf, judgeStatus } from "./http-post.ts";
import { definedOnly } from "./webhook.ts";

export interface OtlpOptions {
  readonly name: string;
  /** Base address, to which the path /v1/logs is added. */
  readonly url: () => Promise<string>;
  /** As in OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, with percent-encoded values. */
  readonly headers?: () => Promise<string>;
  readonly message: MessageOptions;
  readonly poster: HttpPoster;
}

/** Bounds a request to some hundred kilobytes. */
const ALERTS_PER_REQUEST = 200;

export function createOtlp(options: OtlpOptions): Receiver {
  return {
    name: options.name,
    async send(notification, signal) {
      const [base, given] = await Promise.all([options.url(), options.headers?.()]);
      const url = below(base, "/v1/logs");
      const own = parseHeaders(given ?? "");
      const headers = { ...own, "content-type": "application/json" };
      // `Bearer x` may come back as `x`.
      const secrets = Object.values(own).flatMap((value) => [value, ...value.split(" ")]);
      const { alerts } = notification;
      for (let from = 0; from === 0 || from < alerts.length; from += ALERTS_PER_REQUEST) {
        const some = { ...notification, alerts: alerts.slice(from, from + ALERTS_PER_REQUEST) };
        const message = { url, headers, body: JSON.stringify(toLogs(some, options.message)), secrets };
        const answer = await options.poster.post(message, signal);
        if (!answer.answered) return answer.failure;
        const result = judgeStatus(answer, message);
        if (!result.delivered) return result;
        const rejected = rejectedBy(answer.body);
        if (rejected > 0) return partialSuccess(rejected, answer.body, message);
      }
      return { delivered: true };
    },
  };
}

/** Pairs without a name or `=` are left out, as by the OpenTelemetry SDKs. */
export function parseHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const [, name, value = ""] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), decoded(value)]];
    }),
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The collector must not get the rejected records again (OTLP, "Partial Success"). */
function partialSuccess(
  rejected: number,
  body: string,
  message: { url: string; secrets: readonly string[] },
): SendResult {
  const detail = `${hostOf(message.url)} rejected ${rejected} log records${excerpt(body, message)}`;
  return { delivered: false, retry: false, reason: "clientError", detail };
}

function rejectedBy(body: string): number {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: { rejectedLogRecords?: string | number } | null };
    return Number(partialSuccess?.rejectedLogRecords ?? 0);
  } catch {
    // Some servers answer with an empty body, or with a text.
    return 0;
  }
}

/** ExportLogsServiceRequest, in the JSON encoding of OTLP. */
export function toLogs(notification: Notification, options: MessageOptions) {
  const resource = { "service.name": "pod-watcher", "service.version": VERSION };
  return {
    resourceLogs: [
      {
        resource: { attributes: attributes(resource) },
        scopeLogs: [
          {
            scope: { name: "pod-watcher", version: VERSION },
            logRecords: notification.alerts.map((alert) => toLogRecord(alert, notification, options)),
          },
        ],
      },
    ],
  };
}

/** SeverityNumber of the log data model. */
const SEVERITY = { critical: [17, "ERROR"], warning: [13, "WARN"], resolved: [9, "INFO"] } as const;

function toLogRecord(alert: Alert, notification: Notification, options: MessageOptions) {
  const { state, subject, labels } = alert;
  const isResolved = state.name === "resolved";
  const [severityNumber, severityText] = SEVERITY[isResolved ? "resolved" : alert.severity];
  const annotations = annotationsOf(alert, options, notification);
  return {
    timeUnixNano: nanoseconds(isResolved ? state.resolvedAt : firedAt(alert)),
    observedTimeUnixNano: nanoseconds(notification.createdAt),
    severityNumber,
    severityText,
    eventName: isResolved ? "pod_watcher.alert.resolved" : "pod_watcher.alert.firing",
    body: { stringValue: definedOnly(annotations).summary ?? "" },
    attributes: attributes({
      "k8s.namespace.name": labels.namespace,
      "k8s.pod.name": subject.pod ?? labels.pod,
      "k8s.pod.uid": subject.podUid,
      "k8s.container.name": labels.container,
      "k8s.node.name": subject.node,
      ...(subject.workload !== undefined && {
        [`k8s.${subject.workload.kind.toLowerCase()}.name`]: subject.workload.name,
      }),
      "pod_watcher.notification.id": notification.id,
      "pod_watcher.alert.fingerprint": alert.fingerprint,
      "pod_watcher.alert.episode": String(alert.episode),
      ...prefixed("pod_watcher.label.", routingLabels(alert)),
      ...prefixed("pod_watcher.annotation.", annotations),
    }),
  };
}

type Texts = Readonly<Record<string, string | undefined>>;

function prefixed(prefix: string, values: Texts): Texts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

function attributes(values: Texts) {
  return Object.entries(definedOnly(values)).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** A 64-bit integer is a string in JSON. */
function nanoseconds(at: Instant): string {
  return `${Math.round(at)}000000`;
}
