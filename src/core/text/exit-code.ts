import type { Termination } from "../model/pod.ts";

/** Signal numbers on Linux (signal(7)), with the usual cause in a container. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP: its terminal or supervisor exited",
  2: "SIGINT: interrupted",
  3: "SIGQUIT: asked to quit with a core dump",
  4: "SIGILL: illegal instruction, often an image built for another CPU",
  5: "SIGTRAP: a breakpoint, or an assertion of the runtime",
  6: "SIGABRT: aborted itself, for example after a failed assertion or a failed allocation",
  7: "SIGBUS: bad memory access, for example to a mapped file that was truncated",
  8: "SIGFPE: arithmetic error, such as a division by zero",
  9: "SIGKILL: killed, for example after a failed liveness probe, at the end of the grace period, or out of memory",
  10: "SIGUSR1: a signal that it does not handle",
  11: "SIGSEGV: segmentation fault, an invalid memory access",
  12: "SIGUSR2: a signal that it does not handle",
  13: "SIGPIPE: wrote to a closed connection or pipe",
  14: "SIGALRM: its own timer expired",
  15: "SIGTERM: asked to stop",
  24: "SIGXCPU: exceeded its CPU time limit",
  25: "SIGXFSZ: exceeded its file size limit",
  31: "SIGSYS: a system call that the seccomp profile forbids",
};

const CODES: Readonly<Record<number, string>> = {
  0: "exited without an error",
  1: "application error",
  2: "application error, or wrong usage of a shell command",
  125: "the container runtime failed before the command ran",
  126: "the command cannot be executed",
  127: "the command was not found",
  128: "the container could not be started",
  255: "application error, or the node went down",
};

/** The usual meaning of an exit code: `137` is `SIGKILL: killed, …`. Codes above 128 are 128 plus the signal. */
export function describeExitCode(exitCode: number, signal?: number): string {
  const known = CODES[exitCode];
  if (signal === undefined && known !== undefined) return known;
  const number = signal ?? (exitCode > 128 && exitCode < 160 ? exitCode - 128 : undefined);
  if (number === undefined) return "an exit code of the application";
  return SIGNALS[number] ?? `signal ${number}`;
}

/** How a run ended: `out of memory (OOMKilled, exit 137)`, `exit 1 (application error)`. */
export function describeTermination(end: Pick<Termination, "reason" | "exitCode" | "signal">): string {
  const { reason, exitCode, signal } = end;
  switch (reason) {
    case "OOMKilled":
      return `out of memory (OOMKilled, exit ${exitCode})`;
    case "ContainerStatusUnknown":
      return "status unknown: the node lost track of it (ContainerStatusUnknown)";
    case "StartError":
    case "ContainerCannotRun":
      return `could not be started (${reason}, exit ${exitCode})`;
    case "Completed":
    case "Error":
    case undefined:
      return `exit ${exitCode} (${describeExitCode(exitCode, signal)})`;
    default:
      return `${reason}, exit ${exitCode} (${describeExitCode(exitCode, signal)})`;
  }
}
