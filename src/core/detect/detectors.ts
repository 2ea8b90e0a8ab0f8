import { cannotStart } from "./cannot-start.ts";
import { crashLooping } from "./crash-looping.ts";
import type { DetectorInfo, PodDetector } from "./detector.ts";
import { imagePullFailing } from "./image-pull-failing.ts";
import { restartingTooOften } from "./restarting-too-often.ts";

/** Everything that looks at a pod. The order is that of the asking: later ones are excused by what earlier ones found. */
export const POD_DETECTORS: readonly PodDetector[] = [restartingTooOften, crashLooping, imagePullFailing, cannotStart];

/** All of them, as the documentation and the settings list them. */
export const DETECTORS: readonly DetectorInfo[] = [...POD_DETECTORS];
