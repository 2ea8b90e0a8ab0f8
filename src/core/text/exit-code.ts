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

/** NTSTATUS codes with which Windows ends a process ([MS-ERREF] 2.3.1), and the code of an unhandled .NET exception. */
const NTSTATUS: Readonly<Record<number, string>> = {
  2147483651: "STATUS_BREAKPOINT: a breakpoint, or an assertion",
  3221225477: "STATUS_ACCESS_VIOLATION: an invalid memory access",
  3221225478: "STATUS_IN_PAGE_ERROR: a page of a file could not be read",
  3221225495: "STATUS_NO_MEMORY: out of memory",
  3221225501: "STATUS_ILLEGAL_INSTRUCTION: often an image built for another CPU",
  3221225506: "STATUS_ACCESS_DENIED: access denied",
  3221225595: "STATUS_INVALID_IMAGE_FORMAT: a program or DLL for another CPU",
  3221225620: "STATUS_INTEGER_DIVIDE_BY_ZERO: a division by zero",
  3221225725: "STATUS_STACK_OVERFLOW: the stack is exhausted",
  3221225781: "STATUS_DLL_NOT_FOUND: a DLL is missing in the image",
  3221225785: "STATUS_ENTRYPOINT_NOT_FOUND: a DLL has another version",
  3221225786: "STATUS_CONTROL_C_EXIT: asked to stop",
  3221225794: "STATUS_DLL_INIT_FAILED: a DLL could not be initialized",
  3221226356: "STATUS_HEAP_CORRUPTION: the heap is damaged",
  3221226505: "STATUS_STACK_BUFFER_OVERRUN: aborted itself, for example after a damaged stack",
  3762504530: "unhandled .NET exception",
};

/** SIGRTMAX on Linux. */
const LAST_SIGNAL = 64;

/** The usual meaning of an exit code: `137` is `SIGKILL: killed, …`. Codes above 128 are 128 plus the signal. */
export function describeExitCode(exitCode: number, signal?: number): string {
  const known = CODES[exitCode] ?? describeNtstatus(exitCode);
  if (signal === undefined && known !== undefined) return known;
  const number = signal ?? (exitCode > 128 && exitCode <= 128 + LAST_SIGNAL ? exitCode - 128 : undefined);
  if (number === undefined) return "an exit code of the application";
  return SIGNALS[number] ?? `signal ${number}`;
}

/** Kubernetes has exit codes as int32, so that 0xC0000005 is negative. */
function describeNtstatus(exitCode: number): string | undefined {
  const code = exitCode >>> 0;
  const hex = `0x${code.toString(16).toUpperCase()}`;
  const [name, meaning] = NTSTATUS[code]?.split(/(?=:)/) ?? [];
  if (name !== undefined) return `${name}, ${hex}${meaning ?? ""}`;
  return code >= 0x8000_0000 && code < 0xf000_0000 ? `NTSTATUS ${hex}` : undefined;
}

type End = Pick<Termination, "reason" | "exitCode" | "signal" | "finishedAt">;

/**
 * Whether the status only says that the run ended, or that it failed, as virtual kubelets report: an absent exit code is 0
 * on the wire.
 */
export function isWithoutExitCode({ reason, exitCode, signal, finishedAt }: End): boolean {
  if (exitCode !== 0 || signal !== undefined) return false;
  return reason === "Error" || (reason === undefined && finishedAt === undefined);
}

/** As an annotation of an alert. */
export function exitCodeOf(end: End | undefined): { readonly exitCode?: string } {
  return end === undefined || isWithoutExitCode(end) ? {} : { exitCode: String(end.exitCode) };
}

/** How a run ended: `out of memory (OOMKilled, exit 137)`, `exit 1 (application error)`. */
export function describeTermination(end: End): string {
  const { reason, exitCode, signal } = end;
  if (isWithoutExitCode(end)) return "no exit code was reported";
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

/** The same in a few words, for summaries: `exit 137 (SIGKILL)`, `OOMKilled, exit 137`. */
export function describeTerminationBriefly(end: End): string {
  const { reason, exitCode, signal } = end;
  if (isWithoutExitCode(end)) return "no exit code";
  const name = /^[A-Z_]{5,40}(?=[:,])/.exec(describeExitCode(exitCode, signal))?.[0] ?? SHELL_CODES[exitCode];
  const exit = `exit ${exitCode}${name === undefined || reason === "OOMKilled" ? "" : ` (${name})`}`;
  return reason === undefined || reason === "Error" || reason === "Completed" ? exit : `${reason}, ${exit}`;
}

const SHELL_CODES: Readonly<Record<number, string>> = { 126: "cannot be executed", 127: "command not found" };
