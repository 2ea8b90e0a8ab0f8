import { type KeyEvent, NODE_NOT_READY } from "../model/alert.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { describePod, describePodLocation, formatInstant, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";
import { describeEvent, evidenceOf, latestEvent } from "./key-evidence.ts";
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

const KILL_EVENTS: ReadonlySet<string> = new Set(["FailedKillPod"]);

function describe(input: DetectInput, since: number) {
  const { pod, containers } = input;
  const evidence = evidenceOf(input, "PodStuckTerminating");
  const event = latestEvent(evidence, KILL_EVENTS);
  const finalizers = evidence?.finalizers ?? [];
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
  if (running.length === 0 && finalizers.length > 0) return describeFinalizers(pod, since, finalizers, event);
  return {
    summary: `${describePod(pod)} is still terminating; it should have been gone by ${formatInstant(since)}`,
    description: sentences(
      describePodLocation(pod),
      event && describeEvent(event),
      running.length === 0
        ? "None of its containers is running. Check for finalizers and for volumes that cannot be unmounted."
        : `Still running according to its status: ${running.join(", ")}. Check whether its node responds.`,
    ),
    reason: "Terminating",
    cause: running.length === 0 ? "NoContainersRunning" : "ContainersRunning",
  };
}

function describeFinalizers(
  pod: PodSnapshot,
  since: number,
  finalizers: readonly string[],
  event: KeyEvent | undefined,
) {
  const names = finalizers.join(", ");
  const isOne = finalizers.length === 1;
  return {
    summary: `${describePod(pod)} is still terminating because of its finalizer${isOne ? "" : "s"} ${names}`,
    description: sentences(
      describePodLocation(pod),
      `It should have been gone by ${formatInstant(since)}. None of its containers is running.`,
      event && describeEvent(event),
      isOne
        ? `It stays until finalizer ${names} is removed. Check the controller that set it.`
        : `It stays until these finalizers are removed: ${names}. Check the controllers that set them.`,
    ),
    reason: "Terminating",
    cause: "NoContainersRunning",
  };
}
