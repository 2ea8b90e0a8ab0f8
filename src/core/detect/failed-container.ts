import { exitedNormally } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { describeTermination, describeTerminationBriefly, isWithoutExitCode } from "../text/exit-code.ts";

export interface FailedContainer {
  readonly container: ContainerSnapshot;
  readonly termination: Termination;
}

/** The container that failed first, because its failure may have ended the others. */
export function failedContainerOf(pod: PodSnapshot): FailedContainer | undefined {
  let first: FailedContainer | undefined;
  for (const container of pod.containers) {
    const { state } = container;
    if (container.type === "ephemeral" || state.name !== "terminated" || hasSucceeded(pod, container, state)) continue;
    const next = { container, termination: state };
    if (first === undefined || isBlamedBefore(next, first)) first = next;
  }
  return first;
}

/**
 * The kubelet stops native sidecars after the other containers have ended (KEP-753), so a sidecar never fails its pod.
 * Times have a resolution of one second: within it, the container that nobody stopped comes first.
 */
function isBlamedBefore(a: FailedContainer, b: FailedContainer): boolean {
  return (
    rank(a.container.type === "sidecar", b.container.type === "sidecar") ??
    rank(endOf(a), endOf(b)) ??
    rank(isStopped(a), isStopped(b)) ??
    rank(isWithoutExitCode(a.termination), isWithoutExitCode(b.termination)) ??
    false
  );
}

/** Undefined if they are equal. */
function rank(a: number | boolean, b: number | boolean): boolean | undefined {
  return a === b ? undefined : a < b;
}

function endOf({ termination }: FailedContainer): Instant {
  return termination.finishedAt ?? Number.POSITIVE_INFINITY;
}

/** Exit codes of SIGTERM and SIGKILL. */
function isStopped({ termination }: FailedContainer): boolean {
  return termination.exitCode === 143 || termination.exitCode === 137;
}

/** A run without an exit code is not known to have succeeded, and its pod failed. */
function hasSucceeded(pod: PodSnapshot, container: ContainerSnapshot, end: Termination): boolean {
  return exitedNormally(pod, container, end) && (container.type === "init" || !isWithoutExitCode(end));
}

/** `container import: exit 2 (…)`. */
export function describeExit({ container, termination }: FailedContainer): string {
  return `container ${container.name}: ${describeTermination(termination)}`;
}

/** `container import: exit 2`. */
export function describeExitBriefly({ container, termination }: FailedContainer): string {
  return `container ${container.name}: ${describeTerminationBriefly(termination)}`;
}
