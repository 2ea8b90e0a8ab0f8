import { ALERTNAMES, type Alertname } from "./alert.ts";
import { parseDuration } from "./duration.ts";
import { type Duration, HOUR, MINUTE } from "./time.ts";

/** Whether and when a finding becomes an alert. `for` and `keepFiringFor` work as in Prometheus alerting rules. */
export interface DetectorPolicy {
  readonly enabled: boolean;
  /** How long a finding must last before its alert fires. */
  readonly for: Duration;
  /** How long an alert keeps firing after its finding was last reported. */
  readonly keepFiringFor: Duration;
}

/** The effective policy for one pod: global settings, overridden per namespace and by annotations of the workload. */
export interface Policy {
  /** RESTART_THRESHOLD and RESTART_TIMEFRAME. */
  readonly restartThreshold: number;
  readonly restartTimeframe: Duration;
  /** How long a container must run without a restart to end its crash loop. The kubelet resets its backoff after 10 min. */
  readonly crashLoopStableAfter: Duration;
  /** The window in which short-lived pods of a workload are counted, and how many replacements count as churning. */
  readonly churnWindow: Duration;
  readonly churnThreshold: number;
  readonly includeEphemeralContainers: boolean;
  readonly detectors: Readonly<Record<Alertname, DetectorPolicy>>;
}

const IMMEDIATE: DetectorPolicy = { enabled: true, for: 0, keepFiringFor: 0 };

/** docs/alerts.md lists these defaults. */
export const defaultPolicy: Policy = {
  restartThreshold: 5,
  restartTimeframe: 240 * MINUTE,
  crashLoopStableAfter: 10 * MINUTE,
  churnWindow: 30 * MINUTE,
  churnThreshold: 5,
  includeEphemeralContainers: false,
  detectors: {
    PodRestartingTooOften: IMMEDIATE,
    PodCrashLooping: IMMEDIATE,
    PodImagePullFailing: IMMEDIATE,
    ContainerCannotStart: IMMEDIATE,
    ContainerOOMKilled: { ...IMMEDIATE, keepFiringFor: HOUR },
    PodUnschedulable: { ...IMMEDIATE, for: 10 * MINUTE },
    PodPendingTooLong: { ...IMMEDIATE, for: 15 * MINUTE },
    PodNotReady: { ...IMMEDIATE, for: 15 * MINUTE },
    PodResizeFailing: { ...IMMEDIATE, for: 15 * MINUTE },
    PodFailed: IMMEDIATE,
    JobFailed: IMMEDIATE,
    JobNotCompleting: { ...IMMEDIATE, for: 12 * HOUR },
    PodStuckTerminating: { ...IMMEDIATE, for: 10 * MINUTE },
    WorkloadCannotCreatePods: IMMEDIATE,
    // Nobody reports the churn between the removal of a pod and the next one: 6 min on average at 5 pods in 30 min.
    WorkloadChurning: { ...IMMEDIATE, keepFiringFor: 10 * MINUTE },
    // It fires when the first alert of a namespace would. After it, the namespaces have some time to become synced.
    ClusterUnreachable: { ...IMMEDIATE, keepFiringFor: 2 * MINUTE },
    NamespaceNotWatched: IMMEDIATE,
    WatchStale: { ...IMMEDIATE, for: 2 * MINUTE },
  },
};

/** An annotation that was ignored because it is unknown or its value is invalid. */
export interface PolicyProblem {
  /** Without the prefix `pod-watcher.io/`. */
  readonly annotation: string;
  readonly value: string;
  /** What is wrong and which values are valid. */
  readonly message: string;
}

export interface EffectivePolicy {
  readonly policy: Policy;
  readonly problems: readonly PolicyProblem[];
}

const NO_PROBLEMS: readonly PolicyProblem[] = [];

/**
 * The effective policy for a pod: `base` (global settings with the overrides of the namespace) overridden by the pod's
 * annotations, given without the prefix `pod-watcher.io/`:
 *
 * - `restart-threshold: "3/10m"`, or `"3"` to keep the current time frame
 * - `crash-loop-stable-after: "5m"`
 * - `disable: "PodNotReady,PodFailed"`, `enable: …`, each also with `all`
 * - `for.PodNotReady: "30m"`, `keep-firing-for.ContainerOOMKilled: "2h"`
 * - `ephemeral-containers: "true"`
 *
 * Invalid annotations are reported and ignored.
 */
export function policyFor(base: Policy, annotations: Readonly<Record<string, string>> | undefined): EffectivePolicy {
  if (annotations === undefined) return { policy: base, problems: NO_PROBLEMS };
  let policy = base;
  const problems: PolicyProblem[] = [];
  for (const annotation of Object.keys(annotations).sort()) {
    const value = annotations[annotation]!;
    const result = applyAnnotation(policy, annotation, value.trim());
    if (typeof result === "string") problems.push({ annotation, value, message: result });
    else policy = result;
  }
  return { policy, problems };
}

/** The policy overridden by one annotation, or an error message. */
function applyAnnotation(policy: Policy, annotation: string, value: string): Policy | string {
  const [key, name, ...rest] = annotation.split(".");
  switch (rest.length === 0 ? key : annotation) {
    case "restart-threshold":
      return name === undefined ? applyRestartThreshold(policy, value) : unknownAnnotation(annotation);
    case "crash-loop-stable-after": {
      const duration = parseDuration(value);
      if (name !== undefined) return unknownAnnotation(annotation);
      return duration === undefined ? notADuration(value) : { ...policy, crashLoopStableAfter: duration };
    }
    case "ephemeral-containers":
      if (name !== undefined) return unknownAnnotation(annotation);
      if (value !== "true" && value !== "false") return `“${value}” is not valid. Use true or false.`;
      return { ...policy, includeEphemeralContainers: value === "true" };
    case "disable":
    case "enable":
      return name === undefined ? applySwitch(policy, value, key === "enable") : unknownAnnotation(annotation);
    case "for":
      return applyDuration(policy, name, value, (duration) => ({ for: duration }));
    case "keep-firing-for":
      return applyDuration(policy, name, value, (duration) => ({ keepFiringFor: duration }));
    default:
      return unknownAnnotation(annotation);
  }
}

function applyRestartThreshold(policy: Policy, value: string): Policy | string {
  const match = /^(\d{1,6})(?:\s*\/\s*(\S+))?$/.exec(value);
  const restartThreshold = Number(match?.[1]);
  const restartTimeframe = match?.[2] === undefined ? policy.restartTimeframe : parseDuration(match[2]);
  if (match === null || restartThreshold < 1 || restartTimeframe === undefined || restartTimeframe <= 0) {
    return `“${value}” is not a restart threshold. Use a number of restarts (1 or more), optionally with a time frame, such as 3 or 3/10m.`;
  }
  return { ...policy, restartThreshold, restartTimeframe };
}

function applySwitch(policy: Policy, value: string, enabled: boolean): Policy | string {
  const names = value.split(",").map((name) => name.trim());
  const invalid = names.find((name) => name !== "all" && !isAlertname(name));
  if (invalid !== undefined) return unknownAlert(invalid);
  let next = policy;
  for (const name of names.includes("all") ? ALERTNAMES : (names as Alertname[])) {
    next = withDetector(next, name, { enabled });
  }
  return next;
}

function applyDuration(
  policy: Policy,
  name: string | undefined,
  value: string,
  change: (duration: Duration) => Partial<DetectorPolicy>,
): Policy | string {
  if (name === undefined || !isAlertname(name)) return unknownAlert(name ?? "");
  const duration = parseDuration(value);
  return duration === undefined ? notADuration(value) : withDetector(policy, name, change(duration));
}

function withDetector(policy: Policy, name: Alertname, change: Partial<DetectorPolicy>): Policy {
  return { ...policy, detectors: { ...policy.detectors, [name]: { ...policy.detectors[name], ...change } } };
}

function isAlertname(name: string): name is Alertname {
  return (ALERTNAMES as readonly string[]).includes(name);
}

function notADuration(value: string): string {
  return `“${value}” is not a duration. Use a value such as 90s, 10m or 1h30m.`;
}

function unknownAlert(name: string): string {
  return `Unknown alert “${name}”. Known alerts: ${ALERTNAMES.join(", ")}.`;
}

function unknownAnnotation(annotation: string): string {
  return `Unknown annotation ${annotation}. Known annotations: ${ANNOTATIONS.join(", ")}.`;
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
