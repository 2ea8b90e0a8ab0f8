import { describePlace, describePod, formatInstant, sentences } from "../text/text.ts";
import { type Check, type DetectInput, type PodDetector, podFinding } from "./detector.ts";
import { lasting } from "./lasting.ts";

export const stuckTerminating: PodDetector = {
  name: "PodStuckTerminating",
  help: "A pod is to be deleted and does not go: a finalizer, a volume or a node that does not answer holds it.",
  severity: "warning",
  check: (input) => [checkPod(input)],
  over: () => "The pod is not to be deleted any more.",
};

function checkPod(input: DetectInput): Check {
  const { pod, now } = input;
  const since = pod.deletionAt;
  const check: Check = {
    measure: "end of the deletion's grace period",
    value: since === undefined ? undefined : formatInstant(since),
    threshold: "past",
  };
  if (since === undefined) return check;
  return lasting(check, since, now, () => podFinding(stuckTerminating, input, describe(input, since), since));
}

function describe({ pod, containers }: DetectInput, since: number) {
  const running = containers.filter(({ state }) => state.name === "running").map(({ name }) => name);
  return {
    summary: `${describePod(pod)} does not go, though it was to be gone by ${formatInstant(since)}`,
    description: sentences(
      describePlace(pod),
      running.length === 0
        ? "None of its containers runs any more: look for finalizers, and for volumes that cannot be unmounted."
        : `Still running by its status: ${running.join(", ")}. Look whether its node answers.`,
    ),
    reason: "Terminating",
    cause: running.length === 0 ? "Finalizers" : "ContainersRunning",
  };
}
