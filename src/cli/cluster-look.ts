import type { Config } from "../config/config.ts";
import type { Alert } from "../core/alert.ts";
import type { PodSnapshot } from "../core/pod.ts";
import { replay } from "../core/replay.ts";
import type { ClusterAccess } from "../kubernetes/credentials.ts";
import { createInterner } from "../kubernetes/decode/interner.ts";
import { listPods } from "../kubernetes/list.ts";
import { problemOf } from "../kubernetes/reflector-problem.ts";
import type { Transport } from "../kubernetes/transport.ts";
import { failureOf } from "../kubernetes/watch-failure.ts";
import type { Clock, Problem } from "../ports.ts";

/** One look at one namespace: its pods and what is wrong with them, or why it could not be had. */
export interface NamespaceLook {
  readonly namespace: string;
  readonly pods: number;
  readonly alerts: readonly Alert[];
  readonly problem: Problem | undefined;
}

export interface LookOptions {
  readonly config: Config;
  readonly access: ClusterAccess;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Lists the pods of a namespace and judges them by the rules in force, without a memory: what lasts is known from the
 * times in the status, restarts only where the status still tells of them.
 */
export async function lookAt(namespace: string, options: LookOptions): Promise<NamespaceLook> {
  const { config, access, transport, clock, signal } = options;
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
    const identity = { serviceAccount: undefined, access: access.description };
    return { namespace, pods: 0, alerts: [], problem: problemOf(failureOf(error), namespace, identity, clock.now()) };
  }
  const now = clock.now();
  const looks = pods.map((pod) => ({ at: now, look: { type: "seen" as const, pod, baseline: true } }));
  const policy = config.overrides[namespace] ?? config.policy;
  const alerts = [...replay(looks, policy)].filter(({ transition }) => transition.to === "firing");
  return { namespace, pods: pods.length, alerts: alerts.map(({ alert }) => alert), problem: undefined };
}
