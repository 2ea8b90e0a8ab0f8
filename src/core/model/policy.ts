import { ALERTNAMES, type Alertname } from "./alert.ts";
import { parseDuration } from "./duration.ts";
import { type Duration, HOUR, MINUTE } from "./time.ts";

/** What decides whether a finding becomes an alert. `for` and `keepFiringFor` mean what they mean in Prometheus rules. */
export interface DetectorPolicy {
  readonly enabled: boolean;
  /** How long a finding must last before it fires. */
  readonly for: Duration;
  /** How long an alert goes on firing after its finding was last seen. */
  readonly keepFiringFor: Duration;
}

/** The rules in force for one pod: the global ones, overridden per namespace and per workload annotation. */
export interface Policy {
  /** RESTART_THRESHOLD and RESTART_TIMEFRAME. */
  readonly restartThreshold: number;
  readonly restartTimeframe: Duration;
  /** How long a container must run without a break to end its crash loop (the kubelet's own reset rule: 10 min). */
  readonly crashLoopStableAfter: Duration;
  /** The window in which a workload's pod shortLivedPods are counted, and how many make it churn. */
  readonly churnWindow: Duration;
  readonly churnThreshold: number;
  readonly includeEphemeralContainers: boolean;
  readonly detectors: Readonly<Record<Alertname, DetectorPolicy>>;
}

const AT_ONCE: DetectorPolicy = { enabled: true, for: 0, keepFiringFor: 0 };

/** What is in force where nothing else is said (docs/alerts.md). */
export const defaultPolicy: Policy = {
  restartThreshold: 5,
  restartTimeframe: 240 * MINUTE,
  crashLoopStableAfter: 10 * MINUTE,
  churnWindow: 30 * MINUTE,
  churnThreshold: 5,
  includeEphemeralContainers: false,
  detectors: {
    PodRestartingTooOften: AT_ONCE,
    PodCrashLooping: AT_ONCE,
    PodImagePullFailing: AT_ONCE,
    ContainerCannotStart: AT_ONCE,
    ContainerOOMKilled: { ...AT_ONCE, keepFiringFor: HOUR },
    PodUnschedulable: { ...AT_ONCE, for: 10 * MINUTE },
    PodPendingTooLong: { ...AT_ONCE, for: 15 * MINUTE },
    PodNotReady: { ...AT_ONCE, for: 15 * MINUTE },
    PodFailed: AT_ONCE,
    PodStuckTerminating: { ...AT_ONCE, for: 10 * MINUTE },
    WorkloadCannotCreatePods: AT_ONCE,
    // Between a pod that is gone and its successor nobody reports the churn: six minutes at five pods in half an hour.
    WorkloadChurning: { ...AT_ONCE, keepFiringFor: 10 * MINUTE },
    NamespaceNotWatched: AT_ONCE,
    WatchStale: { ...AT_ONCE, for: 2 * MINUTE },
  },
};

/** A value of an annotation that cannot be used: the rules without it are in force. */
export interface PolicyProblem {
  /** Without the prefix `pod-watcher.io/`. */
  readonly annotation: string;
  readonly value: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

export interface PolicyInForce {
  readonly policy: Policy;
  readonly problems: readonly PolicyProblem[];
}

const NO_PROBLEMS: readonly PolicyProblem[] = [];

/**
 * The rules in force for a pod: `base` (global, with its namespace's overrides laid over it) with what the pod's own
 * annotations say, given without the prefix `pod-watcher.io/`:
 *
 * - `restart-threshold: "3/10m"`, or `"3"` within the time frame in force
 * - `crash-loop-stable-after: "5m"`
 * - `disable: "PodNotReady,PodFailed"`, `enable: …`, each also with `all`
 * - `for.PodNotReady: "30m"`, `keep-firing-for.ContainerOOMKilled: "2h"`
 * - `ephemeral-containers: "true"`
 *
 * Wrong values are reported and otherwise ignored.
 */
export function policyFor(base: Policy, annotations: Readonly<Record<string, string>> | undefined): PolicyInForce {
  if (annotations === undefined) return { policy: base, problems: NO_PROBLEMS };
  let policy = base;
  const problems: PolicyProblem[] = [];
  for (const annotation of Object.keys(annotations).sort()) {
    const value = annotations[annotation]!;
    const result = readAnnotation(policy, annotation, value.trim());
    if (typeof result === "string") problems.push({ annotation, value, message: result });
    else policy = result;
  }
  return { policy, problems };
}

/** The policy with the annotation laid over it, or what is wrong with it. */
function readAnnotation(policy: Policy, annotation: string, value: string): Policy | string {
  const [key, name, ...rest] = annotation.split(".");
  switch (rest.length === 0 ? key : annotation) {
    case "restart-threshold":
      return name === undefined ? readRestartThreshold(policy, value) : unknown(annotation);
    case "crash-loop-stable-after": {
      const span = parseDuration(value);
      if (name !== undefined) return unknown(annotation);
      return span === undefined ? notADuration(value) : { ...policy, crashLoopStableAfter: span };
    }
    case "ephemeral-containers":
      if (name !== undefined) return unknown(annotation);
      if (value !== "true" && value !== "false") return `“${value}” is neither true nor false.`;
      return { ...policy, includeEphemeralContainers: value === "true" };
    case "disable":
    case "enable":
      return name === undefined ? readSwitch(policy, value, key === "enable") : unknown(annotation);
    case "for":
      return readSpan(policy, name, value, (span) => ({ for: span }));
    case "keep-firing-for":
      return readSpan(policy, name, value, (span) => ({ keepFiringFor: span }));
    default:
      return unknown(annotation);
  }
}

function readRestartThreshold(policy: Policy, value: string): Policy | string {
  const match = /^(\d{1,6})(?:\s*\/\s*(\S+))?$/.exec(value);
  const restartThreshold = Number(match?.[1]);
  const restartTimeframe = match?.[2] === undefined ? policy.restartTimeframe : parseDuration(match[2]);
  if (match === null || restartThreshold < 1 || restartTimeframe === undefined || restartTimeframe <= 0) {
    return `“${value}” is no threshold: a number of restarts from 1 on, with or without a time frame, such as 3/10m.`;
  }
  return { ...policy, restartThreshold, restartTimeframe };
}

function readSwitch(policy: Policy, value: string, enabled: boolean): Policy | string {
  const names = value.split(",").map((name) => name.trim());
  const wrong = names.find((name) => name !== "all" && !isAlertname(name));
  if (wrong !== undefined) return noAlert(wrong);
  let next = policy;
  for (const name of names.includes("all") ? ALERTNAMES : (names as Alertname[])) {
    next = withDetector(next, name, { enabled });
  }
  return next;
}

function readSpan(
  policy: Policy,
  name: string | undefined,
  value: string,
  change: (span: Duration) => Partial<DetectorPolicy>,
): Policy | string {
  if (name === undefined || !isAlertname(name)) return noAlert(name ?? "");
  const span = parseDuration(value);
  return span === undefined ? notADuration(value) : withDetector(policy, name, change(span));
}

function withDetector(policy: Policy, name: Alertname, change: Partial<DetectorPolicy>): Policy {
  return { ...policy, detectors: { ...policy.detectors, [name]: { ...policy.detectors[name], ...change } } };
}

function isAlertname(name: string): name is Alertname {
  return (ALERTNAMES as readonly string[]).includes(name);
}

function notADuration(value: string): string {
  return `“${value}” is no span of time, such as 90s, 10m or 1h30m.`;
}

function noAlert(name: string): string {
  return `There is no alert “${name}”; there are: ${ALERTNAMES.join(", ")}.`;
}

function unknown(annotation: string): string {
  return `There is no annotation ${annotation}; there are: ${ANNOTATIONS.join(", ")}.`;
}

const ANNOTATIONS = [
  "restart-threshold",
  "crash-loop-stable-after",
  "ephemeral-containers",
  "disable",
  "enable",
  "for.ALERT",
  "keep-firing-for.ALERT",
];
