import { latestTermination, stableAt, waitingReason } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { earliest } from "../model/time.ts";
import { describeTermination, describeTerminationBriefly, exitCodeOf, isWithoutExitCode } from "../text/exit-code.ts";
import type { Hint } from "../text/hints.ts";
import {
  describeContainer,
  describePodLocation,
  describeRestarts,
  describeWorkload,
  firstFitting,
  formatInstant,
  sentences,
} from "../text/text.ts";
import { POST_START } from "./cannot-start.ts";
import {
  type Check,
  containerFinding,
  type DetectInput,
  firingAlert,
  historyOf,
  type PodDetector,
  restartsInWindow,
  windowChangesAt,
} from "./detector.ts";
import { describeEnd, endHint, evidenceOf } from "./key-evidence.ts";

/** Uses the crash-loop latch (evaluate/crash-loop.ts), so that short attempts between two crashes do not end the alert. */
export const crashLooping: PodDetector = {
  name: "PodCrashLooping",
  help: "A container keeps crashing, and Kubernetes increases the delay before each restart (CrashLoopBackOff).",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  describeRecovery: ({ policy, pod }, container) =>
    container?.state.name === "running"
      ? `The container has been running for ${formatSpan(policy.crashLoopStableAfter)} without a restart.`
      : `The container exited and will not be restarted (pod ${pod.phase}).`,
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const since = historyOf(input, container)?.crashLoopingSince;
  const check: Check = {
    container: container.name,
    metric: "crash loop: state.waiting.reason, or three crashes within 15 min",
    value: since === undefined ? (waitingReason(container) ?? container.state.name) : `since ${formatInstant(since)}`,
    threshold: "CrashLoopBackOff",
  };
  if (since === undefined) return check;
  const reevaluateAt = earliest(
    stableAt(container, input.policy, historyOf(input, container)),
    windowChangesAt(input, container),
  );
  return {
    ...check,
    finding: containerFinding(crashLooping, input, container, describe(input, container), since),
    ...(reevaluateAt !== undefined && { reevaluateAt }),
  };
}

function describe(input: DetectInput, container: ContainerSnapshot) {
  const { pod, policy } = input;
  const last = latestTermination(container);
  const restarts = restartsInWindow(input, container);
  const frequency = restarts.length === 0 ? "" : `, ${describeRestarts(restarts)}`;
  const stable = stableAt(container, policy, historyOf(input, container));
  const evidence = evidenceOf(input, "PodCrashLooping", container.name);
  const hint = endHint(evidence, container, last) ?? hookHint(input, container);
  const who = describeContainer(container, pod);
  const loop = describeLoop(last, describeTerminationBriefly);
  const brief = `${who} ${loop}`;
  return {
    summary: firstFitting(
      ...(hint === undefined
        ? []
        : [
            `${brief}, ${hint.explanation}${frequency}`,
            `${brief}, ${hint.explanation}`,
            `${container.name} of ${describeWorkload(pod.workload)} ${loop}, ${hint.explanation}`,
          ]),
      `${who} ${describeLoop(last, describeTermination)}${frequency}`,
      `${brief}${frequency}`,
      brief,
    ),
    description: sentences(
      describePodLocation(pod),
      last && describeEnd(evidence, last),
      hint?.remedy,
      container.state.name === "waiting" && container.state.message !== undefined
        ? `Kubernetes delays the next attempt: ${backOff(container.state.message)}.`
        : undefined,
      stable === undefined
        ? undefined
        : `The container is running again. The alert resolves at ${formatInstant(stable)} if it keeps running.`,
      `Restarts in total: ${container.restartCount}.`,
    ),
    reason: "CrashLoopBackOff",
    ...(last?.reason !== undefined && { cause: last.reason }),
    ...exitCodeOf(last),
  };
}

/** The kubelet ends a container whose postStart hook fails, so its exit code says nothing. */
function hookHint(input: DetectInput, container: ContainerSnapshot): Hint | undefined {
  const start = firingAlert(input, "ContainerCannotStart", container.name);
  return start?.annotations.reason === POST_START ? { explanation: "its postStart hook fails", remedy: "" } : undefined;
}

function describeLoop(last: Termination | undefined, describeEnd: (end: Termination) => string): string {
  if (last === undefined) return "keeps crashing";
  const termination = describeEnd(last);
  if (isWithoutExitCode(last)) return `keeps ending: ${termination}`;
  if (last.exitCode === 0) return `keeps exiting although it is expected to keep running: ${termination}`;
  return last.reason === "StartError" || last.reason === "ContainerCannotRun"
    ? `keeps failing to start: ${termination}`
    : `keeps crashing: ${termination}`;
}

/** `back-off 1m20s` from `back-off 1m20s restarting failed container=app pod=…`. */
function backOff(message: string): string {
  return /^back-off \S+/.exec(message)?.[0] ?? message;
}
