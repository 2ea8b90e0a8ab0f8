import type { Command } from "commander";
import { type Arguments, type LoadResult, loadConfig, type OptionSetting } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { printLine, type Terminal } from "./terminal.ts";

/** The options of every command that reads the configuration. */
export interface ConfigOptions {
  readonly config?: string;
  readonly namespace?: readonly string[];
}

export function withConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration file (default: POD_WATCHER_CONFIG)")
    .option("-n, --namespace <names...>", "namespaces to watch, instead of the configured ones");
}

/** Loads the configuration from file, environment and options. */
export function loadFrom(
  options: ConfigOptions,
  terminal: Pick<Terminal, "env">,
  more: readonly OptionSetting[] = [],
): LoadResult {
  const settings = [...more];
  if (options.namespace) {
    const value = options.namespace.flatMap((names) => names.split(",")).filter((name) => name !== "");
    settings.push({ option: "--namespace", key: ["namespaces"], value });
  }
  const args: Arguments = { configFile: options.config, settings };
  return loadConfig({ env: terminal.env, args });
}

/** The configuration; undefined after printing its problems. */
export function configFrom(
  options: ConfigOptions,
  terminal: Terminal,
  more: readonly OptionSetting[] = [],
): Extract<LoadResult, { ok: true }> | undefined {
  const loaded = loadFrom(options, terminal, more);
  if (loaded.ok) {
    for (const warning of loaded.warnings) printLine(terminal.err, `warning: ${formatProblem(warning)}`);
    return loaded;
  }
  for (const problem of loaded.problems) printLine(terminal.err, formatProblem(problem));
  const count = loaded.problems.length;
  printLine(
    terminal.err,
    count === 1 ? "Not started: fix this problem first." : `Not started: fix these ${count} problems first.`,
  );
  return undefined;
}
