import { latestTermination, terminationId } from "../model/container.ts";
import type { ContainerHistory } from "../model/history.ts";
import type { ContainerSnapshot } from "../model/pod.ts";

/**
 * After a restore from a backup the API server returns the container as it was then, although it kept running on its
 * node; soon the kubelet reports the current state again. The counts from before the restore stay the baseline, so that
 * neither change is counted as a restart.
 */
export function markRolledBack(prior: ContainerHistory, container: ContainerSnapshot): ContainerHistory {
  return {
    ...prior,
    restartCount: Math.max(prior.restartCount, container.restartCount),
    containerID: prior.containerID ?? container.containerID,
    rolledBackContainerID: container.containerID ?? "",
  };
}

/** Whether the snapshot still contains the container as it is in the backup. */
export function isStillRolledBack(prior: ContainerHistory, container: ContainerSnapshot): boolean {
  if (prior.rolledBackContainerID === undefined || container.restartCount > prior.restartCount) return false;
  if (container.containerID === undefined) return true;
  return container.containerID === prior.rolledBackContainerID && container.containerID !== prior.containerID;
}

/** The baseline for the next observation, once the kubelet has reported again. */
export function endRollback(prior: ContainerHistory, container: ContainerSnapshot): ContainerHistory {
  if (prior.rolledBackContainerID === undefined) return prior;
  const { rolledBackContainerID: _, ...base } = prior;
  if (container.restartCount > base.restartCount || container.containerID === base.containerID) return base;
  // A container that is neither the last observed one nor the backup's: what happened in between is unknown.
  const termination = latestTermination(container);
  return {
    ...base,
    restartCount: container.restartCount,
    containerID: container.containerID,
    lastTerminationId: termination === undefined ? base.lastTerminationId : terminationId(termination),
  };
}
