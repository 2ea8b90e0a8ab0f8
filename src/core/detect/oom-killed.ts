import { newestEnd } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import type { ContainerSnapshot } from "../model/pod.ts";
import { type Duration, MINUTE } from "../model/time.ts";
import {
  describeContainer,
  describeLastRun,
  describePlace,
  describeRestarts,
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

/** Trusts the reason alone: exit code 137 is also that of a failed probe or of a grace period that was over. */
export const oomKilled: PodDetector = {
  name: "ContainerOOMKilled",
  help: "A container used more memory than it may, and the kernel killed it.",
  severity: "warning",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  over: (input) => `It has not run out of memory again for ${formatSpan(lookBack(input))}.`,
  // How long it looks back is what `keep_firing_for` says: keeping it up beyond that would count the time twice.
  life: () => ({ for: 0, keepFiringFor: 0 }),
};

function lookBack({ policy }: DetectInput): Duration {
  return Math.max(policy.detectors.ContainerOOMKilled.keepFiringFor, MINUTE);
}

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const at = historyOf(input, container)?.oomKilledAt;
  const check: Check = {
    container: container.name,
    measure: "newest termination with reason OOMKilled",
    value: at === undefined ? undefined : formatInstant(at),
    threshold: `within ${formatSpan(lookBack(input))}`,
  };
  if (at === undefined || input.now >= at + lookBack(input)) return check;
  const { pod } = input;
  const end = newestEnd(container);
  const restarts = restartsInWindow(input, container);
  const annotations = {
    summary: `${describeContainer(container, pod)} ran out of memory and was killed (OOMKilled)${
      restarts.length === 0 ? "" : `, ${describeRestarts(restarts)}`
    }`,
    description: sentences(
      describePlace(pod),
      `Last killed ${formatInstant(at)}.`,
      end === undefined ? undefined : describeLastRun(end),
    ),
    reason: "OOMKilled",
    cause: "OOMKilled",
    exitCode: "137",
  };
  return {
    ...check,
    finding: containerFinding(oomKilled, input, container, annotations, at),
    reevaluateAt: Math.min(at + lookBack(input), windowChangesAt(input, container) ?? Number.POSITIVE_INFINITY),
  };
}
