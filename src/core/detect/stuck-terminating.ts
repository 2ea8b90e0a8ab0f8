import { NODE_NOT_READY } from "../model/alert.ts";
import { describePod, describePodLocation, formatInstant, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";
import { hasLostNode } from "./not-ready.ts";

export const stuckTerminating: PodDetector = {
  name: "PodStuckTerminating",
  help: "A pod is stuck terminating because of a finalizer, a volume or an unresponsive node.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: () => "The pod is no longer being deleted.",
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const since = pod.deletionAt;
  const check: Check = {
    metric: "end of the deletion grace period",
    value: since === undefined ? undefined : formatInstant(since),
    threshold: "in the past",
  };
  if (since === undefined) return check;
  return afterHoldDown(check, since, now, () => podFinding(stuckTerminating, input, describe(input, since), since));
}

function describe({ pod, containers }: DetectInput, since: number) {
  const running = containers.filter(({ state }) => state.name === "running").map(({ name }) => name);
  if (hasLostNode(pod)) {
    return {
      summary: `${describePod(pod)} is still terminating: its node ${pod.node} stopped reporting`,
      description: sentences(
        describePodLocation(pod),
        `It should have been gone by ${formatInstant(since)}.`,
        "Check the node. If it does not come back, delete the Node object: the pods on it are then removed.",
      ),
      reason: "Terminating",
      cause: NODE_NOT_READY,
    };
  }
  return {
    summary: `${describePod(pod)} is still terminating; it should have been gone by ${formatInstant(since)}`,
    description: sentences(
      describePodLocation(pod),
      running.length === 0
        ? "None of its containers is running. Check for finalizers and for volumes that cannot be unmounted."
        : `Still running according to its status: ${running.join(", ")}. Check whether its node responds.`,
    ),
    reason: "Terminating",
    cause: running.length === 0 ? "NoContainersRunning" : "ContainersRunning",
  };
}
