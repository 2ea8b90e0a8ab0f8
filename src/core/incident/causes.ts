import { type Alert, type Alertname, firedAt, type Severity } from "../model/alert.ts";

/** Firing alerts of one incident with one explanation: the same alert of the same container, in all its pods. */
export interface Cause {
  readonly alertname: Alertname;
  readonly container?: string;
  readonly severity: Severity;
  /** The newest first. */
  readonly alerts: readonly Alert[];
  /** Alerts that follow from it, by name. */
  readonly consequences: readonly Alertname[];
}

/** A container that does not stay up explains these. */
const EXPLAINING: ReadonlySet<Alertname> = new Set(["PodCrashLooping", "ContainerOOMKilled", "ContainerCannotStart"]);
const EXPLAINED: ReadonlySet<Alertname> = new Set(["PodRestartingTooOften", "PodNotReady"]);

/** The causes behind the firing alerts of an incident, the worst first: by severity, number of pods, then the newest. */
export function causesOf(alerts: readonly Alert[]): readonly Cause[] {
  const explaining = alerts.filter(({ labels }) => EXPLAINING.has(labels.alertname));
  const explainedContainers = new Set(explaining.map(({ labels }) => labels.container));
  const explainedPods = new Set(explaining.map(({ labels }) => labels.pod));
  const isExplained = ({ labels: { alertname, container, pod } }: Alert) =>
    EXPLAINED.has(alertname) && (container === undefined ? explainedPods.has(pod) : explainedContainers.has(container));
  const groups = Map.groupBy(
    alerts.filter((alert) => !isExplained(alert)),
    ({ labels }) => `${labels.alertname} ${labels.container ?? ""}`,
  );
  const consequences = alerts.filter(isExplained);
  return [...groups.values()].map((group) => causeOf(group, consequences)).sort(compareCauses);
}

function causeOf(group: readonly Alert[], consequences: readonly Alert[]): Cause {
  const alerts = group.toSorted((a, b) => firedAt(b) - firedAt(a));
  const { alertname, container } = alerts[0]!.labels;
  const pods = new Set(alerts.map(({ labels }) => labels.pod));
  const follow = EXPLAINING.has(alertname)
    ? consequences.filter(({ labels }) =>
        labels.container === undefined ? pods.has(labels.pod) : labels.container === container,
      )
    : [];
  return {
    alertname,
    ...(container === undefined ? {} : { container }),
    severity: alerts.some(({ severity }) => severity === "critical") ? "critical" : "warning",
    alerts,
    consequences: [...new Set(follow.map(({ labels }) => labels.alertname))].sort(),
  };
}

function compareCauses(a: Cause, b: Cause): number {
  return (
    Number(b.severity === "critical") - Number(a.severity === "critical") ||
    b.alerts.length - a.alerts.length ||
    firedAt(b.alerts[0]!) - firedAt(a.alerts[0]!)
  );
}

/** The pods of alerts, by name. An alert of a whole workload names the pod that it was last seen at, if any. */
export function podsOf(alerts: readonly Alert[]): readonly string[] {
  return [
    ...new Set(alerts.map(({ labels, subject }) => labels.pod ?? subject.pod).filter((pod) => pod !== undefined)),
  ];
}

/** Whether an alert has the same cause as another one of its incident: an acknowledgement covers it then. */
export function hasSameCause({ labels: a }: Pick<Alert, "labels">, { labels: b }: Pick<Alert, "labels">): boolean {
  if (a.alertname === b.alertname) return a.container === b.container;
  if (!EXPLAINING.has(b.alertname) || !EXPLAINED.has(a.alertname)) return false;
  return a.container === undefined || a.container === b.container;
}
