import { isBeingDeleted } from "../model/container.ts";
import { describePlace, describePod, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { lasting } from "./lasting.ts";

export const unschedulable: PodDetector = {
  name: "PodUnschedulable",
  help: "No node can take the pod: too little room, or no node that its rules allow.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  over: () => "The pod has a node.",
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const { scheduled } = pod.conditions;
  const check: Check = {
    measure: "condition PodScheduled",
    value: scheduled === undefined ? undefined : `${scheduled.status} ${scheduled.reason ?? ""}`.trim(),
    threshold: "False",
  };
  if (scheduled?.status !== "False") return check;
  if (scheduled.reason === "SchedulingGated")
    return { ...check, suppressed: "someone holds it back with a scheduling gate" };
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const since = scheduled.since ?? pod.createdAt;
  const reason = scheduled.reason ?? "Unschedulable";
  return lasting(check, since, now, () =>
    podFinding(
      unschedulable,
      input,
      {
        summary: `${describePod(pod)} cannot be scheduled${
          scheduled.message === undefined ? "" : `: ${quoted(scheduled.message)}`
        }`,
        description: sentences(describePlace(pod), saying(scheduled.message)),
        reason,
        cause: reason,
      },
      since,
    ),
  );
}

function saying(message: string | undefined): string | undefined {
  return message === undefined ? undefined : `The scheduler says: ${quoted(message)}.`;
}
