import { isBeingDeleted } from "../model/container.ts";
import { describePod, describePodLocation, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";

export const unschedulable: PodDetector = {
  name: "PodUnschedulable",
  help: "The pod cannot be scheduled: insufficient resources, or no node matches its constraints.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  describeRecovery: () => "The scheduler no longer reports a problem.",
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const { scheduled } = pod.conditions;
  const check: Check = {
    metric: "condition PodScheduled",
    value: scheduled && `${scheduled.status} ${scheduled.reason ?? ""}`.trim(),
    threshold: "False",
  };
  if (scheduled?.status !== "False") return check;
  if (scheduled.reason === "SchedulingGated") return { ...check, suppressed: "a scheduling gate holds the pod back" };
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const since = scheduled.since ?? pod.createdAt;
  const reason = scheduled.reason ?? "Unschedulable";
  const message = scheduled.message === undefined ? undefined : quoted(scheduled.message);
  return afterHoldDown(check, since, now, () =>
    podFinding(
      unschedulable,
      input,
      {
        summary: `${describePod(pod)} cannot be scheduled${message === undefined ? "" : `: ${message}`}`,
        description: sentences(describePodLocation(pod), message && `The scheduler reports: ${message}.`),
        reason,
        cause: reason,
      },
      since,
    ),
  );
}
