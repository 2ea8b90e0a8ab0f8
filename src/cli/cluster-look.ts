import type { Config } from "../config/config.ts";
import { replay } from "../core/evaluate/replay.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { missingPermissions, type OwnIdentity } from "../kubernetes/api/access.ts";
import { createInterner } from "../kubernetes/decode/interner.ts";
import type { Transport } from "../kubernetes/transport/transport.ts";
import { listPods } from "../kubernetes/watch/list.ts";
import { problemOf } from "../kubernetes/watch/namespace-problem.ts";
import { failureOf } from "../kubernetes/watch/watch-failure.ts";
import type { AccessReview } from "../ports/access.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cli } from "../ports/cluster.ts";
import type { Problem } from "../ports/pods.ts";

/** One look at one namespace: its pods and what is wrong with them, or why it could not be had. */
export interface NamespaceObservation {
  readonly namespace: string;
  readonly pods: number;
  readonly alerts: readonly Alert[];
  readonly problem: Problem | undefined;
  /** What is missing besides listing pods, as `verb resource`: the watcher would do without it, or poll. */
  readonly missing: readonly string[];
  /** Lines to copy that grant what is missing. */
  readonly grant: string | undefined;
}

export interface ObservationOptions {
  readonly config: Config;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly review: AccessReview;
  readonly identity: OwnIdentity & { readonly cli: Cli };
}

/**
 * Lists the pods of a namespace and judges them by the rules in force, without a memory: what lasts is known from the
 * times in the status, restarts only where the status still tells of them.
 */
export async function lookAt(namespace: string, options: ObservationOptions): Promise<NamespaceObservation> {
  const { config, transport, clock, signal, review, identity } = options;
  let pods: PodSnapshot[] = [];
  try {
    await listPods({
      transport,
      clock,
      interner: createInterner(),
      namespace,
      signal,
      onPod: (pod) => pods.push(pod),
      onRestart: () => {
        pods = [];
      },
    });
  } catch (error) {
    const problem = problemOf(failureOf(error), namespace, identity, clock.now());
    return { namespace, pods: 0, alerts: [], problem, missing: problem.missing, grant: problem.remedy };
  }
  // A server that cannot be asked about permissions is one where they show by themselves.
  const permissions = await missingPermissions(review, identity.cli, namespace, identity.user).catch(() => undefined);
  const now = clock.now();
  const looks = pods.map((pod) => ({ at: now, look: { type: "updated" as const, pod, baseline: true } }));
  const policy = config.overrides[namespace] ?? config.policy;
  const alerts = [...replay(looks, policy)].filter(({ transition }) => transition.to === "firing");
  return {
    namespace,
    pods: pods.length,
    alerts: alerts.map(({ alert }) => alert),
    problem: undefined,
    missing: permissions?.missing ?? [],
    grant: permissions?.commands,
  };
}
