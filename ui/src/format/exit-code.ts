/**
 * What an exit code says. Above 128 a process was ended by signal code − 128 (POSIX shells, and container runtimes
 * after them). A reason OOMKilled is the kernel's own word; 137 alone is not proof of it.
 */
const SIGNALS: Record<number, readonly [name: string, meaning: string]> = {
  1: ["SIGHUP", "its terminal or parent went away"],
  2: ["SIGINT", "interrupted, as by Ctrl+C"],
  3: ["SIGQUIT", "asked to quit with a core dump"],
  4: ["SIGILL", "an illegal instruction: often an image built for another processor"],
  5: ["SIGTRAP", "a debugger's trap"],
  6: ["SIGABRT", "the program aborted itself: an assertion, a failed allocation, a runtime panic"],
  7: ["SIGBUS", "a bad memory access: often a full shared-memory volume"],
  8: ["SIGFPE", "an arithmetic error, such as a division by zero"],
  9: ["SIGKILL", "ended by force"],
  11: ["SIGSEGV", "a segmentation fault: the program touched memory that is not its own"],
  13: ["SIGPIPE", "wrote to a closed pipe"],
  14: ["SIGALRM", "its own alarm went off"],
  15: ["SIGTERM", "asked to stop, and did"],
  24: ["SIGXCPU", "used more CPU time than it was allowed"],
  25: ["SIGXFSZ", "wrote a larger file than it was allowed"],
  31: ["SIGSYS", "a forbidden system call: see the seccomp profile"],
};

const CODES: Record<number, string> = {
  0: "ended without an error; a container that should keep running must not end",
  1: "application error",
  2: "application error, or a shell command used wrongly",
  125: "the container itself could not be run",
  126: "the command was found but may not be executed: check its permissions",
  127: "the command was not found: check the image, the command and PATH",
  128: "the container could not be started (an invalid exit, or a missing command)",
  255: "application error, or an exit status out of range",
};

/** One sentence without a full stop: `137 = SIGKILL: ended by force, usually for lack of memory`. */
export function explainExitCode(exitCode: number, reason: string | undefined): string {
  if (exitCode === 137) return `137 = SIGKILL: ${explainKill(reason)}`;
  const signal = SIGNALS[exitCode - 128];
  if (signal !== undefined) return `${exitCode} = ${signal[0]}: ${signal[1]}`;
  return `${exitCode} = ${CODES[exitCode] ?? "application error of its own"}`;
}

function explainKill(reason: string | undefined): string {
  if (reason === "OOMKilled") return "ended by the kernel because it used more memory than its limit";
  return "ended by force: usually out of memory, else it did not stop in time or failed its liveness probe";
}
