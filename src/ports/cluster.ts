import type { Duration } from "../core/model/time.ts";

/** The command-line tool that suggested commands use: `oc` on OpenShift, `kubectl` on every other Kubernetes. */
export type Cli = "oc" | "kubectl";

/** General facts about the cluster, refreshed in the background. */
export interface ClusterFacts {
  /** Such as `v1.34.2`; undefined until the API server has answered. */
  version(): string | undefined;
  /** Our clock minus the API server's, in whole seconds as milliseconds; undefined while unknown. */
  clockSkew(): Duration | undefined;
  /** `oc` once the API server has listed an OpenShift API group. Until then `kubectl`, which works everywhere. */
  cli(): Cli;
}
