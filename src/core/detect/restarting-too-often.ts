import { latestAbnormalTermination } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import { type Restart, unplannedRestarts } from "../model/history.ts";
import type { ContainerSnapshot } from "../model/pod.ts";
import { describeTermination, describeTerminationBriefly, exitCodeOf } from "../text/exit-code.ts";
import { describeContainer, describePodLocation, describeRestarts, firstFitting, sentences } from "../text/text.ts";
import {
  type Check,
  containerFinding,
  type DetectInput,
  type PodDetector,
  restartsInWindow,
  windowChangesAt,
} from "./detector.ts";
import { describeEnd, endHint, evidenceOf } from "./key-evidence.ts";

export const restartingTooOften: PodDetector = {
  name: "PodRestartingTooOften",
  help: "A container restarted more often than the threshold allows within the time frame.",
  severity: "warning",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  describeRecovery: ({ policy }) =>
    `Fewer than ${policy.restartThreshold} restarts within ${formatSpan(policy.restartTimeframe)}.`,
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const { policy } = input;
  const restarts = unplannedRestarts(restartsInWindow(input, container));
  const check: Check = {
    container: container.name,
    metric: `restarts within ${formatSpan(policy.restartTimeframe)}`,
    value: restarts.length,
    threshold: policy.restartThreshold,
  };
  if (restarts.length < policy.restartThreshold) return check;
  return {
    ...check,
    finding: containerFinding(restartingTooOften, input, container, describe(input, container, restarts)),
    reevaluateAt: windowChangesAt(input, container)!,
  };
}

function describe(input: DetectInput, container: ContainerSnapshot, restarts: readonly Restart[]) {
  const { pod, policy } = input;
  const last = latestAbnormalTermination(pod, container);
  const evidence = evidenceOf(input, "PodRestartingTooOften", container.name);
  const hint = endHint(evidence, container, last);
  const claim = `${describeContainer(container, pod)} restarts too often: ${describeRestarts(restarts)}`;
  const inferred = restarts.filter((restart) => restart.inferred).length;
  return {
    summary: firstFitting(
      ...(last === undefined
        ? []
        : [
            ...(hint === undefined
              ? []
              : [`${claim}, ${hint.explanation}`, `${claim.replace(/ restarts(?= in)/, "")}, ${hint.explanation}`]),
            `${claim}, last: ${describeTermination(last)}`,
            `${claim}, last: ${describeTerminationBriefly(last)}`,
            `${claim.replace(/ restarts(?= in)/, "")}, last: exit ${last.exitCode}`,
          ]),
      claim,
    ),
    description: sentences(
      describePodLocation(pod),
      `${restarts.length} restarts within ${formatSpan(policy.restartTimeframe)} (threshold: ${policy.restartThreshold}).`,
      inferred === 0 ? undefined : `${inferred} of the restart times are inferred because no record was available.`,
      last && describeEnd(evidence, last),
      hint?.remedy,
    ),
    ...(last?.reason !== undefined && { reason: last.reason, cause: last.reason }),
    ...exitCodeOf(last),
  };
}
