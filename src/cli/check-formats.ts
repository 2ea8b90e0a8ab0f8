import type { Alert } from "../core/model/alert.ts";
import { printableJson, printableLine } from "../core/text/printable.ts";
import type { NamespaceCheck } from "./check-namespace.ts";
import { amount, table } from "./terminal.ts";

export type CheckFormat = "text" | "nagios" | "table" | "json";

/** The outcome of `check`. */
export interface CheckResult {
  readonly checks: readonly NamespaceCheck[];
  /** The address of the API server, once it is known. */
  readonly server: string | undefined;
  /** Why no namespace was checked. */
  readonly problem: string | undefined;
  /** About the configuration. */
  readonly warnings: readonly string[];
}

/** Without an answer for a person in `text` and `table`: the problem is printed on stderr. */
export const CHECK_FORMATS: Readonly<Record<CheckFormat, (result: CheckResult) => string>> = {
  text: ({ checks, problem }) => (problem === undefined ? `${printableLine(headline(checks))}\n` : ""),
  nagios: asPluginOutput,
  table: (result) => (result.problem === undefined ? asTable(result) : ""),
  json: asJson,
};

/** The output of a plug-in of Nagios and Icinga: one line with performance data, then details. */
function asPluginOutput(result: CheckResult): string {
  const { checks, problem, warnings } = result;
  const details = [
    ...sorted(checks).map((alert) => `${alert.severity}: ${nameOf(alert)}: ${alert.annotations.summary}`),
    ...problemLines(checks).split("\n").slice(0, -1),
    // With a problem, one line is all: it may be about the same.
    ...(problem === undefined ? warnings.map((warning) => `warning: ${warning}`) : []),
  ];
  const line = pluginLine(exitCodeOf(result), problem ?? headline(checks), performanceData(checks));
  return line + details.map((detail) => `${withoutBars(detail)}\n`).join("");
}

export function pluginLine(exitCode: ExitCode, text: string, performance = ""): string {
  const line = `POD WATCHER ${STATUS[exitCode]} - ${withoutBars(text)}`;
  return performance === "" ? `${line}\n` : `${line} | ${performance}\n`;
}

/** The exit codes of Nagios and Icinga plugins. */
const STATUS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type ExitCode = 0 | 1 | 2 | 3;

/** A failure outranks a namespace that could not be checked, which outranks a warning. */
export function exitCodeOf({ checks, problem }: Pick<CheckResult, "checks" | "problem">): ExitCode {
  if (problem !== undefined) return 3;
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
  const parts: string[] = [];
  if (checked.length > 0) {
    const where = `${amount(pods, "pod")} in ${checked.join(", ")}`;
    const alerts = [critical > 0 ? amount(critical, "failure") : "", warning > 0 ? amount(warning, "warning") : ""];
    const summary = alerts.filter((part) => part !== "").join(" and ");
    parts.push(summary === "" ? `no problems: ${where}` : `${summary} among ${where}: ${worst(checks)}`);
  }
  return [...parts, ...unchecked(checks)].join("; ");
}

/** One part for each reason, with its namespaces. */
function unchecked(checks: readonly NamespaceCheck[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { namespace, problem } of checks) {
    if (problem !== undefined) byReason.set(problem.reason, [...(byReason.get(problem.reason) ?? []), namespace]);
  }
  return [...byReason].map(([reason, namespaces]) => `could not check ${namespaces.join(", ")}: ${reason}`);
}

function worst(checks: readonly NamespaceCheck[]): string {
  const alerts = sorted(checks);
  const first = alerts
    .slice(0, 3)
    .map((alert) => `${nameOf(alert)} ${alert.annotations.reason ?? alert.labels.alertname}`);
  return alerts.length > 3 ? `${first.join(", ")}, …` : first.join(", ");
}

/** The words of the API server about a namespace, and the commands that grant what is missing; what is common is one line. */
export function problemLines(checks: readonly NamespaceCheck[]): string {
  const lines = checks.flatMap(({ namespace, problem, missing, grant }) => {
    const granting = grant?.split("\n") ?? [];
    if (problem !== undefined) return problem.ofNamespace ? [problem.message, ...granting] : granting;
    return missing.length === 0
      ? []
      : [`The token may not ${missing.join(", ")} in namespace ${namespace}.`, ...granting];
  });
  return [...new Set(lines)].map((line) => `${printableLine(line)}\n`).join("");
}

/** A bar would start the performance data. */
function withoutBars(line: string): string {
  return printableLine(line).replaceAll("|", "/");
}

/** Empty unless every namespace was checked: a partial sum would look like pods that are gone. */
function performanceData(checks: readonly NamespaceCheck[]): string {
  if (checks.length === 0 || checks.some(({ problem }) => problem !== undefined)) return "";
  const { pods, critical, warning } = counts(checks);
  return `failures=${critical};;0 warnings=${warning};0 pods=${pods}`;
}

function asTable({ checks, server = "" }: CheckResult): string {
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
  const details =
    unchecked(checks)
      .map((line) => `${printableLine(line)}\n`)
      .join("") + problemLines(checks);
  return [
    `${printableLine(server)}\n\n`,
    table([["NAMESPACE", "ACCESS", "PODS", "ALERTS"], ...namespaces]),
    alerts.length === 0 ? "" : `\n${table([["SEVERITY", "ALERT", "SUBJECT", "SUMMARY"], ...alerts])}`,
    details === "" ? "" : `\n${details}`,
  ].join("");
}

function asJson(result: CheckResult): string {
  const { checks, server } = result;
  const exitCode = exitCodeOf(result);
  const namespaces = checks.map(({ namespace, pods, problem, missing, grant }) => ({
    namespace,
    pods,
    missing,
    reason: problem?.reason,
    problem: problem?.message,
    grant,
  }));
  const alerts = sorted(checks).map(({ labels, severity, annotations }) => ({ ...labels, severity, ...annotations }));
  return `${printableJson({ status: STATUS[exitCode], exitCode, server, problem: result.problem, namespaces, alerts }, 2)}\n`;
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
