import { type KeyEvidence, NODE_NOT_READY } from "../model/alert.ts";
import { exitedNormally, isBeingDeleted, restartRuleFor } from "../model/container.ts";
import type { ContainerSnapshot, PodCondition, PodSnapshot, Termination } from "../model/pod.ts";
import type { Instant } from "../model/time.ts";
import { describeTermination } from "../text/exit-code.ts";
import {
  describePod,
  describePodLocation,
  describeStarting,
  firstFitting,
  formatInstant,
  quoted,
  sentences,
} from "../text/text.ts";
import { type Check, type DetectInput, observedAt, type PodDetector, podFinding, suppressionFor } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";
import { describeEnd, describeEvent, evidenceOf, failedProbe, latestEvent } from "./key-evidence.ts";

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
  const since = observedAt(input, "notReady") ?? ready.since ?? pod.startedAt ?? pod.createdAt;
  return afterHoldDown(check, since, now, () =>
    podFinding(notReady, input, describe(pod, ready, unready, since, evidenceOf(input, "PodNotReady")), since),
  );
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

/** Why a running pod is not ready, according to its status. */
interface Why {
  /** Completes "is running but not ready: ". */
  readonly what: string;
  readonly cause?: string | undefined;
  readonly remedy: string;
}

function explain(
  pod: PodSnapshot,
  ready: PodCondition,
  unready: readonly ContainerSnapshot[],
  evidence: KeyEvidence | undefined,
): Why {
  const failed = unready.find(({ state }) => state.name === "terminated");
  if (failed?.state.name === "terminated" && !isRestarted(pod, failed, failed.state)) {
    const running = pod.containers.filter(({ state, type }) => state.name === "running" && type !== "ephemeral");
    const others = running.map(({ name }) => name).join(", ");
    const rest = others === "" ? undefined : `Still running: ${others}.`;
    return {
      what: `${failed.name} ended: ${describeTermination(failed.state)}`,
      cause: failed.state.reason ?? "Error",
      remedy: sentences(describeEnd(evidence, failed.state), `${failed.name} is not restarted.`, rest),
    };
  }
  if (unready.length > 0) return explainContainers(ready, unready, evidence);
  // If all containers are ready, a readiness gate or the node controller set the condition.
  if (ready.reason === undefined || isSetByNodeController(ready)) {
    const nodeEvent = latestEvent(evidence, NODE_EVENTS);
    return {
      what: `its node${pod.node === undefined ? "" : ` ${pod.node}`} stopped reporting`,
      cause: NODE_NOT_READY,
      remedy: sentences(
        "All its containers were ready when the node last reported.",
        nodeEvent && describeEvent(nodeEvent),
        "Check the node.",
      ),
    };
  }
  const gate = /readiness gate "([^"]+)"/.exec(ready.message ?? "")?.[1];
  return {
    what: gate === undefined ? ready.reason : `readiness gate ${gate} is not True`,
    cause: ready.reason,
    remedy:
      gate === undefined
        ? "All its containers are ready. Check the condition."
        : `All its containers are ready. Check the controller that sets the condition ${gate}.`,
  };
}

function isSetByNodeController({ reason }: PodCondition): boolean {
  return reason === undefined || reason.startsWith("Node");
}

/** The node controller has set the pod to not ready: its kubelet would have reported the containers as well. */
export function hasLostNode(pod: PodSnapshot): boolean {
  const { ready } = pod.conditions;
  const running = pod.containers.filter(({ state, type }) => state.name === "running" && type !== "ephemeral");
  return (
    pod.node !== undefined &&
    ready !== undefined &&
    ready.status !== "True" &&
    isSetByNodeController(ready) &&
    running.length > 0 &&
    running.every((container) => container.ready)
  );
}

const NODE_EVENTS: ReadonlySet<string> = new Set(["NodeNotReady"]);

function explainContainers(
  ready: PodCondition,
  unready: readonly ContainerSnapshot[],
  evidence: KeyEvidence | undefined,
): Why {
  const names = unready.map(({ name }) => name).join(", ");
  const [first] = unready;
  for (const container of unready) {
    const probe = failedProbe(evidence, container, container.starting ? ["startup"] : ["readiness"]);
    if (probe === undefined) continue;
    const others = unready.length === 1 ? undefined : `Not ready: ${names}.`;
    return {
      what: probe.what,
      cause: ready.reason,
      remedy: sentences(others, describeEvent(probe.event), "Check the log."),
    };
  }
  if (unready.length === 1 && first!.starting) {
    return {
      what: `${names} has not started`,
      cause: ready.reason,
      remedy: `${describeStarting(first!)} Check the events (Unhealthy) and the log.`,
    };
  }
  return {
    what: `${names} ${unready.length === 1 ? "is" : "are"} not ready`,
    cause: ready.reason,
    remedy: "Check the readiness probe, the events (Unhealthy) and the log.",
  };
}

function isRestarted(pod: PodSnapshot, container: ContainerSnapshot, { exitCode }: Termination): boolean {
  return (
    pod.restartPolicy !== "Never" || container.type === "sidecar" || restartRuleFor(container, exitCode) !== undefined
  );
}

function describe(
  pod: PodSnapshot,
  ready: PodCondition,
  unready: readonly ContainerSnapshot[],
  since: Instant,
  evidence: KeyEvidence | undefined,
) {
  const { what, cause, remedy } = explain(pod, ready, unready, evidence);
  const message = ready.message ?? pod.message;
  return {
    summary: firstFitting(
      `${describePod(pod)} is running but not ready: ${what}`,
      `${describePod(pod)} is not ready: ${what}`,
    ),
    description: sentences(
      describePodLocation(pod),
      ready.since === undefined ? undefined : `Not ready since ${formatInstant(since)}.`,
      pod.reason === undefined ? undefined : `Reason: ${pod.reason}.`,
      message === undefined ? undefined : `Kubernetes reports: ${quoted(message)}.`,
      remedy,
    ),
    ...(ready.reason !== undefined && { reason: ready.reason }),
    ...(cause !== undefined && { cause }),
  };
}
