import { Command, Option } from "commander";
import { type ReplayedTransition, replay } from "../core/evaluate/replay.ts";
import { printableJson } from "../core/text/printable.ts";
import { configFrom } from "./options.ts";
import { recordedObservations } from "./recorded-observations.ts";
import { printLine, type Terminal, table } from "./terminal.ts";

interface Options {
  readonly config?: string;
  readonly namespace?: string;
  readonly format: "ndjson" | "table";
  readonly json?: boolean;
  readonly pending?: boolean;
}

export function replayCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return new Command("replay")
    .argument("<recording>", "file with watch events as newline-delimited JSON, optionally compressed with gzip")
    .summary("evaluate a recorded watch")
    .description(
      "Evaluates a recorded watch stream with the rules of the configuration, and prints each alert that fires or " +
        "resolves. The clock is the latest time in the objects so far.",
    )
    .option("-n, --namespace <name>", "only pods in this namespace")
    .addOption(new Option("-f, --format <format>").choices(["ndjson", "table"]).default("ndjson"))
    .option("--json", "same as --format ndjson")
    .option("--pending", "also print alerts that become pending, and pending alerts that become inactive")
    .option("-c, --config <file>", "configuration file with the rules (default: POD_WATCHER_CONFIG)")
    .action(async (path: string, options: Options) => {
      const loaded = configFrom(options.config === undefined ? {} : { config: options.config }, terminal);
      if (!loaded) return exit(1);
      const { observations, notes, problem } = await recordedObservations(path, options.namespace);
      const replayed: ReplayedTransition[] = [];
      for (const one of replay(observations, loaded.config.policy)) {
        const { to } = one.transition;
        if (to === "firing" || to === "resolved" || options.pending) replayed.push(one);
      }
      terminal.out.write(options.format === "table" && !options.json ? asTable(replayed) : asNdjson(replayed));
      for (const note of notes) printLine(terminal.err, `note: ${note}`);
      if (problem !== undefined) {
        printLine(terminal.err, `pod-watcher: ${problem}`);
        exit(1);
      }
    });
}

/** One transition of an alert. Fields that do not apply are null, so that every line has the same keys. */
interface Line {
  readonly time: string;
  readonly alertname: string;
  readonly state: string;
  readonly severity: string;
  readonly namespace: string;
  /** `Kind/name`. */
  readonly workload: string | null;
  readonly pod: string | null;
  readonly container: string | null;
  /** While firing: the Kubernetes reason behind the finding, such as `OOMKilled`. */
  readonly cause: string | null;
  /** Of the last terminated container run. */
  readonly exitCode: number | null;
  /** Restarts within the timeframe. */
  readonly restarts: number | null;
  readonly summary: string;
  readonly description: string;
  /** Why the alert changed its state. */
  readonly reason: string;
}

function lineOf({ transition, alert }: ReplayedTransition): Line {
  const { labels, at, to, reason } = transition;
  const { container } = alert.subject;
  const { summary, description, cause } = alert.annotations;
  const ended = container?.state.name === "terminated" ? container.state : container?.lastTerminated;
  return {
    time: new Date(at).toISOString(),
    alertname: labels.alertname,
    state: to,
    severity: alert.severity,
    namespace: labels.namespace,
    workload: labels.workload ?? null,
    pod: labels.pod ?? null,
    container: labels.container ?? null,
    cause: to === "firing" ? (cause ?? alert.annotations.reason ?? null) : null,
    exitCode: ended?.exitCode ?? null,
    restarts: container?.restarts.length ?? null,
    summary,
    description,
    reason,
  };
}

function asNdjson(replayed: readonly ReplayedTransition[]): string {
  return replayed.map((one) => `${printableJson(lineOf(one))}\n`).join("");
}

function asTable(replayed: readonly ReplayedTransition[]): string {
  const cell = (value: string | number | null) => (value === null ? "-" : String(value));
  const rows = replayed.map(({ alert, ...one }) => {
    const line = lineOf({ alert, ...one });
    return [
      line.time.slice(11, 19),
      line.state,
      line.alertname,
      line.namespace,
      cell(line.workload),
      cell(line.pod),
      cell(line.container),
      cell(alert.annotations.reason ?? null),
      cell(line.exitCode),
      cell(line.restarts),
    ];
  });
  const head = ["TIME", "STATE", "ALERT", "NAMESPACE", "WORKLOAD", "POD", "CONTAINER", "REASON", "EXIT", "RESTARTS"];
  return table([head, ...rows]);
}
