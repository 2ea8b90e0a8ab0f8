import type { Termination } from "../model/pod.ts";

/** Numbers of signals on Linux (signal(7)), with what usually sends them to a container. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP: its terminal or supervisor went away",
  2: "SIGINT: interrupted",
  3: "SIGQUIT: asked to quit with a core dump",
  4: "SIGILL: it ran an illegal instruction, such as one that this CPU does not have",
  5: "SIGTRAP: a breakpoint, or an assertion of the runtime",
  6: "SIGABRT: it aborted itself, such as on a failed assertion or a lack of memory that it noticed",
  7: "SIGBUS: a bad memory access, such as a mapped file that shrank",
  8: "SIGFPE: an arithmetic error, such as a division by zero",
  9: "SIGKILL: killed from outside, as when a probe failed, the grace period was over or memory ran out",
  10: "SIGUSR1: a signal that it does not handle",
  11: "SIGSEGV: it read or wrote memory that is not its own",
  12: "SIGUSR2: a signal that it does not handle",
  13: "SIGPIPE: it wrote to a connection that was closed",
  14: "SIGALRM: its own timer ran out",
  15: "SIGTERM: it was asked to stop",
  24: "SIGXCPU: it used up its CPU time",
  25: "SIGXFSZ: it wrote a file beyond the size limit",
  31: "SIGSYS: a system call that the seccomp profile forbids",
};

const CODES: Readonly<Record<number, string>> = {
  0: "it ended by itself, without an error",
  1: "an error of the application",
  2: "wrong usage of a command, or an error of the application",
  125: "the container runtime failed before the command ran",
  126: "the command was found but may not be executed",
  127: "the command was not found",
  128: "the container could not be started",
  255: "an error of the application, or the node went down under it",
};

/** What an exit code usually means, in words: `137` is `SIGKILL: killed from outside, …`. */
export function describeExitCode(exitCode: number, signal?: number): string {
  const known = CODES[exitCode];
  if (signal === undefined && known !== undefined) return known;
  const number = signal ?? (exitCode > 128 && exitCode < 160 ? exitCode - 128 : undefined);
  if (number === undefined) return "a code of the application's own";
  return SIGNALS[number] ?? `signal ${number}`;
}

/** How a run ended, in words: `out of memory (OOMKilled, exit 137)`, `exit 1 (an error of the application)`. */
export function describeTermination(end: Pick<Termination, "reason" | "exitCode" | "signal">): string {
  const { reason, exitCode, signal } = end;
  switch (reason) {
    case "OOMKilled":
      return `out of memory (OOMKilled, exit ${exitCode})`;
    case "ContainerStatusUnknown":
      return "the node lost track of it (ContainerStatusUnknown)";
    case "StartError":
    case "ContainerCannotRun":
      return `it could not be started (${reason}, exit ${exitCode})`;
    case "Completed":
    case "Error":
    case undefined:
      return `exit ${exitCode} (${describeExitCode(exitCode, signal)})`;
    default:
      return `${reason}, exit ${exitCode} (${describeExitCode(exitCode, signal)})`;
  }
}
