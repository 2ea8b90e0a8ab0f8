import { isBeingDeleted } from "../model/container.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { describePod, describePodLocation, firstFitting, quoted, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { afterHoldDown } from "./hold-down.ts";
import { describeEvent, evidenceOf, latestEvent } from "./key-evidence.ts";

export const unschedulable: PodDetector = {
  name: "PodUnschedulable",
  help: "The pod cannot be scheduled: insufficient resources, no node matches its constraints, or no scheduler handles it.",
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
  if (scheduled === undefined) return checkUnnoticed(input, check);
  if (scheduled.status !== "False") return check;
  if (scheduled.reason === "SchedulingGated") return { ...check, suppressed: "a scheduling gate holds the pod back" };
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  const since = scheduled.since ?? pod.createdAt;
  const reason = scheduled.reason ?? "Unschedulable";
  const event = latestEvent(evidenceOf(input, "PodUnschedulable"), SCHEDULING);
  const said = scheduled.message ?? event?.message;
  const message = said === undefined ? undefined : quoted(said);
  return afterHoldDown(check, since, now, () =>
    podFinding(
      unschedulable,
      input,
      {
        summary: summaryOf(pod, said),
        description: sentences(describePodLocation(pod), message && `The scheduler reports: ${message}.`),
        reason,
        cause: reason,
      },
      since,
    ),
  );
}

/** Of a long message, the reasons why nodes do not fit, those of most nodes first (kube-scheduler, FitError). */
function summaryOf(pod: PodSnapshot, message: string | undefined): string {
  const claim = `${describePod(pod)} cannot be scheduled`;
  if (message === undefined) return claim;
  const reasons = /^0\/\d+ nodes are available: (.+?)\.?(?: (?:preemption|no new claims)\b.*)?$/s.exec(message)?.[1];
  const sorted = reasons?.split(/, (?=\d+ )/).toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  return firstFitting(`${claim}: ${quoted(message)}`, ...(sorted ? [`${claim}: ${sorted.join(", ")}`] : []));
}

/** No scheduler has reported about the pod: the one that it names may not exist. */
function checkUnnoticed(input: DetectInput, check: Check): Check {
  const { pod, now } = input;
  const isUntouched = pod.startedAt === undefined && pod.containers.every(({ state }) => state.name === "unknown");
  if (pod.phase !== "Pending" || pod.node !== undefined || !isUntouched) return check;
  if (isBeingDeleted(pod)) return { ...check, suppressed: "the pod is being deleted" };
  return afterHoldDown(check, pod.createdAt, now, () =>
    podFinding(unschedulable, input, describeUnnoticed(input), pod.createdAt),
  );
}

const SCHEDULING: ReadonlySet<string> = new Set(["FailedScheduling"]);

function describeUnnoticed(input: DetectInput) {
  const { pod } = input;
  const event = latestEvent(evidenceOf(input, "PodUnschedulable"), SCHEDULING);
  if (event !== undefined) {
    return {
      summary: summaryOf(pod, event.message),
      description: sentences(describePodLocation(pod), describeEvent(event)),
      reason: "NotScheduled",
      cause: "NotScheduled",
    };
  }
  const { scheduler } = pod;
  const which = scheduler === undefined ? "no scheduler" : `scheduler ${scheduler}`;
  return {
    summary: `${describePod(pod)} has no node: ${which} has ${scheduler === undefined ? "" : "not "}reported about it`,
    description: sentences(
      describePodLocation(pod),
      "The pod has no PodScheduled condition.",
      scheduler === undefined
        ? "Check that the scheduler of the cluster is running."
        : `Check that a scheduler named ${scheduler} is running, or correct spec.schedulerName.`,
    ),
    reason: "NotScheduled",
    cause: "NotScheduled",
  };
}
