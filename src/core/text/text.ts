import { formatSpan } from "../model/duration.ts";
import type { Restart } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination, Workload } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { workloadLabel } from "../model/workload.ts";
import { describeTermination } from "./exit-code.ts";

/** `2026-11-22 11:41:56 UTC`, with the resolution of Kubernetes timestamps. */
export function formatInstant(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `Deployment/checkout`, or `pod web-0` for a pod without a controller. */
function describeWorkload(workload: Workload): string {
  return workload.kind === "Pod" ? `pod ${workload.name}` : workloadLabel(workload);
}

/** The subject of a sentence: `A pod of Deployment/checkout`, or `Pod web-0` for a pod without a controller. */
export function describePod({ workload, name }: PodSnapshot): string {
  return workload.kind === "Pod" ? `Pod ${name}` : `A pod of ${describeWorkload(workload)}`;
}

const TYPES: Readonly<Record<ContainerSnapshot["type"], string>> = {
  main: "Container",
  init: "Init container",
  sidecar: "Sidecar",
  ephemeral: "Ephemeral container",
};

/** `Container app of Deployment/checkout`. */
export function describeContainer(container: Pick<ContainerSnapshot, "name" | "type">, pod: PodSnapshot): string {
  return `${TYPES[container.type]} ${container.name} of ${describeWorkload(pod.workload)}`;
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

/** A message from Kubernetes or a program in quotation marks, on one line and truncated to `MAX_QUOTE` characters. */
export function quoted(message: string): string {
  const line = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  const characters = [...line];
  return characters.length <= MAX_QUOTE ? `“${line}”` : `“${characters.slice(0, MAX_QUOTE).join("")}…”`;
}

/** Joins sentences and skips empty ones. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
