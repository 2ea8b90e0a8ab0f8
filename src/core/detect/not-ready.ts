import { exitedNormally, isBeingDeleted } from "../model/container.ts";
import type { ContainerSnapshot, PodCondition, PodSnapshot } from "../model/pod.ts";
import { describePlace, describePod, formatInstant, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { lasting } from "./lasting.ts";

/** Reads the pod's condition, not the containers' `ready`: of a node that is lost only the condition tells. */
export const notReady: PodDetector = {
  name: "PodNotReady",
  help: "The pod runs but is not ready: its readiness probe fails, or its node has stopped reporting.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  over: ({ pod }) => {
    if (pod.conditions.ready?.status === "True") return "The pod is ready.";
    return pod.phase === "Running" ? "Another alert tells why it is not ready." : `The pod is ${pod.phase}.`;
  },
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const { ready } = pod.conditions;
  const check: Check = {
    measure: "condition Ready of a running pod",
    value: pod.phase === "Running" ? ready?.status : pod.phase,
    threshold: "False",
  };
  if (pod.phase !== "Running" || ready === undefined || ready.status === "True") return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const suppressed = suppressionFor(input, "PodCrashLooping", "PodImagePullFailing", "ContainerCannotStart");
  if (suppressed !== undefined) return { ...check, suppressed };
  const late = input.containers.filter((container) => isLate(pod, container));
  if (late.length === 0 && isDoneInPart(pod))
    return { ...check, suppressed: "all containers that still run are ready" };
  const since = ready.since ?? pod.startedAt ?? pod.createdAt;
  return lasting(check, since, now, () => podFinding(notReady, input, describe(pod, ready, late), since));
}

/** Init containers are never ready once they have ended, and are not asked. */
function isLate(pod: PodSnapshot, container: ContainerSnapshot): boolean {
  if (container.ready || container.type === "init" || container.type === "ephemeral") return false;
  const { state } = container;
  return state.name !== "terminated" || !exitedNormally(pod, container, state);
}

/** Where a container has done its work and is not started again, Kubernetes never calls the pod ready. */
function isDoneInPart(pod: PodSnapshot): boolean {
  return pod.containers.some((container) => {
    const { state, type } = container;
    return type !== "init" && state.name === "terminated" && exitedNormally(pod, container, state);
  });
}

function describe(pod: PodSnapshot, ready: PodCondition, late: readonly ContainerSnapshot[]) {
  const names = late.map(({ name }) => name).join(", ");
  // Where all containers say that they are ready, it is a readiness gate, or the node controller who speaks.
  const gate = late.length === 0 ? ready.reason : undefined;
  const isNode = late.length === 0 && (gate === undefined || gate.startsWith("Node"));
  const why = isNode
    ? `its ${pod.node === undefined ? "node" : `node ${pod.node}`} has stopped reporting`
    : (gate ?? `${names} ${late.length === 1 ? "is" : "are"} not ready`);
  const cause = isNode ? "NodeNotReady" : ready.reason;
  return {
    summary: `${describePod(pod)} runs but is not ready: ${why}`,
    description: sentences(
      describePlace(pod),
      ready.since === undefined ? undefined : `Not ready since ${formatInstant(ready.since)}.`,
      ready.message === undefined ? undefined : `Kubernetes says: ${quoted(ready.message)}.`,
      isNode
        ? "All its containers were ready when the node last reported."
        : "No container has crashed: look at the readiness probe, its events (Unhealthy) and the log.",
    ),
    ...(ready.reason === undefined ? {} : { reason: ready.reason }),
    ...(cause === undefined ? {} : { cause }),
  };
}
