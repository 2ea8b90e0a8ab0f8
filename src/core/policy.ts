import type { Alertname } from "./alert.ts";
import type { Duration } from "./time.ts";

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
