import { type Cause, causesOf, podsOf } from "../../core/incident/causes.ts";
import { incidentId, subjectOfKey } from "../../core/incident/key.ts";
import { type LastLine, lastLineOf } from "../../core/incident/last-line.ts";
import { isRecovering, type Span } from "../../core/incident/lifecycle.ts";
import type { ListedIncident, PodFacts, SearchTerms } from "../../core/incident/list.ts";
import type { IncidentSeverity } from "../../core/incident/views.ts";
import { lastEndOf, type Why, whyOf } from "../../core/incident/why.ts";
import type { Alert } from "../../core/model/alert.ts";
import { isFinished } from "../../core/model/container.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import { isBatch } from "../../core/model/workload.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { RowSilence } from "../schemas/state.ts";
import type { Containers } from "./containers.ts";
import type { RowContext } from "./rows.ts";

/** An incident as the index keeps it: what its list, details and counts are computed from. */
export interface IncidentFacts extends ListedIncident, PodFacts, Why {
  readonly key: string;
  readonly kind: "workload" | "pod" | "namespace" | "cluster";
  readonly span: Span;
  /** Incidents of the key within 24 h. */
  readonly times: number;
  /** The firing alerts; of a resolved incident, the last of each. */
  readonly alerts: readonly Alert[];
  /** Empty where no alert is known any more. */
  readonly causes: readonly Cause[];
  readonly line: LastLine | undefined;
  /** For callers who may not read logs, if the line is from one: a hint reveals a part of it. */
  readonly withoutLog: Why | undefined;
  readonly restarts: { readonly total: number; readonly window: number } | undefined;
  readonly ready: { readonly ready: number; readonly wanted: number } | undefined;
  readonly total: number;
  readonly acknowledged: readonly Alert[];
  readonly silenced: RowSilence | undefined;
  /** When its namespace became unknown. */
  readonly asOf: Instant | undefined;
}

export interface FactsContext extends Pick<RowContext, "silenceOf"> {
  readonly live: LiveState;
  readonly containers: Containers;
  readonly now: () => Instant;
  readonly staleSince: (namespace: string) => Instant | undefined;
  /** How many pods the controller wants, if that is known. */
  readonly wantedPods: (key: string) => number | undefined;
}

export function factsOf(
  key: string,
  { span, alerts: all, times }: { readonly span: Span; readonly alerts: readonly Alert[]; readonly times: number },
  context: FactsContext,
): IncidentFacts {
  const { live, containers, now, silenceOf } = context;
  const { kind, namespace, workload } = subjectOfKey(key);
  const isOpen = span.resolvedAt === Infinity;
  const alerts = isOpen ? all.filter(({ state }) => state.name === "firing") : all;
  const causes = causesOf(alerts);
  const failing = podsOf(alerts);
  const pods = podsOfWorkload(live, namespace, workload).filter((pod) => !isFinished(pod));
  const views = pods.flatMap((pod) => containers.ofPod(pod));
  const batch = workload !== undefined && isBatch(workloadOf(workload));
  const line = causes[0] && lastLineOf(causes[0].alerts[0]!);
  const total = Math.max(pods.length, failing.length);
  const wanted = context.wantedPods(key) ?? pods.length;
  const silences = alerts.map((alert) => silenceOf({ ...alert.labels, severity: alert.severity }));
  const acknowledged = alerts.filter(({ acknowledgement }) => acknowledgement !== undefined);
  const isHandled = alerts.every(
    ({ acknowledgement }, index) => acknowledgement !== undefined || silences[index] !== undefined,
  );
  const whyBy = (lastLine: string | undefined): Why =>
    causes[0] === undefined
      ? { why: "It has recovered.", short: "Recovered" }
      : whyOf(causes[0], { lastLine, failing: failing.length, total });
  const { why, short } = whyBy(line?.text);
  const withoutLog = line?.from === "log" ? whyBy(undefined) : undefined;
  const recovers =
    isOpen &&
    !batch &&
    isRecovering(
      views.map(({ pod, container, restarts }) => ({
        runningSince:
          container.state.name === "running" && container.ready && isReady(pod) ? container.state.startedAt : undefined,
        restarts: restarts.map(({ at }) => at),
      })),
      now(),
    );
  const restartCount = views.reduce((sum, { container }) => sum + container.restartCount, 0);
  const asOf = kind === "workload" || kind === "pod" ? context.staleSince(namespace) : undefined;
  return {
    id: incidentId(key, span.openedAt),
    key,
    kind,
    namespace,
    ...(workload === undefined ? {} : { workload }),
    severity: severityOf(kind, alerts, span),
    phase: !isOpen ? "resolved" : recovers && asOf === undefined ? "recovering" : "open",
    since: span.since,
    isHandled: alerts.length > 0 && isHandled,
    restartCount,
    cause: causes[0]?.alertname ?? "PodRestartingTooOften",
    terms: termsOf(key, alerts, { namespace, why, withoutLog, line }),
    why,
    short,
    withoutLog,
    nodes: alerts.map(({ subject }) => subject.node).filter((node) => node !== undefined),
    // A registry that most images come from is not a cause, unless images cannot be pulled from it.
    images: alerts
      .filter(({ labels }) => labels.alertname === "PodImagePullFailing")
      .map(({ subject }) => subject.container?.image)
      .filter((image) => image !== undefined),
    failing: failing.length,
    lastLine: line?.from === "log" ? undefined : line?.text,
    span,
    times,
    alerts,
    causes,
    line,
    restarts:
      batch || views.length === 0
        ? undefined
        : { total: restartCount, window: views.reduce((sum, { restarts }) => sum + restarts.length, 0) },
    ready: batch || wanted === 0 ? undefined : { ready: pods.filter(isReady).length, wanted },
    total,
    acknowledged,
    silenced: isOpen && silences.every((one) => one !== undefined) ? silences[0] : undefined,
    asOf: isOpen ? asOf : undefined,
  };
}

function isReady({ conditions }: PodSnapshot): boolean {
  return conditions.ready?.status === "True";
}

export function workloadOf(label: string): { readonly kind: string; readonly name: string } {
  const slash = label.indexOf("/");
  return { kind: label.slice(0, slash), name: label.slice(slash + 1) };
}

export function podsOfWorkload(
  live: LiveState,
  namespace: string,
  workload: string | undefined,
): readonly PodSnapshot[] {
  if (workload === undefined) return [];
  const { kind, name } = workloadOf(workload);
  if (kind !== "Pod") return live.podsOf(namespace, { kind, name });
  const pod = live.source.pod(namespace, name);
  return pod === undefined ? [] : [pod];
}

function severityOf(kind: IncidentFacts["kind"], alerts: readonly Alert[], span: Span): IncidentSeverity {
  if (kind === "namespace" || kind === "cluster") return "unknown";
  if (span.resolvedAt !== Infinity) return span.severity;
  return alerts.some(({ severity }) => severity === "critical") ? "critical" : "warning";
}

function termsOf(
  key: string,
  alerts: readonly Alert[],
  { namespace, why, withoutLog, line }: Pick<IncidentFacts, "namespace" | "why" | "withoutLog" | "line">,
): SearchTerms {
  const unique = (values: Iterable<string | undefined>) => [...new Set(values)].filter((value) => value !== undefined);
  const pick = (of: (alert: Alert) => string | undefined) => unique(alerts.map(of));
  return {
    ns: [namespace],
    owner: [key.slice(namespace.length + 1)],
    node: pick(({ subject }) => subject.node),
    image: pick(({ subject }) => subject.container?.image),
    alert: pick(({ labels }) => labels.alertname),
    reason: pick(({ annotations }) => annotations.reason),
    exit: pick((alert) => lastEndOf(alert)?.exitCode.toString()),
    by: pick(({ acknowledgement }) => acknowledgement?.by),
    log: withoutLog === undefined || line === undefined ? [] : [why, line.text],
    text: [
      withoutLog?.why ?? why,
      ...(line === undefined || withoutLog !== undefined ? [] : [line.text]),
      ...pick(({ labels, subject }) => labels.pod ?? subject.pod),
      ...pick(({ labels }) => labels.container),
    ],
  };
}
