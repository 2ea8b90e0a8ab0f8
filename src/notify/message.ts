/**
 * The content of a message, independent of the format of a service: a title that starts with severity and state, then
 * one block for each cause.
 */
import { podsOf } from "../core/incident/causes.ts";
import { describeRollout } from "../core/incident/change.ts";
import { subjectOfKey } from "../core/incident/key.ts";
import { lastLineOf } from "../core/incident/last-line.ts";
import { type NotifiedCause, notifiedCauses } from "../core/incident/notified-causes.ts";
import { lastEndOf, whyOf } from "../core/incident/why.ts";
import { type Alert, firedAt } from "../core/model/alert.ts";
import { formatSpan } from "../core/model/duration.ts";
import type { Instant } from "../core/model/time.ts";
import { describeTermination } from "../core/text/exit-code.ts";
import { printable } from "../core/text/printable.ts";
import { describeRestarts, formatInstant } from "../core/text/text.ts";
import type { AlertEvidence, Notification } from "../ports/notifications.ts";
import { commandFor, type LinkOptions, linksOf } from "./links.ts";

export type MessageOptions = LinkOptions;

/** Plain text without markup. Receivers escape it for their service, after `fitted` has cut it. */
export interface Message {
  readonly status: "firing" | "resolved";
  /** That of the title. A resolved message has the colour `resolved` and names the severity in its title. */
  readonly severity: "critical" | "warning" | "resolved";
  /** One line. */
  readonly title: string;
  readonly causes: readonly MessageCause[];
  /** Number of causes of the group that are not in `causes`. */
  readonly moreCauses: number;
  /** Number of alerts of the group whose cause is not known. */
  readonly moreAlerts: number;
  /** The reason of the notification, and its id. */
  readonly footer: string;
}

/** One cause of one incident, in any number of pods. */
export interface MessageCause {
  readonly severity: "critical" | "warning" | "resolved";
  /** One line: severity, state and workload. */
  readonly heading: string;
  /** One sentence. */
  readonly why: string;
  /** Details of one pod, and the remedy. */
  readonly description: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly change: string | undefined;
  readonly acknowledgedBy: string | undefined;
  /** Name of the pod that description, log and events are from. */
  readonly example: string | undefined;
  /** The last lines. */
  readonly log: readonly string[];
  /** Warnings, newest first. */
  readonly events: readonly string[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** Shell command to investigate further. */
  readonly command: string;
}

const SEVERITIES = { critical: "Critical", warning: "Warning" } as const;

export function toMessage(notification: Notification, options: MessageOptions): Message {
  const { status, alerts, podsByCause, truncatedAlerts } = notification;
  const all = notifiedCauses(alerts);
  const causes = status === "resolved" ? all.filter(({ isResolved }) => isResolved) : all;
  const shown = causes.filter(({ isResolved }) => isResolved === (status === "resolved"));
  return {
    status,
    severity: status === "resolved" || shown.length === 0 ? "resolved" : worstOf(shown),
    title: oneLine(titleOf(notification, shown)),
    causes: causes.map((cause) => toCause(cause, notification, options)),
    moreCauses: Math.max(0, Object.keys(podsByCause ?? {}).length - causes.length),
    moreAlerts: podsByCause === undefined ? truncatedAlerts : 0,
    footer: oneLine(`Pod Watcher · ${notification.reason} · ${notification.id}`),
  };
}

function worstOf(causes: readonly NotifiedCause[]): "critical" | "warning" {
  return causes.some(({ severity }) => severity === "critical") ? "critical" : "warning";
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, " ").trim());
}

/** `Critical, firing: Deployment/checkout in shop: Keeps crashing, 3 pods, since 2026-11-22 11:41:56 UTC`. */
function titleOf(notification: Notification, causes: readonly NotifiedCause[]): string {
  const { status, groupLabels } = notification;
  if (causes.length === 0) {
    return `${status === "resolved" ? "Resolved" : "Firing"}: ${Object.values(groupLabels).join(", ")}`;
  }
  const subject = subjectOf(causes, groupLabels.node);
  const alerts = causes.flatMap((cause) => cause.alerts);
  const severity = worstOf(causes);
  const count = causes.reduce((sum, cause) => sum + podCount(cause, notification), 0);
  const pods = count > 1 ? `, ${count} pods` : "";
  const since = Math.min(...causes.map((cause) => sinceOf(cause, notification)));
  if (status === "resolved") {
    const names = [...new Set(alerts.map(({ labels }) => labels.alertname))];
    const span = formatSpan(Math.max(endOf(alerts) - since, 0));
    return `Resolved, was ${severity}: ${subject}: ${someOf(names, "alerts")}${pods}, after ${span}`;
  }
  const shorts = [...new Set(causes.map((cause) => wordsFor(cause, notification).short))];
  return `${SEVERITIES[severity]}, firing: ${subject}: ${someOf(shorts, "causes")}${pods}, since ${formatInstant(since)}`;
}

/** The first two, and how many more. */
function someOf(names: readonly string[], noun: string): string {
  return names.length > 2 ? `${names[0]}, and ${names.length - 1} other ${noun}` : names.join("; ");
}

function subjectOf(causes: readonly NotifiedCause[], node: string | undefined): string {
  const keys = [...new Set(causes.map(({ incident }) => incident))];
  const subjects = keys.map(subjectOfKey);
  if (subjects.every(({ kind }) => kind === "cluster")) return "the cluster";
  const many = (names: readonly string[], noun: string) =>
    names.length > 2 ? `${names.length} ${noun}` : names.join(" and ");
  const where = many([...new Set(subjects.map(({ namespace }) => namespace))], "namespaces");
  const workloads = [...new Set(subjects.map(({ workload }) => workload).filter((one) => one !== undefined))];
  const subject = workloads.length === 0 ? `namespace ${where}` : `${many(workloads, "workloads")} in ${where}`;
  return node === undefined ? subject : `node ${node}: ${subject}`;
}

function podCount(cause: NotifiedCause, { podsByCause }: Notification): number {
  return podsByCause?.[cause.id] ?? podsOf(cause.alerts).length;
}

function sinceOf({ incident, isResolved, alerts }: NotifiedCause, { incidents }: Notification): Instant {
  const first = Math.min(...alerts.map(({ state }) => state.activeAt));
  return isResolved ? first : Math.min(incidents?.[incident]?.since ?? first, first);
}

function endOf(alerts: readonly Alert[]): Instant {
  return Math.max(...alerts.map(({ state }) => (state.name === "resolved" ? state.resolvedAt : firedAt({ state }))));
}

function wordsFor(cause: NotifiedCause, notification: Notification) {
  const example = exampleOf(cause, notification);
  const total = notification.incidents?.[cause.incident]?.pods ?? 0;
  const failing = podCount(cause, notification);
  const alerts = [example, ...cause.alerts.filter((alert) => alert !== example)];
  return whyOf({ ...cause, alerts }, { lastLine: lastLineOf(example)?.text, failing, total });
}

/** The newest alert whose log is known; otherwise the newest. */
function exampleOf({ alerts }: NotifiedCause, notification: Notification): Alert {
  return alerts.find((alert) => evidenceOf(alert, notification).log.length > 0) ?? alerts[0]!;
}

const LOG_LINES = 5;
/** Events of the kubelet of type Normal. */
const NORMAL_EVENTS: ReadonlySet<string> = new Set(["Pulled", "Pulling"]);

/** The evidence that was read for the notification; otherwise the part that is kept with the alert. */
export function evidenceOf(
  { fingerprint, evidence }: Alert,
  notification?: Pick<Notification, "evidence">,
): AlertEvidence {
  const read = notification?.evidence?.[fingerprint];
  const events = evidence?.events.filter(({ reason }) => !NORMAL_EVENTS.has(reason)) ?? [];
  return {
    log: (read?.log ?? evidence?.log ?? []).slice(-LOG_LINES),
    events:
      read?.events ??
      events.map(({ reason, message, count }) => `${reason}: ${message}${count > 1 ? ` (${count} times)` : ""}`),
  };
}

const NAMED_PODS = 3;

function toCause(cause: NotifiedCause, notification: Notification, options: MessageOptions): MessageCause {
  const { alerts, severity, isResolved, incident } = cause;
  const example = exampleOf(cause, notification);
  const { log, events } = isResolved ? { log: [], events: [] } : evidenceOf(example, notification);
  const { why } = wordsFor(cause, notification);
  const state = isResolved ? `Resolved, was ${severity}` : `${SEVERITIES[severity]}, firing`;
  const { rollout } = (isResolved ? undefined : notification.incidents?.[incident]) ?? {};
  const { open, acknowledge, silence, console } = linksOf(example, options);
  const links = [
    { text: "Open the incident", url: open },
    { text: "Acknowledge", url: acknowledge },
    { text: "Silence for 1 h", url: silence },
    { text: "Console", url: console },
  ];
  return {
    severity: isResolved ? "resolved" : severity,
    heading: oneLine(`${state}: ${subjectOf([cause], undefined)}`),
    why: oneLine(isResolved ? `It was: ${why}` : why),
    description: printable(example.annotations.description),
    facts: factsOf(cause, example, notification).map(({ label, value }) => ({ label, value: oneLine(value) })),
    change: rollout && oneLine(describeRollout(rollout)),
    acknowledgedBy: acknowledgedBy(alerts),
    example: alerts.length > 1 ? (example.labels.pod ?? example.subject.pod) : undefined,
    log: log.map(printable),
    events: events.map(oneLine),
    links: links.flatMap(({ text, url }) => (url === undefined ? [] : [{ text, url }])),
    command: commandFor(example, options.cli),
  };
}

function acknowledgedBy(alerts: readonly Alert[]): string | undefined {
  const acknowledgements = alerts.map(({ acknowledgement }) => acknowledgement).filter((one) => one !== undefined);
  const [first] = acknowledgements;
  if (first === undefined) return undefined;
  const some =
    acknowledgements.length < alerts.length ? ` (${acknowledgements.length} of ${alerts.length} alerts)` : "";
  return `${oneLine(first.by)}${some}`;
}

function factsOf(cause: NotifiedCause, example: Alert, notification: Notification): MessageCause["facts"] {
  const { alerts, alertname, consequences, isResolved } = cause;
  const { container } = example.subject;
  const since = sinceOf(cause, notification);
  const end = lastEndOf(example);
  const nodes = [...new Set(alerts.map(({ subject }) => subject.node).filter((node) => node !== undefined))];
  const facts: [string, string | undefined][] = [
    isResolved
      ? ["Failed", `${formatInstant(since)} to ${formatInstant(endOf(alerts))}`]
      : ["Failing since", formatInstant(since)],
    ["Pods", describePods(podsOf(alerts), podCount(cause, notification))],
    ["Container", container?.name],
    ["Node", nodes.length > NAMED_PODS ? `${nodes.length} nodes` : nodes.join(", ")],
    ["Reason", example.annotations.reason],
    ["Last exit", end === undefined ? undefined : describeTermination(end)],
    [
      "Restarts",
      container === undefined || container.restarts.length === 0 ? undefined : describeRestarts(container.restarts),
    ],
    ["Image", container?.image],
    ["Alert", [alertname, ...consequences].join(", ")],
  ];
  return facts.flatMap(([label, value]) => (value === undefined || value === "" ? [] : [{ label, value }]));
}

/** `checkout-a`, or `200: checkout-a, checkout-b, checkout-c and 197 more`. */
function describePods(names: readonly string[], count: number): string {
  if (count <= 1) return names.join();
  const named = names.slice(0, NAMED_PODS);
  const more = count - named.length;
  return `${count}: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
