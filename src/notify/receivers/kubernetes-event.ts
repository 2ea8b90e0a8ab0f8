/**
 * Kubernetes Events on the pods, shown by `oc describe pod` and the console. It needs permission to create events in the
 * namespace, which the `view` role does not grant.
 */
import type { Alert } from "../../core/model/alert.ts";
import { fingerprint } from "../../core/model/fingerprint.ts";
import { printableLine } from "../../core/text/printable.ts";
import type { Notification, Receiver, SendResult } from "../../ports/notifications.ts";
import { judgeStatus } from "./http-post.ts";
import { shorten } from "./shorten.ts";

export interface KubernetesEventOptions {
  readonly name: string;
  /** Posts JSON to the API server with our own credentials. Rejects without a response. */
  readonly post: (path: string, json: object) => Promise<{ readonly status: number; readonly body: string }>;
}

export function createKubernetesEvents({ name, post }: KubernetesEventOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      // One Event per alert of a pod: events of other objects are rarely read.
      const alerts = notification.alerts.filter((alert) => alert.labels.pod !== undefined);
      for (const alert of alerts) {
        if (signal.aborted)
          return {
            delivered: false,
            retry: true,
            reason: "timeout",
            detail: "timed out before all events were created",
          };
        const result = await postEvent(post, toEvent(notification, alert));
        if (!result.delivered) return result;
      }
      return { delivered: true };
    },
  };
}

async function postEvent(post: KubernetesEventOptions["post"], event: ReturnType<typeof toEvent>): Promise<SendResult> {
  const path = `/api/v1/namespaces/${encodeURIComponent(event.metadata.namespace)}/events`;
  try {
    const { status, body } = await post(path, event);
    // 409: an earlier attempt created it. 404: its namespace was deleted.
    if (status === 409 || status === 404) return { delivered: true };
    const response = { answered: true, status, body: messageOf(body), retryAfter: undefined } as const;
    return judgeStatus(response, { url: "https://kubernetes" });
  } catch {
    return { delivered: false, retry: true, reason: "network", detail: "no response from the API server" };
  }
}

/** The message of a Status object. */
function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}

/** The name is derived from notification and alert, so that a second attempt does not create a second Event. */
export function toEvent(notification: Notification, alert: Alert) {
  const { labels, annotations, subject, state } = alert;
  const pod = labels.pod ?? "";
  const at = new Date(notification.createdAt).toISOString().replace(/\.\d+Z$/, "Z");
  const suffix = fingerprint({ message: notification.id, alert: alert.fingerprint });
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: labels.namespace, name: `${pod.slice(0, 236)}.${suffix}` },
    involvedObject: {
      apiVersion: "v1",
      kind: "Pod",
      namespace: labels.namespace,
      name: pod,
      uid: subject.podUid,
      fieldPath: labels.container && `spec.containers{${labels.container}}`,
    },
    type: state.name === "resolved" ? "Normal" : "Warning",
    reason: state.name === "resolved" ? `${labels.alertname}Resolved` : labels.alertname,
    message: shorten(printableLine(`${annotations.summary}. ${annotations.description}`), 1_000),
    source: { component: "pod-watcher" },
    reportingComponent: "pod-watcher.io/pod-watcher",
    reportingInstance: "pod-watcher",
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
