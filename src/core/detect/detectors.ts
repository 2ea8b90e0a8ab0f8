import { cannotCreatePods } from "./cannot-create-pods.ts";
import { cannotStart } from "./cannot-start.ts";
import { churning } from "./churning.ts";
import { clusterUnreachable } from "./cluster-health.ts";
import { crashLooping } from "./crash-looping.ts";
import type { DetectorInfo, PodDetector } from "./detector.ts";
import { failed } from "./failed.ts";
import { imagePullFailing } from "./image-pull-failing.ts";
import { jobFailed, jobNotCompleting } from "./job.ts";
import { namespaceNotWatched, watchStale } from "./namespace-health.ts";
import { notReady } from "./not-ready.ts";
import { oomKilled } from "./oom-killed.ts";
import { pendingTooLong } from "./pending-too-long.ts";
import { resizeFailing } from "./resize-failing.ts";
import { restartingTooOften } from "./restarting-too-often.ts";
import { stuckTerminating } from "./stuck-terminating.ts";
import { unschedulable } from "./unschedulable.ts";

/** In the order in which they run: findings of earlier detectors suppress those of later ones. */
export const POD_DETECTORS: readonly PodDetector[] = [
  restartingTooOften,
  crashLooping,
  imagePullFailing,
  cannotStart,
  oomKilled,
  unschedulable,
  pendingTooLong,
  notReady,
  resizeFailing,
  failed,
  stuckTerminating,
  churning,
];

/** All detectors, in the order of documentation and settings. */
export const DETECTORS: readonly DetectorInfo[] = [
  ...POD_DETECTORS,
  jobFailed,
  jobNotCompleting,
  cannotCreatePods,
  clusterUnreachable,
  namespaceNotWatched,
  watchStale,
];
