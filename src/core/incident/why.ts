import type { Alertname } from "../model/alert.ts";
import type { Termination, Workload } from "../model/pod.ts";
import { MINUTE, SECOND } from "../model/time.ts";
import { isBatch } from "../model/workload.ts";
import { describeExitCode, isWithoutExitCode } from "../text/exit-code.ts";
import { crashHint, startHint } from "../text/hints.ts";
import { imageHint } from "../text/image-hints.ts";
import { oneLine, shorten } from "../text/plain.ts";
import type { Cause } from "./causes.ts";

/** One sentence why, without the name of the workload. */
export interface Why {
  /** At most 120 characters. */
  readonly why: string;
  /** At most 48 characters, without a full stop. */
  readonly short: string;
}

export interface WhyFacts {
  /** The last line of the log or termination message, if there is one. */
  readonly lastLine: string | undefined;
  readonly failing: number;
  readonly total: number;
}

const MAX_WHY = 120;
const MAX_SHORT = 48;

export function whyOf(cause: Cause, { lastLine, failing, total }: WhyFacts): Why {
  const { what, detail, exit } = partsOf(cause, lastLine);
  const pods = podPhrase(failing, total, cause.alerts[0]!.subject.workload);
  const ending = sentence([exit, pods].filter((part) => part !== undefined).join(", "));
  const main = detail === undefined ? what : `${what}: ${detail}`;
  const tries = [`${main}. ${ending}`, `${main}. ${sentence(exit ?? "")}`, `${main}.`].map((text) => text.trim());
  const why = tries.find((text) => text.length <= MAX_WHY) ?? shorten(main, MAX_WHY);
  const detailAlone = detail === undefined ? main : `${detail.charAt(0).toUpperCase()}${detail.slice(1)}`;
  return { why, short: main.length <= MAX_SHORT ? main : shorten(detailAlone, MAX_SHORT) };
}

interface Parts {
  readonly what: string;
  readonly detail?: string | undefined;
  readonly exit?: string | undefined;
}

function partsOf({ alertname, alerts }: Cause, lastLine: string | undefined): Parts {
  const { subject, annotations } = alerts[0]!;
  const end = lastEndOf(alerts[0]!);
  const exit = end === undefined || isWithoutExitCode(end) ? undefined : `exit ${end.exitCode}`;
  const message = subject.container?.state.name === "waiting" ? subject.container.state.message : undefined;
  switch (alertname) {
    case "PodCrashLooping": {
      const hint = crashHint(end?.message ?? "") ?? crashHint(lastLine ?? "");
      const what = end !== undefined && ranBriefly(end) ? "Crashes right after it starts" : "Keeps crashing";
      if (hint !== undefined) return { what, detail: hint.explanation, exit };
      return { what, detail: end === undefined ? undefined : describeExit(end) };
    }
    case "PodRestartingTooOften":
      return { what: "Restarts too often", detail: end === undefined ? undefined : describeExit(end) };
    case "ContainerOOMKilled":
      return { what: "Runs out of memory and is killed" };
    case "PodImagePullFailing":
      return { what: "The image cannot be pulled", detail: imageHint(message ?? "")?.explanation };
    case "ContainerCannotStart":
      return { what: "Cannot start", detail: startHint(message ?? "")?.explanation ?? annotations.reason };
    case "PodFailed":
      return { what: "Failed", detail: detailOf(annotations.summary) ?? annotations.reason };
    default:
      return { what: WHAT[alertname], detail: detailOf(annotations.summary) };
  }
}

const WHAT: Readonly<Record<Exclude<Alertname, Worded>, string>> = {
  PodUnschedulable: "Cannot be scheduled",
  PodPendingTooLong: "Does not start",
  PodNotReady: "Runs, but is not ready",
  PodResizeFailing: "Cannot be resized in place",
  PodStuckTerminating: "Does not end although it was deleted",
  JobFailed: "The Job failed",
  JobNotCompleting: "The Job does not complete",
  WorkloadCannotCreatePods: "Cannot create pods",
  WorkloadChurning: "Its pods are replaced repeatedly",
  ClusterUnreachable: "The API server does not answer",
  NamespaceNotWatched: "Is not watched",
  WatchStale: "What happens here has not been confirmed for some time",
};

type Worded =
  | "PodCrashLooping"
  | "PodRestartingTooOften"
  | "ContainerOOMKilled"
  | "PodImagePullFailing"
  | "ContainerCannotStart"
  | "PodFailed";

/** The part of a summary after its subject, without the start time at its end. */
function detailOf(summary: string): string | undefined {
  const detail = withoutStart(oneLine(/: (.+)$/s.exec(summary)?.[1] ?? ""));
  return detail === "" ? undefined : detail.replace(/^“|”$/g, "");
}

function withoutStart(detail: string): string {
  const at = detail.lastIndexOf("since ");
  if (at < 0 || /[,.]/.test(detail.slice(at))) return detail;
  return detail.slice(0, at).replace(/\($/, "").trimEnd().replace(/[.,]$/, "");
}

/** How the last run ended. */
export function lastEndOf({ subject }: Cause["alerts"][number]): Termination | undefined {
  const { state, lastTerminated } = subject.container ?? {};
  return state?.name === "terminated" ? state : lastTerminated;
}

const BRIEFLY = 30 * SECOND;

function ranBriefly({ startedAt, finishedAt }: Termination): boolean {
  return startedAt !== undefined && finishedAt !== undefined && finishedAt - startedAt < BRIEFLY;
}

function describeExit(end: Termination): string {
  const { exitCode, signal, reason } = end;
  if (isWithoutExitCode(end)) return "no exit code was reported";
  // 137 alone does not say who killed it.
  if (reason === "OOMKilled") return `out of memory (exit ${exitCode})`;
  return `exit ${exitCode} (${describeExitCode(exitCode, signal)})`;
}

/** Such as `both pods`; undefined where the number of pods says nothing. */
export function podPhrase(failing: number, total: number, workload: Workload | undefined): string | undefined {
  if (workload === undefined || workload.kind === "Pod" || isBatch(workload) || failing === 0 || total <= 1) {
    return undefined;
  }
  if (failing < total) return `${failing} of ${total} pods`;
  return total === 2 ? "both pods" : `all ${total} pods`;
}

function sentence(text: string): string {
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A message of Kubernetes that a description quotes, and the remedy after it. */
export function quotedIn(description: string): { readonly message?: string; readonly remedy?: string } {
  const [, message, rest = ""] = /“([^“”]+)”\.?\s*(.*)$/s.exec(description) ?? [];
  return { ...(message === undefined ? {} : { message }), ...(rest === "" ? {} : { remedy: rest }) };
}

/** The time until the next attempt, as in `back-off 2m40s restarting failed container`, in milliseconds. */
export function backOffOf(message: string): number | undefined {
  const [, minutes, seconds] = /back-off (?:(\d+)m)?(?:(\d+)s)? /i.exec(message) ?? [];
  const total = Number(minutes ?? 0) * MINUTE + Number(seconds ?? 0) * SECOND;
  return total === 0 ? undefined : total;
}
