import { newestEnd, stableAt, waitingReason } from "../model/container.ts";
import { formatSpan } from "../model/duration.ts";
import type { ContainerSnapshot, Termination } from "../model/pod.ts";
import { earliest } from "../model/time.ts";
import { describeTermination } from "../text/exit-code.ts";
import { crashHint } from "../text/hints.ts";
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

/** Reads the crash-loop latch (observe.ts): attempts between two crashes do not end it. */
export const crashLooping: PodDetector = {
  name: "PodCrashLooping",
  help: "A container keeps crashing: Kubernetes waits longer and longer before each attempt (CrashLoopBackOff).",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  over: ({ policy, pod }, container) =>
    container?.state.name === "running"
      ? `The container has run ${formatSpan(policy.crashLoopStableAfter)} without a break.`
      : `The container has ended, and will not be started again (pod ${pod.phase}).`,
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const since = historyOf(input, container)?.loopingSince;
  const check: Check = {
    container: container.name,
    measure: "crash loop: state.waiting.reason, or three crashes within 15 min",
    value: since === undefined ? (waitingReason(container) ?? container.state.name) : `since ${formatInstant(since)}`,
    threshold: "CrashLoopBackOff",
  };
  if (since === undefined) return check;
  const reevaluateAt = earliest(stableAt(container, input.policy), windowChangesAt(input, container));
  return {
    ...check,
    finding: containerFinding(crashLooping, input, container, describe(input, container), since),
    ...(reevaluateAt === undefined ? {} : { reevaluateAt }),
  };
}

function describe(input: DetectInput, container: ContainerSnapshot) {
  const { pod, policy } = input;
  const end = newestEnd(container);
  const restarts = restartsInWindow(input, container);
  const often = restarts.length === 0 ? "" : `, ${describeRestarts(restarts)}`;
  const stable = stableAt(container, policy);
  return {
    summary: `${describeContainer(container, pod)} ${verb(end)}${often}`,
    description: sentences(
      describePlace(pod),
      end === undefined ? undefined : describeLastRun(end),
      end?.message === undefined ? undefined : crashHint(end.message)?.remedy,
      container.state.name === "waiting" && container.state.message !== undefined
        ? `Kubernetes waits before the next attempt: ${backOff(container.state.message)}.`
        : undefined,
      stable === undefined
        ? undefined
        : `It runs again; the alert ends at ${formatInstant(stable)} if it goes on running until then.`,
      `Restarted ${container.restartCount} times in all.`,
    ),
    reason: "CrashLoopBackOff",
    ...(end?.reason === undefined ? {} : { cause: end.reason }),
    ...(end === undefined ? {} : { exitCode: String(end.exitCode) }),
  };
}

function verb(end: Termination | undefined): string {
  if (end === undefined) return "keeps crashing";
  const how = describeTermination(end);
  if (end.exitCode === 0) return `keeps ending, though it is to run on: ${how}`;
  return end.reason === "StartError" || end.reason === "ContainerCannotRun"
    ? `keeps failing to start: ${how}`
    : `keeps crashing: ${how}`;
}

/** `back-off 1m20s` of `back-off 1m20s restarting failed container=app pod=…`. */
function backOff(message: string): string {
  return /^back-off \S+/.exec(message)?.[0] ?? message;
}
