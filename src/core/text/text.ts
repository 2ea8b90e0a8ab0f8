import { formatSpan } from "../model/duration.ts";
import type { Restart } from "../model/history.ts";
import type { ContainerSnapshot, PodSnapshot, Termination, Workload } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { describeTermination } from "./exit-code.ts";

/** A moment for people, to the second, as Kubernetes stamps it: `2026-11-22 11:41:56 UTC`. */
export function formatInstant(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `Deployment/checkout`, or `pod web-0` where nothing else was deployed. */
export function describeWorkload(workload: Workload): string {
  return workload.kind === "Pod" ? `pod ${workload.name}` : `${workload.kind}/${workload.name}`;
}

/** The subject of a sentence on a pod: `A pod of Deployment/checkout`, or `Pod web-0` where it stands alone. */
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
export function describePlace(pod: PodSnapshot): string {
  return pod.node === undefined ? `Pod ${pod.name}, on no node yet.` : `Pod ${pod.name} on node ${pod.node}.`;
}

/** `4 restarts in 6 min`: how often and within which time, independent of when it is said. */
export function describeRestarts(restarts: readonly Restart[]): string {
  const count = restarts.length;
  if (count <= 1) return count === 1 ? "1 restart" : "no restart";
  return `${count} restarts in ${formatSpan(Math.max(restarts.at(-1)!.at - restarts[0]!.at, 1_000))}`;
}

/** `The last run ended 2026-11-22 11:41:56 UTC after 2 s: exit 1 (…). It said: “…”.` */
export function describeLastRun(end: Termination): string {
  const when = end.finishedAt === undefined ? "" : ` ${formatInstant(end.finishedAt)}`;
  const after =
    end.finishedAt === undefined || end.startedAt === undefined
      ? ""
      : ` after ${formatSpan(Math.max(end.finishedAt - end.startedAt, 0))}`;
  const said = end.message === undefined ? "" : ` It said: ${quoted(end.message)}.`;
  return `The last run ended${when}${after}: ${describeTermination(end)}.${said}`;
}

const MAX_QUOTE = 400;

/** A message of Kubernetes or of a program as part of a sentence: one line, the end cut where it is long. */
export function quoted(message: string): string {
  const line = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  const characters = [...line];
  return characters.length <= MAX_QUOTE ? `“${line}”` : `“${characters.slice(0, MAX_QUOTE).join("")}…”`;
}

/** Sentences in a row, leaving out what there is nothing to say of. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
