import { Command, InvalidArgumentError, Option } from "commander";
import { formatProblem } from "../config/problem.ts";
import { systemClock } from "../ports/system-clock.ts";
import { errorMessage } from "../util/error-message.ts";
import { checkCluster } from "./check-cluster.ts";
import { CHECK_FORMATS, type CheckFormat, type CheckResult, exitCodeOf, problemLines } from "./check-formats.ts";
import { Deadline } from "./deadline.ts";
import { type ConfigOptions, loadFrom, withConfigOptions } from "./options.ts";
import { printLine, type Terminal } from "./terminal.ts";

interface Options extends ConfigOptions {
  readonly format: CheckFormat;
  /** Seconds. */
  readonly timeout: number;
}

/** Nothing could be checked; check-formats.ts has the other exit codes. */
export const UNKNOWN = 3;

/** A day: setTimeout takes no more than 24.8 days. */
const MAX_TIMEOUT = 86_400;

export function checkCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const formats = Object.keys(CHECK_FORMATS);
  return withConfigOptions(new Command("check"))
    .argument("[namespaces...]", "namespaces to check, instead of the configured ones")
    .summary("check the namespaces once; exit code 0 OK, 1 warning, 2 failure, 3 unknown")
    .description(
      "Checks the pods of the namespaces once, for people, scripts and Nagios. The exit code is 0 without alerts, " +
        "1 with warnings, 2 with failures, and 3 if a namespace could not be checked.",
    )
    .addOption(new Option("-f, --format <format>").choices(formats).default("text"))
    .addOption(
      new Option("-t, --timeout <seconds>", "timeout of the whole check").argParser(parseSeconds).default(30, "30"),
    )
    .action(async (namespaces: readonly string[], options: Options) => {
      // An error of the check itself is UNKNOWN, never a warning about the pods.
      exit(UNKNOWN);
      const result = await resultOf(namespaces, options, terminal);
      const output = CHECK_FORMATS[options.format](result);
      terminal.out.write(output);
      // Scripts read the line on stdout; causes and remedies on stderr are for people. Icinga reads both as one text.
      if (options.format !== "nagios") {
        for (const warning of result.warnings) printLine(terminal.err, `warning: ${warning}`);
        if (result.problem !== undefined) printLine(terminal.err, `pod-watcher: ${result.problem}`);
        if (options.format === "text") terminal.err.write(problemLines(result.checks));
      }
      exit(exitCodeOf(result));
    });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= MAX_TIMEOUT) return seconds;
  throw new InvalidArgumentError("Use a number of seconds, such as 20.");
}

async function resultOf(namespaces: readonly string[], options: Options, terminal: Terminal): Promise<CheckResult> {
  const nothing = { checks: [], warnings: [], server: undefined };
  const given = [...(options.namespace ?? []), ...namespaces];
  // Nagios passes an unset macro as an empty argument, which must not select every namespace.
  if (given.some((names) => names.split(",").every((name) => name === "")))
    return { ...nothing, problem: "an empty name of a namespace: name the namespaces to check, such as shop" };
  const loaded = loadFrom(given.length === 0 ? options : { ...options, namespace: given }, terminal);
  if (!loaded.ok) return { ...nothing, problem: sentences(loaded.problems.map(formatProblem)) };
  const warnings = loaded.warnings.map(formatProblem);
  using deadline = new Deadline(options.timeout);
  try {
    return { warnings, ...(await deadline.race(checkCluster(loaded.config, systemClock, deadline))) };
  } catch (error) {
    return { ...nothing, warnings, problem: errorMessage(error) };
  }
}

function sentences(messages: readonly string[]): string {
  return messages.map((message) => (/[.?!]$/.test(message) ? message : `${message}.`)).join(" ");
}

/** Whether these arguments of the program call `check` as a plug-in, even if they cannot be parsed. */
export function isPlugin(args: readonly string[]): boolean {
  return args[0] === "check" && /(?: --format[ =]| -f[ =]?)nagios(?: |$)/.test(args.join(" "));
}
