import { identityOf, newestEnd } from "../model/container.ts";
import type { ContainerHistory } from "../model/history.ts";
import type { ContainerSnapshot } from "../model/pod.ts";

/**
 * A cluster that was restored from a backup shows a container as it was then, while it goes on running on its node: soon
 * the kubelet writes the truth again. What was counted before the restore stays the baseline, so that neither the way
 * back nor the way forth is a restart.
 */
export function asRestored(known: ContainerHistory, container: ContainerSnapshot): ContainerHistory {
  return {
    ...known,
    restartCount: Math.max(known.restartCount, container.restartCount),
    containerID: known.containerID ?? container.containerID,
    restored: container.containerID ?? "",
  };
}

/** Whether a container is still shown as the backup has it. */
export function isStillRestored(known: ContainerHistory, container: ContainerSnapshot): boolean {
  if (known.restored === undefined || container.restartCount > known.restartCount) return false;
  if (container.containerID === undefined) return true;
  return container.containerID === known.restored && container.containerID !== known.containerID;
}

/** What a container is compared with when the kubelet has written of it again. */
export function caughtUp(remembered: ContainerHistory, container: ContainerSnapshot): ContainerHistory {
  if (remembered.restored === undefined) return remembered;
  const { restored: _, ...known } = remembered;
  if (container.restartCount > known.restartCount || container.containerID === known.containerID) return known;
  // Neither the one from before nor the backup's: whatever has become of it meanwhile, the count begins anew.
  const end = newestEnd(container);
  return {
    ...known,
    restartCount: container.restartCount,
    containerID: container.containerID,
    lastTermination: end === undefined ? known.lastTermination : identityOf(end),
  };
}
