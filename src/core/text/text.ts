import { formatSpan } from "../model/duration.ts";
import type { Restart } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination, Workload } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { type RolloutRole, rolloutRole, workloadLabel } from "../model/workload.ts";
import { excerpt } from "./excerpt.ts";
import { describeTermination } from "./exit-code.ts";
import { oneLine, shorten } from "./plain.ts";

/** `2026-11-22 11:41:56 UTC`, with the resolution of Kubernetes timestamps. */
export function formatInstant(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `Deployment/checkout`, or `pod web-0` for a pod without a controller. */
export function describeWorkload(workload: Workload): string {
  return workload.kind === "Pod" ? `pod ${workload.name}` : workloadLabel(workload);
}

/** The subject of a sentence: `A pod of Deployment/checkout`, or `Pod web-0` for a pod without a controller. */
export function describePod({ workload, name }: PodSnapshot): string {
  if (workload.kind === "Pod") return `Pod ${name}`;
  const role = rolloutRole({ workload, name });
  return `${role === undefined ? "A pod" : `The ${describeRole(role)}`} of ${describeWorkload(workload)}`;
}

function describeRole(role: RolloutRole): string {
  return role === "deployer" ? "deployer pod" : `${role} hook`;
}

const TYPES: Readonly<Record<ContainerSnapshot["type"], string>> = {
  main: "Container",
  init: "Init container",
  sidecar: "Sidecar",
  ephemeral: "Ephemeral container",
};

/** `Container app of Deployment/checkout`. */
export function describeContainer(container: Pick<ContainerSnapshot, "name" | "type">, pod: PodSnapshot): string {
  const role = rolloutRole(pod);
  const whose = role === undefined ? "" : `the ${describeRole(role)} of `;
  return `${TYPES[container.type]} ${container.name} of ${whose}${describeWorkload(pod.workload)}`;
}

/** A sentence about a running container that Kubernetes has not marked as started. */
export function describeStarting({ name, startupProbe }: Pick<ContainerSnapshot, "name" | "startupProbe">): string {
  return startupProbe
    ? `The startup probe of ${name} has not succeeded.`
    : `${name} is running, but not marked as started. Check its startup probe and its postStart hook.`;
}

/** `Pod checkout-65f56cb97f-8p8z2 on node node1.` */
export function describePodLocation(pod: PodSnapshot): string {
  return pod.node === undefined ? `Pod ${pod.name}, not scheduled.` : `Pod ${pod.name} on node ${pod.node}.`;
}

/** `4 restarts in 6 min`: does not depend on the current time. */
export function describeRestarts(restarts: readonly Restart[]): string {
  const count = restarts.length;
  if (count <= 1) return count === 1 ? "1 restart" : "no restarts";
  return `${count} restarts in ${formatSpan(Math.max(restarts.at(-1)!.at - restarts[0]!.at, 1_000))}`;
}

/** `The last run ended at 2026-11-22 11:41:56 UTC after 2 s: exit 1 (…). Termination message: “…”.` */
export function describeLastRun(termination: Termination): string {
  const { startedAt, finishedAt, message } = termination;
  const when = finishedAt === undefined ? "" : ` at ${formatInstant(finishedAt)}`;
  const after =
    finishedAt === undefined || startedAt === undefined
      ? ""
      : ` after ${formatSpan(Math.max(finishedAt - startedAt, 0))}`;
  const output = message === undefined ? "" : ` Termination message: ${quoted(message)}.`;
  return `The last run ended${when}${after}: ${describeTermination(termination)}.${output}`;
}

const MAX_QUOTE = 400;

/** A message from Kubernetes or a program in quotation marks, on one line. Of a long one, the lines that say why. */
export function quoted(message: string): string {
  return `“${excerpt(message, MAX_QUOTE).replace(/\.$/, "")}”`;
}

/** A summary with its time has at most this many characters. */
export const MAX_SUMMARY = 120;
const SINCE = /, since \d{4}-\d\d-\d\d \d\d:\d\d UTC$/;
/** The rest, without the time. */
const MAX_CLAIM = MAX_SUMMARY - ", since 2026-11-22 11:41 UTC".length;

/** Of names and references that are too long, the start and the end remain: the rest of the summary says what failed. */
const WORD_LENGTHS = [Number.POSITIVE_INFINITY, 40, 24];

/** The first of the texts that fits into a summary, with shorter names where none fits, or the last one, shortened. */
export function firstFitting(...texts: readonly string[]): string {
  return fitting(texts.map(oneLine), MAX_CLAIM);
}

function fitting(lines: readonly string[], limit: number): string {
  for (const longest of WORD_LENGTHS) {
    const line = lines.map((one) => shortenWords(one, longest)).find((one) => [...one].length <= limit);
    if (line !== undefined) return line;
  }
  return shorten(shortenWords(lines.at(-1)!, WORD_LENGTHS.at(-1)!), limit);
}

function shortenWords(line: string, longest: number): string {
  return line
    .split(" ")
    .map((word) => {
      const characters = [...word];
      if (characters.length <= longest) return word;
      const tail = Math.floor(longest / 3);
      return `${characters.slice(0, longest - tail - 1).join("")}…${characters.slice(-tail).join("")}`;
    })
    .join(" ");
}

/** A summary on one line, without its time, that leaves room for it. */
export function summaryLine(summary: string): string {
  const line = oneLine(summary).replace(SINCE, "");
  return fitting([line], hasTime(line) ? MAX_SUMMARY : MAX_CLAIM);
}

/** A summary with its start time, unless it contains a time already. */
export function withSince(summary: string, since: Instant): string {
  const line = summaryLine(summary);
  return hasTime(line) ? line : `${line}, since ${formatInstant(since).replace(/:\d\d UTC$/, " UTC")}`;
}

function hasTime(line: string): boolean {
  return /\b\d{4}-\d\d-\d\d \d\d:\d\d/.test(line);
}

/** Joins sentences and skips empty ones. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
