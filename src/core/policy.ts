import type { Alertname } from "./alert.ts";
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
  /** The window in which a workload's pod births are counted, and how many make it churn. */
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
