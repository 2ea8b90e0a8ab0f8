/**
 * The content of a message, independent of the format of a service: a title with workload, alert, number of pods and
 * start time; then facts, log lines, events, links and a command for further investigation.
 */
import { type Alert, firedAt } from "../core/model/alert.ts";
import { describeTermination } from "../core/text/exit-code.ts";
import { printable } from "../core/text/printable.ts";
import { describeRestarts, formatInstant } from "../core/text/text.ts";
import { alertLink } from "../core/view/alert-link.ts";
import type { Notification } from "../ports/notifications.ts";

export interface MessageOptions {
  /** Public address of the page; without it, messages have no links to it. */
  readonly publicUrl?: string;
  /** Address of the OpenShift console. */
  readonly consoleUrl?: string;
  readonly cli: "oc" | "kubectl";
}

/** Plain text without markup. Receivers escape and shorten it for their service. */
export interface Message {
  readonly status: "firing" | "resolved";
  readonly severity: "critical" | "warning" | "resolved";
  /** One line. */
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly alerts: readonly MessageAlert[];
  /** Number of further alerts in the group. */
  readonly truncated: number;
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** Shell command to investigate further; undefined without alerts. */
  readonly command: string | undefined;
  /** The reason of the notification, and its id. */
  readonly footer: string;
}

export interface MessageAlert {
  readonly resolved: boolean;
  readonly severity: "critical" | "warning";
  readonly summary: string;
  readonly description: string;
  readonly acknowledgedBy: string | undefined;
  readonly log: readonly string[];
  readonly events: readonly string[];
  readonly link: string | undefined;
}

export function toMessage(notification: Notification, options: MessageOptions): Message {
  const { alerts, status, truncatedAlerts } = notification;
  const worst = alerts.find((alert) => alert.severity === "critical" && alert.state.name === "firing") ?? alerts[0];
  const severity = status === "resolved" || worst === undefined ? "resolved" : worst.severity;
  return {
    status,
    severity,
    title: oneLine(titleOf(notification)),
    facts: (worst === undefined ? [] : factsOf(worst, notification)).map(({ label, value }) => ({
      label,
      value: oneLine(value),
    })),
    alerts: alerts.map((alert) => ({
      resolved: alert.state.name === "resolved",
      severity: alert.severity,
      summary: oneLine(alert.annotations.summary),
      description: printable(alert.annotations.description),
      acknowledgedBy: alert.acknowledgement && oneLine(alert.acknowledgement.by),
      log: (notification.evidence?.[alert.fingerprint]?.log ?? []).map(printable),
      events: (notification.evidence?.[alert.fingerprint]?.events ?? []).map(oneLine),
      link: linkTo(alert, options),
    })),
    truncated: truncatedAlerts,
    links: worst === undefined ? [] : linksOf(worst, options),
    command: worst === undefined ? undefined : commandFor(worst, options.cli),
    footer: `Pod Watcher · ${notification.reason} · ${notification.id}`,
  };
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, " ").trim());
}

/** `Failure: Deployment/checkout in shop: PodCrashLooping (CrashLoopBackOff), 3 pods, since 2026-11-22 11:41:56 UTC`. */
function titleOf({ status, alerts, groupLabels, truncatedAlerts }: Notification): string {
  const shown = alerts.filter((alert) => (alert.state.name === "resolved") === (status === "resolved"));
  const [first] = shown;
  if (first === undefined)
    return `${status === "resolved" ? "Resolved" : "Firing"}: ${Object.values(groupLabels).join(", ")}`;
  const names = [...new Set(shown.map((alert) => alert.labels.alertname))];
  const reasons = [...new Set(shown.map((alert) => alert.annotations.reason).filter((reason) => reason !== undefined))];
  const alertnames = `${names.join(", ")}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`;
  const count = podsIn(shown) + truncatedAlerts;
  const pods = count > 1 ? `, ${count} pods` : "";
  const since = formatInstant(Math.min(...shown.map(firedAt)));
  const subject = subjectOf(shown, groupLabels.node);
  return status === "resolved"
    ? `Resolved: ${subject}: ${alertnames}${pods}`
    : `${first.severity === "critical" ? "Failure" : "Warning"}: ${subject}: ${alertnames}${pods}, since ${since}`;
}

function subjectOf(alerts: readonly Alert[], node: string | undefined): string {
  if (alerts.every(({ labels }) => labels.alertname === "ClusterUnreachable")) return "the cluster";
  const workloads = [...new Set(alerts.map((alert) => alert.labels.workload ?? alert.labels.pod ?? ""))].filter(
    Boolean,
  );
  const namespaces = [...new Set(alerts.map((alert) => alert.labels.namespace))];
  const many = (names: readonly string[], noun: string) =>
    names.length > 2 ? `${names.length} ${noun}` : names.join(" and ");
  const where = many(namespaces, "namespaces");
  const subject = workloads.length === 0 ? `namespace ${where}` : `${many(workloads, "workloads")} in ${where}`;
  return node === undefined ? subject : `node ${node}: ${subject}`;
}

function podsIn(alerts: readonly Alert[]): number {
  return new Set(alerts.flatMap((alert) => alert.sources)).size;
}

function factsOf(alert: Alert, { groupLabels }: Notification): Message["facts"] {
  const { container, node } = alert.subject;
  const facts: [string, string | undefined][] = [
    ["Namespace", alert.labels.namespace],
    ["Workload", alert.labels.workload],
    ["Pod", alert.labels.pod],
    ["Container", container?.name],
    ["Reason", alert.annotations.reason],
    ["Last exit", container?.lastTerminated === undefined ? undefined : describeTermination(container.lastTerminated)],
    [
      "Restarts",
      container === undefined || container.restarts.length === 0 ? undefined : describeRestarts(container.restarts),
    ],
    ["Image", container?.image],
    ["Node", node],
    [
      "Group",
      Object.entries(groupLabels)
        .map(([name, value]) => `${name}=${value}`)
        .join(", ") || undefined,
    ],
  ];
  return facts.flatMap(([label, value]) => (value === undefined || value === "" ? [] : [{ label, value }]));
}

/** The page with the details of the alert's subject. */
export function linkTo(alert: Pick<Alert, "labels">, { publicUrl }: MessageOptions): string | undefined {
  return alertLink(alert, publicUrl);
}

function linksOf(alert: Alert, options: MessageOptions): Message["links"] {
  const links: { text: string; url: string }[] = [];
  const page = linkTo(alert, options);
  if (page !== undefined) links.push({ text: "Pod Watcher", url: page });
  const { namespace, pod } = alert.labels;
  if (options.consoleUrl !== undefined) {
    const base = `${options.consoleUrl.replace(/\/$/, "")}/k8s/ns/${encodeURIComponent(namespace)}`;
    links.push(
      pod === undefined
        ? { text: "Console: pods", url: `${base}/pods` }
        : { text: "Console: pod", url: `${base}/pods/${encodeURIComponent(pod)}` },
    );
    if (pod !== undefined) links.push({ text: "Console: logs", url: `${base}/pods/${encodeURIComponent(pod)}/logs` });
  }
  return links;
}

/** Kubernetes names contain no characters with a meaning in a shell (RFC 1123). */
function commandFor({ labels, subject, state }: Alert, cli: string): string {
  const { namespace, pod, container } = labels;
  if (pod === undefined) return `${cli} -n ${namespace} get pods`;
  const previous = subject.container !== undefined && subject.container.restartCount > 0 && state.name === "firing";
  return `${cli} -n ${namespace} logs ${pod}${container === undefined ? "" : ` -c ${container}`}${previous ? " --previous" : ""}`;
}
