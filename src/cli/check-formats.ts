import type { Alert } from "../core/model/alert.ts";
import { printableJson, printableLine } from "../core/text/printable.ts";
import type { NamespaceCheck } from "./check-namespace.ts";
import { table } from "./terminal.ts";

export type CheckFormat = "text" | "nagios" | "table" | "json";

type Format = (checks: readonly NamespaceCheck[], server: string) => string;

export const CHECK_FORMATS: Readonly<Record<CheckFormat, Format>> = {
  text: (checks) => `${printableLine(headline(checks))}\n`,
  nagios: (checks) =>
    `POD WATCHER ${STATUS[exitCodeOf(checks)]} - ${withoutBars(headline(checks))} | ${performanceData(checks)}\n${alertLines(checks)}`,
  table: (checks, server) => asTable(checks, server),
  json: (checks, server) => asJson(checks, server),
};

/** The exit codes of Nagios and Icinga plugins. */
const STATUS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type ExitCode = 0 | 1 | 2 | 3;

/** A failure outranks a namespace that could not be checked, which outranks a warning. */
export function exitCodeOf(checks: readonly NamespaceCheck[]): ExitCode {
  const { critical, warning } = counts(checks);
  if (critical > 0) return 2;
  if (checks.some(({ problem }) => problem !== undefined)) return 3;
  return warning > 0 ? 1 : 0;
}

function counts(checks: readonly NamespaceCheck[]) {
  const alerts = checks.flatMap((check) => check.alerts);
  const pods = checks.reduce((sum, check) => sum + check.pods, 0);
  const critical = alerts.filter(({ severity }) => severity === "critical").length;
  return { pods, critical, warning: alerts.length - critical };
}

/** One line: the counts, the worst alerts, and the namespaces that could not be checked. */
function headline(checks: readonly NamespaceCheck[]): string {
  const { pods, critical, warning } = counts(checks);
  const checked = checks.filter(({ problem }) => problem === undefined).map(({ namespace }) => namespace);
  const unchecked = checks.filter(({ problem }) => problem !== undefined).map(({ namespace }) => namespace);
  const parts: string[] = [];
  if (checked.length > 0) {
    const where = `${amount(pods, "pod")} in ${checked.join(", ")}`;
    const alerts = [critical > 0 ? amount(critical, "failure") : "", warning > 0 ? amount(warning, "warning") : ""];
    const summary = alerts.filter((part) => part !== "").join(" and ");
    parts.push(summary === "" ? `no problems: ${where}` : `${summary} among ${where}: ${worst(checks)}`);
  }
  if (unchecked.length > 0) parts.push(`could not check ${unchecked.join(", ")}`);
  return parts.join("; ");
}

function worst(checks: readonly NamespaceCheck[]): string {
  const alerts = sorted(checks);
  const first = alerts
    .slice(0, 3)
    .map((alert) => `${nameOf(alert)} ${alert.annotations.reason ?? alert.labels.alertname}`);
  return alerts.length > 3 ? `${first.join(", ")}, …` : first.join(", ");
}

/** Why namespaces could not be checked, and the commands that grant what is missing. */
export function problemLines(checks: readonly NamespaceCheck[]): string {
  return checks
    .flatMap(({ namespace, problem, missing, grant }) => {
      if (problem === undefined && missing.length === 0) return [];
      const message = problem?.message ?? `The token may not ${missing.join(", ")} in namespace ${namespace}.`;
      return [message, ...(grant?.split("\n") ?? [])];
    })
    .map((line) => `${printableLine(line)}\n`)
    .join("");
}

function alertLines(checks: readonly NamespaceCheck[]): string {
  const alerts = sorted(checks).map((alert) => `${alert.severity}: ${nameOf(alert)}: ${alert.annotations.summary}`);
  return alerts.map((line) => `${withoutBars(line)}\n`).join("") + problemLines(checks).replaceAll("|", "/");
}

/** A bar would start the performance data. */
function withoutBars(line: string): string {
  return printableLine(line).replaceAll("|", "/");
}

function performanceData(checks: readonly NamespaceCheck[]): string {
  const { pods, critical, warning } = counts(checks);
  return `failures=${critical};;0 warnings=${warning};0 pods=${pods}`;
}

function asTable(checks: readonly NamespaceCheck[], server: string): string {
  const namespaces = checks.map(({ namespace, pods, alerts, problem, missing }) => [
    namespace,
    problem === undefined ? (missing.length === 0 ? "ok" : `no ${missing.join(", ")}`) : "not readable",
    problem === undefined ? String(pods) : "-",
    problem === undefined ? String(alerts.length) : "-",
  ]);
  const alerts = sorted(checks).map((alert) => [
    alert.severity,
    alert.labels.alertname,
    nameOf(alert),
    alert.annotations.summary,
  ]);
  return [
    `${printableLine(server)}\n\n`,
    table([["NAMESPACE", "ACCESS", "PODS", "ALERTS"], ...namespaces]),
    alerts.length === 0 ? "" : `\n${table([["SEVERITY", "ALERT", "SUBJECT", "SUMMARY"], ...alerts])}`,
    checks.some(({ problem, missing }) => problem !== undefined || missing.length > 0)
      ? `\n${problemLines(checks)}`
      : "",
  ].join("");
}

function asJson(checks: readonly NamespaceCheck[], server: string): string {
  const exitCode = exitCodeOf(checks);
  const namespaces = checks.map(({ namespace, pods, problem, missing, grant }) => ({
    namespace,
    pods,
    missing,
    problem: problem?.message,
    grant,
  }));
  const alerts = sorted(checks).map(({ labels, severity, annotations }) => ({ ...labels, severity, ...annotations }));
  return `${printableJson({ status: STATUS[exitCode], exitCode, server, namespaces, alerts }, 2)}\n`;
}

function sorted(checks: readonly NamespaceCheck[]): Alert[] {
  const rank = ({ severity, labels }: Alert) =>
    `${severity === "critical" ? 0 : 1} ${nameOf({ labels })} ${labels.alertname}`;
  return checks.flatMap(({ alerts }) => alerts).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function nameOf({ labels }: Pick<Alert, "labels">): string {
  return [labels.namespace, labels.pod ?? labels.workload, labels.container]
    .filter((part) => part !== undefined)
    .join("/");
}

function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
