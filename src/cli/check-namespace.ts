import type { Config } from "../config/config.ts";
import { replay } from "../core/evaluate/replay.ts";
import type { Alert } from "../core/model/alert.ts";
import { own } from "../core/model/own.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { missingPermissions, type OwnIdentity } from "../kubernetes/api/access.ts";
import { createInterner } from "../kubernetes/decode/interner.ts";
import type { Transport } from "../kubernetes/transport/types.ts";
import { listPods } from "../kubernetes/watch/list.ts";
import { problemOf } from "../kubernetes/watch/namespace-problem.ts";
import { failureOf, type WatchFailure } from "../kubernetes/watch/watch-failure.ts";
import type { AccessReview } from "../ports/access.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cli } from "../ports/cluster.ts";
import type { Problem } from "../ports/pods.ts";
import type { Deadline } from "./deadline.ts";

/** The result for one namespace: its pods and alerts, or why it could not be checked. */
export interface NamespaceCheck {
  readonly namespace: string;
  readonly pods: number;
  readonly alerts: readonly Alert[];
  readonly problem: CheckProblem | undefined;
  /** Missing permissions as `verb resource`. The watcher works without those other than `list pods`, or polls. */
  readonly missing: readonly string[];
  /** Commands that grant them. */
  readonly grant: string | undefined;
}

export interface CheckProblem extends Problem {
  /** In a few words, without the namespace; the same for every namespace if the cause is. */
  readonly reason: string;
  /** The message says more than the reason: the words of the API server about this namespace. */
  readonly ofNamespace: boolean;
}

export interface CheckOptions {
  readonly config: Config;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly review: AccessReview;
  readonly identity: OwnIdentity & { readonly cli: Cli };
}

/**
 * Lists the pods of a namespace and evaluates them once with the configured rules, without prior state: durations come
 * from the times in the pod status, and only restarts that the status still contains are counted.
 */
export async function checkNamespace(namespace: string, options: CheckOptions): Promise<NamespaceCheck> {
  const { config, transport, clock, deadline, review, identity } = options;
  let pods: PodSnapshot[] = [];
  try {
    await listPods({
      transport,
      clock,
      interner: createInterner(),
      namespace,
      signal: deadline.signal,
      onPod: (pod) => pods.push(pod),
      onRestart: () => {
        pods = [];
      },
    });
  } catch (error) {
    const failure = failureOf(error);
    const problem = {
      ...problemOf(failure, namespace, identity, clock.now()),
      reason: deadline.signal.aborted ? deadline.message : reasonOf(failure, identity.access),
      ofNamespace: failure.kind === "forbidden" || failure.kind === "missing",
    };
    return { namespace, pods: 0, alerts: [], problem, missing: problem.missing, grant: problem.remedy };
  }
  // Where the server does not answer permission checks, missing permissions show as failed requests.
  const permissions = await missingPermissions(review, identity.cli, namespace, identity.user).catch(() => undefined);
  const now = clock.now();
  const observations = pods.map((pod) => ({
    at: now,
    observation: { type: "updated" as const, pod, baseline: true, listing: true },
  }));
  const policy = own(config.overrides, namespace) ?? config.policy;
  const alerts = [...replay(observations, policy)].filter(({ transition }) => transition.to === "firing");
  return {
    namespace,
    pods: pods.length,
    alerts: alerts.map(({ alert }) => alert),
    problem: undefined,
    missing: permissions?.missing ?? [],
    grant: permissions?.commands,
  };
}

function reasonOf({ kind, status, message }: WatchFailure, access: string): string {
  if (kind === "forbidden") return "not allowed to list its pods (403)";
  if (kind === "missing") return "there is no such namespace (404)";
  if (status === 401) return `the API server rejects the credentials (401): ${access}`;
  return status === undefined ? message : `the API server ${message}`;
}
