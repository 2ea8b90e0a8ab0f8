import { Command, Option } from "commander";
import type { IncidentSeverity } from "../core/incident/views.ts";
import { formatSpan } from "../core/model/duration.ts";
import { type Duration, type Instant, SECOND } from "../core/model/time.ts";
import { systemClock } from "../ports/system-clock.ts";
import { errorMessage } from "../util/error-message.ts";
import { createRemote, type RemoteOptions, withRemoteOptions } from "./remote.ts";
import { fetchHandledAlerts, type HandledAlert, nameOf, severityOf } from "./remote-alerts.ts";
import { endSignal } from "./signals.ts";
import { type Color, printColored, printJson, printLine, type Terminal, table } from "./terminal.ts";

interface Options extends RemoteOptions {
  readonly namespace?: readonly string[];
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly format: "table" | "json";
}

const WATCH_INTERVAL: Duration = 5 * SECOND;
/** Moves to the first column of the first line, and clears from there. */
const CLEAR = "\u001B[H\u001B[J";

export function alertsCommand(terminal: Terminal): Command {
  return withRemoteOptions(new Command("alerts"))
    .summary("list the alerts of a running Pod Watcher")
    .description("Lists the firing alerts, critical ones first; with --all, pending and resolved ones as well.")
    .option("-n, --namespace <names...>", "only alerts in these namespaces")
    .option("-a, --all", "include pending and resolved alerts")
    .option("-w, --watch", "show changes until Ctrl-C: redraw on a terminal, otherwise print a line for each")
    .addOption(new Option("-f, --format <format>").choices(["table", "json"]).default("table"))
    .action(async (options: Options) => {
      if (options.watch && options.format === "json") throw new Error("--watch prints no JSON: leave out one of them");
      const remote = createRemote(options, terminal);
      const namespaces = options.namespace?.flatMap((names) => names.split(",")) ?? [];
      const fetchThem = () => fetchHandledAlerts(remote, { namespaces, state: options.all ? undefined : "firing" });
      if (options.watch) return watch(fetchThem, terminal);
      const alerts = await fetchThem();
      if (options.format === "json") printJson(terminal.out, alerts);
      else printTable(alerts, terminal, Date.now());
    });
}

function printTable(alerts: readonly HandledAlert[], terminal: Terminal, now: Instant): void {
  printColored(terminal, asTable(alerts, now), colorOf);
}

function asTable(alerts: readonly HandledAlert[], now: Instant): string {
  if (alerts.length === 0) return "No alerts.\n";
  const rows = alerts.map((alert) => [
    severityOf(alert),
    alert.state.name,
    alert.state.firedAt === undefined ? "-" : `${formatSpan(now - Date.parse(alert.state.firedAt))} ago`,
    alert.labels.alertname,
    nameOf(alert),
    alert.acknowledgement?.by ?? "-",
    alert.silenced === undefined ? "-" : `for ${formatSpan(Math.max(0, Date.parse(alert.silenced.until) - now))}`,
    alert.notified.length > 0 ? alert.notified.join(", ") : (alert.notNotified ?? "-"),
    alert.annotations.summary,
  ]);
  return table([
    ["SEVERITY", "STATE", "SINCE", "ALERT", "SUBJECT", "ACKNOWLEDGED", "SILENCED", "NOTIFIED", "SUMMARY"],
    ...rows,
  ]);
}

const COLOR_OF: Readonly<Record<IncidentSeverity, Color>> = { critical: "red", unknown: "magenta", warning: "yellow" };

/** By the first word of a line. */
function colorOf(line: string): Color | undefined {
  return line.startsWith("SEVERITY") ? "bold" : COLOR_OF[line.split(" ", 1)[0] as IncidentSeverity];
}

/** Shows the alerts until a signal. After the first answer, a failure is shown, and the next attempt follows. */
async function watch(fetchThem: () => Promise<readonly HandledAlert[]>, terminal: Terminal): Promise<void> {
  const { out, err } = terminal;
  const ended = endSignal();
  const shown = new Map<string, string>();
  let isFirst = true;
  let problem: string | undefined;
  for (;;) {
    const alerts = await Promise.race([ended, fetchThem().catch((error: unknown) => error as Error)]);
    if (typeof alerts === "string") return;
    const now = systemClock.now();
    if (alerts instanceof Error) {
      if (isFirst) throw alerts;
      const message = errorMessage(alerts);
      if (message !== problem) printLine(err, `${new Date(now).toISOString()} ${message}`);
      problem = message;
    } else {
      problem = undefined;
      if (out.control === undefined) printChanges(alerts, shown, now, terminal);
      else {
        out.control(CLEAR);
        printLine(out, `${new Date(now).toISOString()}, every ${WATCH_INTERVAL / SECOND} s until Ctrl-C`);
        printColored(terminal, fitted(asTable(alerts, now), out.rows ?? 0, out.columns ?? 0), colorOf);
      }
    }
    isFirst = false;
    const timer = Promise.withResolvers<"next">();
    const timeout = setTimeout(() => timer.resolve("next"), WATCH_INTERVAL);
    const next = await Promise.race([ended, timer.promise]);
    clearTimeout(timeout);
    if (next !== "next") return;
  }
}

/** The lines that fit below the one with the time: a longer table would scroll that away. */
function fitted(text: string, rows: number, columns: number): string {
  const lines = text.trimEnd().split("\n");
  const room = Math.max(2, rows - 2);
  const kept = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`];
  return kept.map((line) => `${line.slice(0, columns)}\n`).join("");
}

/** A line for each alert that is new, gone or in another state. */
function printChanges(
  alerts: readonly HandledAlert[],
  shown: Map<string, string>,
  now: Instant,
  { out }: Terminal,
): void {
  const at = new Date(now).toISOString();
  const current = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  for (const alert of alerts) {
    const text = [severityOf(alert), alert.state.name, alert.labels.alertname, nameOf(alert)].join("  ");
    if (shown.get(alert.fingerprint) === text) continue;
    shown.set(alert.fingerprint, text);
    printLine(out, `${at}  ${text}  ${alert.annotations.summary}`);
  }
  for (const [fingerprint, text] of shown) {
    if (current.has(fingerprint)) continue;
    shown.delete(fingerprint);
    printLine(out, `${at}  ${text}  no longer firing`);
  }
}
