import { latestTermination } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import type { ContainerSnapshot } from "../model/pod.ts";
import { type Duration, MINUTE } from "../model/time.ts";
import {
  describeContainer,
  describePodLocation,
  describeRestarts,
  firstFitting,
  formatInstant,
  sentences,
} from "../text/text.ts";
import {
  type Check,
  containerFinding,
  type DetectInput,
  historyOf,
  type PodDetector,
  restartsInWindow,
  windowChangesAt,
} from "./detector.ts";
import { describeEnd, evidenceOf } from "./key-evidence.ts";

/** Only the reason OOMKilled counts. Exit code 137 is any SIGKILL, such as after a failed liveness probe. */
export const oomKilled: PodDetector = {
  name: "ContainerOOMKilled",
  help: "A container was killed because it ran out of memory (OOMKilled).",
  severity: "warning",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  describeRecovery: (input) => `The container was not OOMKilled for ${formatSpan(reportedFor(input))}.`,
  // The finding itself lasts for `keep_firing_for`, which must not be counted twice.
  alertPolicy: { for: 0, keepFiringFor: 0 },
};

function reportedFor({ policy }: DetectInput): Duration {
  return Math.max(policy.detectors.ContainerOOMKilled.keepFiringFor, MINUTE);
}

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const at = historyOf(input, container)?.oomKilledAt;
  const check: Check = {
    container: container.name,
    metric: "last termination with reason OOMKilled",
    value: at === undefined ? undefined : formatInstant(at),
    threshold: `within ${formatSpan(reportedFor(input))}`,
  };
  if (at === undefined || input.now >= at + reportedFor(input)) return check;
  const { pod } = input;
  const last = latestTermination(container);
  const restarts = restartsInWindow(input, container);
  const frequency = restarts.length === 0 ? "" : `, ${describeRestarts(restarts)}`;
  const who = describeContainer(container, pod);
  const annotations = {
    summary: firstFitting(
      `${who} was killed because it ran out of memory (OOMKilled)${frequency}`,
      `${who} ran out of memory (OOMKilled)${frequency}`,
      `${who} ran out of memory (OOMKilled)`,
    ),
    description: sentences(
      describePodLocation(pod),
      `Last OOMKilled at ${formatInstant(at)}.`,
      last && describeEnd(evidenceOf(input, "ContainerOOMKilled", container.name), last),
    ),
    reason: "OOMKilled",
    cause: "OOMKilled",
    ...(last?.reason === "OOMKilled" && { exitCode: String(last.exitCode) }),
  };
  return {
    ...check,
    finding: containerFinding(oomKilled, input, container, annotations, at),
    reevaluateAt: Math.min(at + reportedFor(input), windowChangesAt(input, container) ?? Number.POSITIVE_INFINITY),
  };
}
