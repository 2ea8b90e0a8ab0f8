import { newestTroubledEnd } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import type { Restart } from "../model/history.ts";
import type { ContainerSnapshot } from "../model/pod.ts";
import { describeTermination } from "../text/exit-code.ts";
import { describeContainer, describeLastRun, describePlace, describeRestarts, sentences } from "../text/text.ts";
import {
  type Check,
  containerFinding,
  type DetectInput,
  type PodDetector,
  restartsInWindow,
  windowChangesAt,
} from "./detector.ts";

/** Counts the restarts of each container within the window; wanted ones do not count. */
export const restartingTooOften: PodDetector = {
  name: "PodRestartingTooOften",
  help: "A container was restarted more often than the threshold allows within the time frame.",
  severity: "warning",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  over: ({ policy }) => `Fewer than ${policy.restartThreshold} restarts are left in the window.`,
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const { policy } = input;
  const restarts = restartsInWindow(input, container).filter(({ planned }) => planned === undefined);
  const check: Check = {
    container: container.name,
    measure: `restarts within ${formatSpan(policy.restartTimeframe)}`,
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
  const end = newestTroubledEnd(pod, container);
  const cause = end === undefined ? "" : `, last: ${describeTermination(end)}`;
  const inferred = restarts.filter((restart) => restart.inferred).length;
  return {
    summary: `${describeContainer(container, pod)} restarts too often: ${describeRestarts(restarts)}${cause}`,
    description: sentences(
      describePlace(pod),
      `${restarts.length} restarts within ${formatSpan(policy.restartTimeframe)}; the threshold is ${policy.restartThreshold}.`,
      inferred === 0
        ? undefined
        : `The times of ${inferred} of them are inferred: nobody watched, or no record was kept.`,
      end === undefined ? undefined : describeLastRun(end),
    ),
    ...(end?.reason === undefined ? {} : { reason: end.reason, cause: end.reason }),
    ...(end === undefined ? {} : { exitCode: String(end.exitCode) }),
  };
}
