import type { Alert } from "../core/model/alert.ts";
import type { NamespaceObservation } from "./cluster-look.ts";
import { table } from "./terminal.ts";

export type CheckFormat = "text" | "nagios" | "table" | "json";

type Format = (looks: readonly NamespaceObservation[], server: string) => string;

export const CHECK_FORMATS: Readonly<Record<CheckFormat, Format>> = {
  text: (looks) => `${headline(looks)}\n`,
  nagios: (looks) =>
    `POD WATCHER ${STATUS[verdictOf(looks)]} - ${headline(looks)} | ${performanceData(looks)}\n${alertLines(looks)}`,
  table: (looks, server) => asTable(looks, server),
  json: (looks, server) => asJson(looks, server),
};

/** As Nagios and Icinga read exit codes. */
const STATUS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type Verdict = 0 | 1 | 2 | 3;

/** A failure that was seen outweighs a namespace that was not; a warning does not. */
export function verdictOf(looks: readonly NamespaceObservation[]): Verdict {
  const { critical, warning } = counts(looks);
  if (critical > 0) return 2;
  if (looks.some(({ problem }) => problem !== undefined)) return 3;
  return warning > 0 ? 1 : 0;
}

function counts(looks: readonly NamespaceObservation[]) {
  const alerts = looks.flatMap((look) => look.alerts);
  const pods = looks.reduce((sum, look) => sum + look.pods, 0);
  const critical = alerts.filter(({ severity }) => severity === "critical").length;
  return { pods, critical, warning: alerts.length - critical };
}

/** One line: the counts, then what is worst, then what could not be looked at. */
function headline(looks: readonly NamespaceObservation[]): string {
  const { pods, critical, warning } = counts(looks);
  const seen = looks.filter(({ problem }) => problem === undefined).map(({ namespace }) => namespace);
  const blind = looks.filter(({ problem }) => problem !== undefined).map(({ namespace }) => namespace);
  const parts: string[] = [];
  if (seen.length > 0) {
    const where = `${amount(pods, "pod")} in ${seen.join(", ")}`;
    const wrong = [critical > 0 ? amount(critical, "failure") : "", warning > 0 ? amount(warning, "warning") : ""];
    const told = wrong.filter((part) => part !== "").join(" and ");
    parts.push(told === "" ? `all normal: ${where}` : `${told} among ${where}: ${worst(looks)}`);
  }
  if (blind.length > 0) parts.push(`could not look into ${blind.join(", ")}`);
  return parts.join("; ");
}

function worst(looks: readonly NamespaceObservation[]): string {
  const alerts = sorted(looks);
  const first = alerts
    .slice(0, 3)
    .map((alert) => `${nameOf(alert)} ${alert.annotations.reason ?? alert.labels.alertname}`);
  return alerts.length > 3 ? `${first.join(", ")}, …` : first.join(", ");
}

/** What could not be looked at, why, and what would mend it. */
export function problemLines(looks: readonly NamespaceObservation[]): string {
  return looks
    .flatMap(({ namespace, problem, missing, grant }) => {
      if (problem === undefined && missing.length === 0) return [];
      const what = problem?.message ?? `In namespace ${namespace} the token may not ${missing.join(", ")}.`;
      return [what, ...(grant?.split("\n") ?? [])];
    })
    .map((line) => `${line}\n`)
    .join("");
}

function alertLines(looks: readonly NamespaceObservation[]): string {
  const alerts = sorted(looks).map((alert) => `${alert.severity}: ${nameOf(alert)}: ${alert.annotations.summary}\n`);
  // A bar would begin performance data.
  return (alerts.join("") + problemLines(looks)).replaceAll("|", "/");
}

function performanceData(looks: readonly NamespaceObservation[]): string {
  const { pods, critical, warning } = counts(looks);
  return `failures=${critical};;0 warnings=${warning};0 pods=${pods}`;
}

function asTable(looks: readonly NamespaceObservation[], server: string): string {
  const namespaces = looks.map(({ namespace, pods, alerts, problem, missing }) => [
    namespace,
    problem === undefined ? (missing.length === 0 ? "ok" : `no ${missing.join(", ")}`) : "not readable",
    problem === undefined ? String(pods) : "-",
    problem === undefined ? String(alerts.length) : "-",
  ]);
  const alerts = sorted(looks).map((alert) => [
    alert.severity,
    alert.labels.alertname,
    nameOf(alert),
    alert.annotations.summary,
  ]);
  return [
    `${server}\n\n`,
    table([["NAMESPACE", "ACCESS", "PODS", "ALERTS"], ...namespaces]),
    alerts.length === 0 ? "" : `\n${table([["SEVERITY", "ALERT", "WHERE", "WHAT"], ...alerts])}`,
    looks.some(({ problem, missing }) => problem !== undefined || missing.length > 0) ? `\n${problemLines(looks)}` : "",
  ].join("");
}

function asJson(looks: readonly NamespaceObservation[], server: string): string {
  const verdict = verdictOf(looks);
  const namespaces = looks.map(({ namespace, pods, problem, missing, grant }) => ({
    namespace,
    pods,
    missing,
    ...(problem === undefined ? {} : { problem: problem.message }),
    ...(grant === undefined ? {} : { grant }),
  }));
  const alerts = sorted(looks).map(({ labels, severity, annotations }) => ({ ...labels, severity, ...annotations }));
  return `${JSON.stringify({ status: STATUS[verdict], exitCode: verdict, server, namespaces, alerts }, undefined, 2)}\n`;
}

function sorted(looks: readonly NamespaceObservation[]): Alert[] {
  const rank = ({ severity, labels }: Alert) =>
    `${severity === "critical" ? 0 : 1} ${nameOf({ labels })} ${labels.alertname}`;
  return looks.flatMap(({ alerts }) => alerts).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function nameOf({ labels }: Pick<Alert, "labels">): string {
  return [labels.namespace, labels.pod ?? labels.workload, labels.container]
    .filter((part) => part !== undefined)
    .join("/");
}

function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
