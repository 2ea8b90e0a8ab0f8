import { isBeingDeleted, isFinished } from "../model/container.ts";
import type { PodCondition, PodSnapshot } from "../model/pod.ts";
import { describePod, describePodLocation, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, observedAt, type PodDetector, podFinding } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";

/** In-place resizes (KEP-1287). A deferred resize waits for resources of the node and has not failed. */
export const resizeFailing: PodDetector = {
  name: "PodResizeFailing",
  help: "An in-place resize of a pod is infeasible on its node, or it keeps failing.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: () => "Kubernetes no longer reports a failing resize.",
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const { resizePending, resizeInProgress } = pod.conditions;
  const check: Check = {
    metric: "conditions PodResizePending and PodResizeInProgress",
    value: describeCondition(resizePending) ?? describeCondition(resizeInProgress),
    threshold: "Infeasible or Error",
  };
  const failing = failingResize(pod);
  if (failing === undefined || isFinished(pod)) return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const since = observedAt(input, "resizing") ?? failing.since ?? pod.createdAt;
  return afterHoldDown(check, since, now, () => podFinding(resizeFailing, input, describe(pod, failing), since));
}

function describeCondition(condition: PodCondition | undefined): string | undefined {
  return condition && `${condition.status} ${condition.reason ?? ""}`.trim();
}

export function failingResize({
  conditions: { resizePending, resizeInProgress },
}: PodSnapshot): PodCondition | undefined {
  if (resizePending?.status === "True" && resizePending.reason === "Infeasible") return resizePending;
  return resizeInProgress?.status === "True" && resizeInProgress.reason === "Error" ? resizeInProgress : undefined;
}

function describe(pod: PodSnapshot, { reason, message }: PodCondition) {
  const isInfeasible = reason === "Infeasible";
  const cause = isInfeasible ? "ResizeInfeasible" : "ResizeError";
  return {
    summary: `${describePod(pod)} ${isInfeasible ? "cannot be resized on its node" : "fails to be resized in place"}${message === undefined ? "" : `: ${quoted(message)}`}`,
    description: sentences(
      describePodLocation(pod),
      message === undefined ? undefined : `Kubernetes reports (${reason}): ${quoted(message)}.`,
      isInfeasible
        ? "Request less, or replace the pod so that it can be scheduled on another node."
        : "The kubelet retries. Check its message, and set the former resources if it does not succeed.",
    ),
    reason: cause,
    cause,
  };
}
