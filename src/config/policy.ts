import { ALERTNAMES, type Alertname } from "../core/model/alert.ts";
import type { DetectorPolicy, Policy } from "../core/model/policy.ts";
import type { RulesShape } from "./schema-rules.ts";

/** `base`, overridden by the rules that are given. */
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
