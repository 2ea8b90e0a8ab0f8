import { exitedNormally, isBeingDeleted } from "../model/container.ts";
import type { ContainerSnapshot, PodCondition, PodSnapshot } from "../model/pod.ts";
import { describePod, describePodLocation, formatInstant, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";

/** Uses the condition of the pod. The `ready` fields of containers do not change when a node is lost. */
export const notReady: PodDetector = {
  name: "PodNotReady",
  help: "The pod is running but not ready: its readiness probe fails, or its node stopped reporting.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: ({ pod }) => {
    if (pod.conditions.ready?.status === "True") return "The pod is ready.";
    return pod.phase === "Running" ? "Another alert is reported instead." : `The pod is ${pod.phase}.`;
  },
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const { ready } = pod.conditions;
  const check: Check = {
    metric: "condition Ready of a running pod",
    value: pod.phase === "Running" ? ready?.status : pod.phase,
    threshold: "False",
  };
  if (pod.phase !== "Running" || ready === undefined || ready.status === "True") return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const suppressed = suppressionFor(input, "PodCrashLooping", "PodImagePullFailing", "ContainerCannotStart");
  if (suppressed !== undefined) return { ...check, suppressed };
  const unready = input.containers.filter((container) => isUnready(pod, container));
  if (unready.length === 0 && isPartlyFinished(pod))
    return { ...check, suppressed: "all containers that are still running are ready" };
  const since = ready.since ?? pod.startedAt ?? pod.createdAt;
  return afterHoldDown(check, since, now, () => podFinding(notReady, input, describe(pod, ready, unready), since));
}

/** Finished init containers are never ready and do not count. */
function isUnready(pod: PodSnapshot, container: ContainerSnapshot): boolean {
  if (container.ready || container.type === "init" || container.type === "ephemeral") return false;
  const { state } = container;
  return state.name !== "terminated" || !exitedNormally(pod, container, state);
}

/** A pod is never ready after one of its containers has exited normally and is not restarted. */
function isPartlyFinished(pod: PodSnapshot): boolean {
  return pod.containers.some((container) => {
    const { state, type } = container;
    return type !== "init" && state.name === "terminated" && exitedNormally(pod, container, state);
  });
}

function describe(pod: PodSnapshot, ready: PodCondition, unready: readonly ContainerSnapshot[]) {
  const names = unready.map(({ name }) => name).join(", ");
  // If all containers are ready, a readiness gate or the node controller set the condition.
  const gate = unready.length === 0 ? ready.reason : undefined;
  const isNode = unready.length === 0 && (gate === undefined || gate.startsWith("Node"));
  const why = isNode
    ? `its node${pod.node === undefined ? "" : ` ${pod.node}`} stopped reporting`
    : (gate ?? `${names} ${unready.length === 1 ? "is" : "are"} not ready`);
  const cause = isNode ? "NodeNotReady" : ready.reason;
  return {
    summary: `${describePod(pod)} is running but not ready: ${why}`,
    description: sentences(
      describePodLocation(pod),
      ready.since === undefined ? undefined : `Not ready since ${formatInstant(ready.since)}.`,
      ready.message === undefined ? undefined : `Kubernetes reports: ${quoted(ready.message)}.`,
      isNode
        ? "All its containers were ready when the node last reported. Check the node."
        : "Check the readiness probe, the events (Unhealthy) and the log.",
    ),
    ...(ready.reason !== undefined && { reason: ready.reason }),
    ...(cause !== undefined && { cause }),
  };
}
