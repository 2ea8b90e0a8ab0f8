import { Command, Option } from "commander";
import { type ReplayedTransition, replay } from "../core/evaluate/replay.ts";
import { configFrom } from "./options.ts";
import { recordedObservations } from "./recorded-looks.ts";
import { openRecording } from "./recording.ts";
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
    .argument("<recording>", "watch events as NDJSON or protobuf frames, packed by gzip or not")
    .summary("what the watcher would have told of a recorded watch")
    .description(
      "Evaluates a recorded watch stream as the watcher would have, and prints each alert that fires and resolves. " +
        "The clock is the greatest time seen so far in the objects.",
    )
    .option("-n, --namespace <name>", "only the pods of this namespace")
    .addOption(new Option("-f, --format <format>").choices(["ndjson", "table"]).default("ndjson"))
    .option("--json", "the same as --format ndjson")
    .option("--pending", "also print what becomes pending and what is forgotten before it fires")
    .option(
      "-c, --config <file>",
      "take thresholds and times from this file; else POD_WATCHER_CONFIG and the environment",
    )
    .action(async (path: string, options: Options) => {
      const loaded = configFrom(options.config === undefined ? {} : { config: options.config }, terminal);
      if (!loaded) return exit(1);
      const recording = await openRecording(path);
      const { looks, notes, problem } = await recordedObservations(recording, options.namespace);
      const lines: Line[] = [];
      for (const told of replay(looks, loaded.config.policy)) {
        const { to } = told.transition;
        if (to === "firing" || to === "resolved" || options.pending) lines.push(lineOf(told));
      }
      terminal.out.write(options.format === "table" && !options.json ? asTable(lines) : asNdjson(lines));
      for (const note of notes) printLine(terminal.err, `note: ${note}`);
      if (problem !== undefined) {
        printLine(terminal.err, `pod-watcher: ${problem}`);
        exit(1);
      }
    });
}

/** One transition, flat. What does not apply is null, so that every line has the same members. */
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
  readonly reason: string | null;
  /** Of the last run that ended. */
  readonly exitCode: number | null;
  /** Those counted within the window. */
  readonly restarts: number | null;
}

function lineOf({ transition, alert }: ReplayedTransition): Line {
  const { labels, at, to } = transition;
  const { container } = alert.subject;
  const ended = container?.state.name === "terminated" ? container.state : container?.lastTerminated;
  return {
    time: new Date(at).toISOString(),
    alertname: labels.alertname,
    state: to === "none" ? "forgotten" : to,
    severity: alert.severity,
    namespace: labels.namespace,
    workload: labels.workload ?? null,
    pod: labels.pod ?? null,
    container: labels.container ?? null,
    reason: alert.annotations.reason ?? null,
    exitCode: ended?.exitCode ?? null,
    restarts: container?.restarts.length ?? null,
  };
}

function asNdjson(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function asTable(lines: readonly Line[]): string {
  const cell = (value: string | number | null) => (value === null ? "-" : String(value));
  const rows = lines.map((line) => [
    line.time.slice(11, 19),
    line.state,
    line.alertname,
    line.namespace,
    cell(line.workload),
    cell(line.pod),
    cell(line.container),
    cell(line.reason),
    cell(line.exitCode),
    cell(line.restarts),
  ]);
  const head = ["TIME", "STATE", "ALERT", "NAMESPACE", "WORKLOAD", "POD", "CONTAINER", "REASON", "EXIT", "RESTARTS"];
  return table([head, ...rows]);
}
