import type { Alert, AlertLabels } from "../../core/alert.ts";
import { endedWell, runEnds } from "../../core/container.ts";
import { type LastHandover, legacyStatus } from "../../core/handover.ts";
import type { PodSnapshot } from "../../core/pod.ts";
import type { Instant } from "../../core/time.ts";
import type { Containers } from "../containers.ts";
import type { ContainerView } from "../legacy-status.ts";
import type { LastRestart, Row, RowAlert, RowSilence, RowState } from "./wire.ts";

/** What a row is made of, besides the pod and its alerts. */
export interface RowContext {
  readonly containers: Containers;
  /** The newest telling of this alert, by whatever way; undefined when nobody was told. */
  readonly toldOf: (alert: Alert) => LastHandover | undefined;
  /** The silence that covers these labels now; without `alertname`, one that covers whatever may fire there. */
  readonly silenceOf: (labels: SilencedLabels) => RowSilence | undefined;
}

export type SilencedLabels = Omit<AlertLabels, "alertname"> & {
  readonly alertname?: string;
  readonly severity?: string;
};

/**
 * What is recomputed together: a pod with all its containers, or what concerns a workload or a namespace. Kinds begin
 * with a capital and pod names cannot, so the keys never meet.
 */
export function groupOf({ namespace, pod, workload }: Pick<AlertLabels, "namespace" | "pod" | "workload">): string {
  const rest = pod ?? workload;
  return rest === undefined ? namespace : `${namespace}/${rest}`;
}

/** The rows of one group. `alerts` are those of the group: firing, or resolved within the window. */
export function rowsOf(pod: PodSnapshot | undefined, alerts: readonly Alert[], context: RowContext): readonly Row[] {
  const firing = alerts.filter(({ state }) => state.name === "firing");
  if (pod === undefined) return rowsWithoutPod(alerts, context);
  const rows = context.containers.ofPod(pod).map((view) =>
    containerRow(
      view,
      firing.filter(({ labels }) => labels.container === view.container.name),
      alerts,
      context,
    ),
  );
  const own = firing.filter(({ labels }) => labels.container === undefined);
  return own.length === 0 ? rows : [{ ...alertRow(own, context), podUid: pod.uid }, ...rows];
}

function containerRow(
  view: ContainerView,
  firing: readonly Alert[],
  alerts: readonly Alert[],
  context: RowContext,
): Row {
  const { pod, container, restarts } = view;
  const labels = { namespace: pod.namespace, pod: pod.name, container: container.name };
  const recovered = alerts.find(
    ({ labels, state }) => labels.container === container.name && state.name === "resolved",
  );
  const last = lastRestart(view);
  return {
    id: `${pod.namespace}/${pod.name}/${container.name}`,
    scope: "container",
    ...labels,
    podUid: pod.uid,
    ...(container.type === "main" ? {} : { type: container.type }),
    ...verdict(firing, context),
    ...(firing.length === 0 && recovered?.state.name === "resolved" ? { since: recovered.state.resolvedAt } : {}),
    ...silence({ workload: ownerOf(pod), ...labels }, firing, context),
    ...(restarts.length === 0 ? {} : { restarts: restarts.map(({ at }) => at) }),
    ...overrides(labels, context),
    ...(last === undefined ? {} : { lastRestart: last }),
    ...(pod.workload.kind === "Pod" ? {} : { owner: ownerOf(pod) }),
    ...(pod.node === undefined ? {} : { node: pod.node }),
    ...reasonOf(view, firing),
  };
}

/** Rows of alerts that belong to no container that is there: each scope of the group makes one. */
function rowsWithoutPod(alerts: readonly Alert[], context: RowContext): readonly Row[] {
  const byId = Map.groupBy(alerts, ({ labels }) => rowIdOf(labels));
  return [...byId.values()].flatMap((group) => {
    const isPodGone = group[0]!.labels.pod !== undefined;
    const open = group.filter(({ state }) => state.name === "firing");
    const shown = open.length > 0 ? open : isPodGone ? group : [];
    return shown.length === 0 ? [] : [alertRow(shown, context)];
  });
}

function alertRow(alerts: readonly Alert[], context: RowContext): Row {
  const newest = alerts.toSorted(bySeverity)[0]!;
  const { labels, subject } = newest;
  const { namespace, pod, container, workload } = labels;
  const restarts = subject.container?.restarts.filter(({ planned }) => planned === undefined) ?? [];
  const last = subject.container?.restarts.at(-1);
  const gone = alerts.every(({ state }) => state.name === "resolved");
  const owner = workload ?? (subject.workload && `${subject.workload.kind}/${subject.workload.name}`);
  return {
    id: rowIdOf(labels),
    scope:
      container !== undefined && pod !== undefined
        ? "container"
        : pod !== undefined
          ? "pod"
          : workload !== undefined
            ? "workload"
            : "namespace",
    namespace,
    ...(pod === undefined ? {} : { pod }),
    ...(subject.podUid === undefined ? {} : { podUid: subject.podUid }),
    ...(container === undefined ? {} : { container }),
    ...(subject.container === undefined || subject.container.type === "main" ? {} : { type: subject.container.type }),
    ...verdict(alerts, context),
    ...silence(labels, alerts, context),
    ...(restarts.length === 0 ? {} : { restarts: restarts.map(({ at }) => at) }),
    ...overrides(labels, context),
    ...(last === undefined ? {} : { lastRestart: restartView(last.at, last.exitCode, last.reason, last.inferred) }),
    ...(owner === undefined || owner.startsWith("Pod/") ? {} : { owner }),
    ...(subject.node === undefined ? {} : { node: subject.node }),
    ...(newest.annotations.reason === undefined ? {} : { reason: newest.annotations.reason }),
    summary: newest.annotations.summary,
    ...(gone && newest.state.name === "resolved" ? { deletedAt: newest.state.resolvedAt } : {}),
  };
}

export function rowIdOf(labels: AlertLabels): string {
  return labels.pod === undefined || labels.container === undefined
    ? groupOf(labels)
    : `${groupOf(labels)}/${labels.container}`;
}

/** State, since when, the alerts and who took them; Normal when nothing is wrong. */
function verdict(
  alerts: readonly Alert[],
  { containers, toldOf }: RowContext,
): Pick<Row, "state" | "since" | "alerts" | "ack"> {
  if (alerts.length === 0) return { state: "Normal" };
  const sorted = alerts.toSorted(bySeverity);
  const judged = sorted.map((alert) => {
    const told = toldOf(alert);
    return containers.isDue(alert, told)
      ? { state: legacyStatus(alert.severity), since: firedAt(alert) }
      : { state: "Sent" as const, since: told?.at ?? firedAt(alert) };
  });
  const { state, since } = judged.toSorted((a, b) => RANK[b.state] - RANK[a.state])[0]!;
  const taken = sorted.filter(({ acknowledgement }) => acknowledgement !== undefined);
  const { by, at, note, untilWorse } = taken[0]?.acknowledgement ?? {};
  return {
    state,
    since,
    alerts: sorted.map(alertOf),
    // A row is taken when all of its alerts are: one that came since would otherwise go unseen.
    ...(taken.length < sorted.length || by === undefined || at === undefined
      ? {}
      : { ack: { by, at, ...(note ? { note } : {}), resendIfWorse: untilWorse ?? true } }),
  };
}

const RANK: Readonly<Record<RowState, number>> = { Failure: 3, Warning: 2, Sent: 1, Normal: 0 };

function alertOf(alert: Alert): RowAlert {
  const { fingerprint, labels, severity, annotations } = alert;
  return { fingerprint, name: labels.alertname, severity, firedAt: firedAt(alert), summary: annotations.summary };
}

function bySeverity(a: Alert, b: Alert): number {
  return Number(b.severity === "critical") - Number(a.severity === "critical") || firedAt(b) - firedAt(a);
}

export function firedAt({ state }: Alert): Instant {
  return state.name === "pending" ? state.activeAt : state.firedAt;
}

function silence(labels: SilencedLabels, alerts: readonly Alert[], { silenceOf }: RowContext): Pick<Row, "silenced"> {
  const silences = (
    alerts.length === 0 ? [labels] : alerts.map(({ labels, severity }) => ({ ...labels, severity }))
  ).map(silenceOf);
  const first = silences[0];
  return first !== undefined && silences.every((one) => one !== undefined) ? { silenced: first } : {};
}

function overrides(
  labels: Pick<AlertLabels, "namespace" | "pod">,
  { containers }: RowContext,
): Pick<Row, "threshold" | "windowMs"> {
  const { restartThreshold, restartTimeframe } = containers.policy();
  const { threshold, timeframe } = containers.restartPolicy(labels);
  return {
    ...(threshold === restartThreshold ? {} : { threshold }),
    ...(timeframe === restartTimeframe ? {} : { windowMs: timeframe }),
  };
}

function ownerOf({ workload }: PodSnapshot): string {
  return `${workload.kind}/${workload.name}`;
}

function lastRestart({ container, restarts }: ContainerView): LastRestart | undefined {
  const counted = restarts.at(-1);
  if (counted !== undefined) return restartView(counted.at, counted.exitCode, counted.reason, counted.inferred);
  const { prior } = runEnds(container);
  if (container.restartCount === 0 || prior?.finishedAt === undefined) return undefined;
  return restartView(prior.finishedAt, prior.exitCode, prior.reason, false);
}

function restartView(
  at: Instant,
  exitCode: number | undefined,
  reason: string | undefined,
  inferred: boolean,
): LastRestart {
  return {
    at,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    ...(inferred ? { inferred } : {}),
  };
}

function reasonOf({ pod, container }: ContainerView, firing: readonly Alert[]): Pick<Row, "reason" | "summary"> {
  const worst = firing.toSorted(bySeverity)[0];
  const { state } = container;
  const isAtFault = state.name === "waiting" || (state.name === "terminated" && !endedWell(pod, container, state));
  const own = isAtFault ? state.reason : undefined;
  const reason = worst?.annotations.reason ?? own;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(worst === undefined ? {} : { summary: worst.annotations.summary }),
  };
}
