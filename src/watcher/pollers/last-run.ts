import type { ContainerFacts, KeyEvidence } from "../../core/model/alert.ts";
import type { Termination } from "../../core/model/pod.ts";
import type { KubernetesObject } from "../../ports/evidence.ts";

/** The last run of a container that ended, and whether the kubelet serves its log as that of the previous one. */
export interface LastRun {
  readonly run?: KeyEvidence["run"];
  readonly isPrevious: boolean;
}

/**
 * According to the pod as it is now. The kubelet serves the log of a terminated container as the current one, and that of
 * `lastState` as the previous one (kubelet_pods.go, validateContainerLogStatus). Undefined if the pod has no status of
 * this container.
 */
export function lastRunIn(pod: KubernetesObject | undefined, container: string): LastRun | undefined {
  const status = pod?.status as Readonly<Record<string, unknown>> | undefined;
  const statuses = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"].flatMap((key) => {
    const list = status?.[key];
    return Array.isArray(list) ? (list as readonly ContainerStatus[]) : [];
  });
  const own = statuses.find(({ name }) => name === container);
  if (own === undefined) return undefined;
  const current = own.state?.terminated;
  const ended = current ?? own.lastState?.terminated;
  if (ended?.exitCode === undefined) return { isPrevious: false };
  const finishedAt = Date.parse(ended.finishedAt ?? "");
  return {
    run: { exitCode: ended.exitCode, ...(finishedAt > 0 && { finishedAt }) },
    isPrevious: ended !== current,
  };
}

interface ContainerStatus {
  readonly name?: string;
  readonly state?: { readonly terminated?: Ended | null } | null;
  readonly lastState?: { readonly terminated?: Ended | null } | null;
}

interface Ended {
  readonly exitCode?: number;
  readonly finishedAt?: string;
}

/** According to the alert, when the pod could not be read. */
export function lastRunOf(facts: ContainerFacts | undefined): LastRun {
  if (facts === undefined) return { isPrevious: false };
  if (facts.state.name === "terminated") return { run: runOf(facts.state), isPrevious: false };
  if (facts.lastTerminated !== undefined) return { run: runOf(facts.lastTerminated), isPrevious: true };
  return { isPrevious: facts.restartCount > 0 };
}

function runOf({ exitCode, finishedAt }: Termination): NonNullable<KeyEvidence["run"]> {
  return { exitCode, ...(finishedAt !== undefined && { finishedAt }) };
}
