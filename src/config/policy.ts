import { ALERTNAMES, type Alertname } from "../core/alert.ts";
import type { DetectorPolicy, Policy } from "../core/policy.ts";
import { HOUR, MINUTE } from "../core/time.ts";
import type { RulesShape } from "./schema.ts";

const AT_ONCE: DetectorPolicy = { enabled: true, for: 0, keepFiringFor: 0 };

/** The thresholds and times of docs/alerts.md. */
export const DEFAULT_POLICY: Policy = {
  restartThreshold: 5,
  restartTimeframe: 240 * MINUTE,
  crashLoopStableAfter: 10 * MINUTE,
  churnWindow: 30 * MINUTE,
  churnThreshold: 10,
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
    WorkloadChurning: AT_ONCE,
    NamespaceNotWatched: AT_ONCE,
    WatchStale: { ...AT_ONCE, for: 2 * MINUTE },
  },
};

/** `base` with what the file says about the rules laid over it. */
export function policyFrom(rules: RulesShape, base: Policy): Policy {
  return {
    restartThreshold: rules.restarts?.threshold ?? base.restartThreshold,
    restartTimeframe: rules.restarts?.timeframe ?? base.restartTimeframe,
    crashLoopStableAfter: rules.crash_loop_stable_after ?? base.crashLoopStableAfter,
    churnWindow: rules.churn?.window ?? base.churnWindow,
    churnThreshold: rules.churn?.threshold ?? base.churnThreshold,
    includeEphemeralContainers: rules.ephemeral_containers ?? base.includeEphemeralContainers,
    detectors: mapDetectors((name) => {
      const given = rules.detectors?.[name];
      const inherited = base.detectors[name];
      return {
        enabled: given?.enabled ?? inherited.enabled,
        for: given?.for ?? inherited.for,
        keepFiringFor: given?.keep_firing_for ?? inherited.keepFiringFor,
      };
    }),
  };
}

function mapDetectors(policyOf: (name: Alertname) => DetectorPolicy): Policy["detectors"] {
  return Object.fromEntries(ALERTNAMES.map((name) => [name, policyOf(name)])) as Record<Alertname, DetectorPolicy>;
}
