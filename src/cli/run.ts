import { Command, CommanderError } from "commander";
import { DESCRIPTION, VERSION } from "../ports/version.ts";
import { ackCommand } from "./ack.ts";
import { alertsCommand } from "./alerts.ts";
import { checkCommand, isPlugin, UNKNOWN } from "./check.ts";
import { pluginLine } from "./check-formats.ts";
import { configCommand } from "./config.ts";
import { demoCommand } from "./demo.ts";
import { withExamples } from "./examples.ts";
import { explainCommand } from "./explain.ts";
import { replayCommand } from "./replay.ts";
import { serveCommand } from "./serve.ts";
import { silenceCommand } from "./silence.ts";
import { printableTerminal, printLine, type Terminal } from "./terminal.ts";
import { topCommand } from "./top.ts";

/** In the order of the help and of docs/cli.md. */
export const COMMANDS = [
  serveCommand,
  demoCommand,
  checkCommand,
  alertsCommand,
  topCommand,
  explainCommand,
  ackCommand,
  silenceCommand,
  replayCommand,
  configCommand,
];

/**
 * Runs one command line and resolves with its exit code. An expected error, such as a port in use or a missing file, is
 * one line on `err`; with DEBUG set, followed by its stack.
 */
export async function run(args: readonly string[], given: Terminal): Promise<number> {
  const terminal = printableTerminal(given);
  let exitCode = 0;
  const plugin = isPlugin(args);
  const err = plugin ? { write: () => {} } : terminal.err;
  const program = createProgram({ ...terminal, err }, given, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already printed the message. `--help` and `--version` end here as well, with 0.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || args[0] !== "check") return error.exitCode;
      if (plugin) terminal.out.write(pluginLine(UNKNOWN, error.message));
      return UNKNOWN;
    }
    printLine(terminal.err, `pod-watcher: ${describeError(error)}`);
    if (terminal.env.DEBUG !== undefined && error instanceof Error) terminal.err.write(`${framesOf(error)}\n`);
    return exitCode === 0 ? 1 : exitCode;
  }
}

function createProgram(terminal: Terminal, given: Terminal, exit: (code: number) => void): Command {
  const program = withExamples(new Command("pod-watcher"))
    .description(DESCRIPTION)
    .version(VERSION)
    .configureOutput({ writeOut: (text) => terminal.out.write(text), writeErr: (text) => terminal.err.write(text) })
    .showHelpAfterError("(pod-watcher --help lists the commands)")
    .exitOverride();
  for (const command of COMMANDS) {
    // The demo prints only its own text, in color.
    const its = command === demoCommand ? given : terminal;
    const added = command(its, exit).copyInheritedSettings(program);
    program.addCommand(
      withExamples(added).showHelpAfterError(`(pod-watcher ${added.name()} --help shows the options)`),
    );
  }
  return program;
}

/** The stack without the message, which is printed already and may contain line breaks. */
function framesOf({ stack = "", message }: Error): string {
  return stack.slice(stack.indexOf(message) + message.length).trimStart();
}

/** The message, with that of the cause if it adds anything. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  if (cause === undefined || error.message.includes(cause)) return error.message;
  return /[.!?]$/.test(error.message) ? `${error.message} (${cause})` : `${error.message}: ${cause}`;
}
