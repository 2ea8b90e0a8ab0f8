/**
 * A workload of `oc new-app` has the image " " until the image trigger of OpenShift sets it, after the first build or
 * import. Until then the API server rejects its pods.
 */
import type { PodSnapshot, Workload } from "../model/pod.ts";
import { type Duration, type Instant, MINUTE } from "../model/time.ts";
import { quoted, sentences } from "../text/text.ts";

/** The image stream tag whose image the trigger sets. */
export interface ImageStreamTag {
  readonly name: string;
  readonly namespace: string;
  /** Why the last import of the tag failed: the condition ImportSuccess of the image stream. */
  readonly importFailure?: string;
}

/** Whether a pod was rejected because its image is not set yet. */
export function isImageMissing(message: string): boolean {
  return EMPTY_IMAGE.test(message);
}

export interface MissingImage {
  /** No alert is reported before; undefined while a build runs. */
  readonly dueAt: Instant | undefined;
  readonly explanation: string;
  /** The state of the import or the build, in sentences; empty without them. */
  readonly progress: string;
  readonly remedy: string;
}

/** Imports and builds that have not begun take less. While a build runs, there is no limit. */
const PATIENCE: Duration = 10 * MINUTE;

/** ValidatePodCreate in Kubernetes, validation.go; a pod template with the image " " is accepted. */
const EMPTY_IMAGE = /\.image: Invalid value: " ": must not have leading or trailing whitespace/;

export interface CreationFailure {
  readonly message: string;
  readonly workload: Workload;
  readonly namespace: string;
  readonly tag: ImageStreamTag | undefined;
  readonly since: Instant;
}

/** Undefined if the image is not the reason. `pods` are those of the namespace, with the pods of builds. */
export function missingImage(failure: CreationFailure, pods: Iterable<PodSnapshot>): MissingImage | undefined {
  if (!isImageMissing(failure.message)) return undefined;
  const { workload, namespace, since } = failure;
  const tag = failure.tag ?? { name: "", namespace };
  const stream = (tag.name === "" ? workload.name : tag.name).split(":")[0]!;
  const builds = [...pods].filter((pod) => pod.workload.kind === "BuildConfig" && pod.workload.name === stream);
  const newest = builds.toSorted((a, b) => b.createdAt - a.createdAt)[0];
  const isRunning = newest?.phase === "Pending" || newest?.phase === "Running";
  const { importFailure } = tag;
  const state = importFailure === undefined ? "is empty" : "cannot be imported";
  return {
    dueAt: isRunning ? undefined : since + PATIENCE,
    explanation: `no image yet: ${tag.name === "" ? "its image stream tag" : `image stream tag ${tag.name}`} ${state}`,
    progress: sentences(
      importFailure === undefined ? undefined : `The import reports: ${quoted(importFailure)}.`,
      newest === undefined ? undefined : `The pod of the latest build, ${newest.name}, is ${newest.phase}.`,
    ),
    remedy:
      newest === undefined
        ? `Check the import or the build of the image: oc describe is/${stream} -n ${tag.namespace}.`
        : `Check the build: oc logs -f bc/${newest.workload.name} -n ${namespace}.`,
  };
}
