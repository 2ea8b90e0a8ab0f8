import { isBeingDeleted, isStarting, waitingReason } from "../model/container.ts";
import type { ContainerSnapshot, PodSnapshot } from "../model/pod.ts";
import { imageHint } from "../text/image-hints.ts";
import {
  describeContainer,
  describePodLocation,
  describeWorkload,
  firstFitting,
  quoted,
  sentences,
} from "../text/text.ts";
import {
  type Check,
  carriedOverFinding,
  containerFinding,
  type DetectInput,
  firingAlert,
  type PodDetector,
} from "./detector.ts";

/** Kubelet, images/types.go. One alert covers all of them, because a container alternates between them. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ErrImagePull", "Kubernetes gives no known cause"],
  ["ImagePullBackOff", "Kubernetes gives no known cause"],
  ["InvalidImageName", "its name is not valid"],
  ["ErrImageNeverPull", "imagePullPolicy is Never, no image on the node"],
  ["ImageInspectError", "it cannot be inspected on the node"],
  ["RegistryUnavailable", "its registry is unavailable"],
  ["SignatureValidationFailed", "its signature is not valid"],
]);

export function isImageReason(reason: string | undefined): boolean {
  return reason !== undefined && REASONS.has(reason);
}

export const imagePullFailing: PodDetector = {
  name: "PodImagePullFailing",
  help: "A container cannot start because its image cannot be pulled.",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  describeRecovery: () => "Kubernetes no longer reports a problem with the image.",
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const reason = waitingReason(container);
  const check: Check = {
    container: container.name,
    metric: "state.waiting.reason",
    value: reason ?? container.state.name,
    threshold: "an image error",
  };
  const open = firingAlert(input, "PodImagePullFailing", container.name);
  if (!isImageReason(reason)) {
    // The kubelet is retrying or was restarted. The next state will show whether the image is available.
    const isUndecided = open !== undefined && isStarting(container);
    return isUndecided ? { ...check, finding: carriedOverFinding(imagePullFailing, input, container, open) } : check;
  }
  if (isBeingDeleted(input.pod) && open === undefined) return { ...check, suppressed: "the pod is being deleted" };
  if (input.pod.statusIsOutdated) {
    return open === undefined
      ? { ...check, suppressed: "the status is older than the spec, so the error may be about another image" }
      : { ...check, finding: carriedOverFinding(imagePullFailing, input, container, open) };
  }
  if (open === undefined && isRuntimeAway(container)) {
    return { ...check, suppressed: "the container runtime does not answer, which says nothing about the image" };
  }
  return { ...check, finding: containerFinding(imagePullFailing, input, container, describe(input, container)) };
}

/** During a restart of the container runtime, the kubelet reports an error of the connection as ImageInspectError. */
function isRuntimeAway({ state }: ContainerSnapshot): boolean {
  if (state.name !== "waiting" || state.reason !== "ImageInspectError") return false;
  return /code = (Unavailable|DeadlineExceeded|Canceled)\b|\bdial unix\b/.test(state.message ?? "");
}

/** `shop/app:1` from `registry.example/shop/app:1@sha256:…`. */
function withoutRegistry(image: string): string {
  return image.replace(/^[^/.:]*[.:][^/]*\//, "").replace(/@sha256:[0-9a-f]{1,64}$/, "");
}

/** The reference of an image volume that the error is about. A container waits for the images of its volumes too. */
function failingVolume({ imageVolumes }: PodSnapshot, { image }: ContainerSnapshot, error: string | undefined) {
  if (imageVolumes === undefined || error === undefined) return undefined;
  // References may be part of one another: the longest one that the error contains is meant.
  const named = [...imageVolumes, image].filter((reference) => reference !== "" && error.includes(reference));
  const longest = named.toSorted((a, b) => b.length - a.length)[0];
  return longest === image ? undefined : longest;
}

function describe({ pod, open }: DetectInput, container: ContainerSnapshot) {
  const { reason, message } = container.state as { readonly reason: string; readonly message?: string };
  // ImagePullBackOff often lacks the cause, so the message of ErrImagePull is kept.
  const before = open("PodImagePullFailing", container.name)?.annotations.message;
  const error = reason === "ImagePullBackOff" ? (before ?? message) : message;
  const volume = failingVolume(pod, container, error);
  const image = volume ?? container.image;
  const hint = error === undefined ? undefined : imageHint(error, image);
  const who = describeContainer(container, pod);
  const why = hint?.explanation ?? REASONS.get(reason);
  const pull = volume === undefined ? "cannot pull" : "cannot pull the image volume";
  return {
    summary: firstFitting(
      `${who} ${pull} ${image}: ${why} (${reason})`,
      `${who} ${pull} ${image}: ${why}`,
      `${who} ${pull} ${withoutRegistry(image)}: ${why}`,
      `${container.name} of ${describeWorkload(pod.workload)} cannot pull ${withoutRegistry(image)}: ${why}`,
      `${who} cannot pull ${volume === undefined ? "its image" : "an image volume"}: ${why}`,
      `${container.name} of ${describeWorkload(pod.workload)} cannot pull its image: ${why}`,
      `${container.name} of ${describeWorkload(pod.workload)}, image pull: ${why}`,
    ),
    description: sentences(
      describePodLocation(pod),
      error === undefined ? undefined : `Kubernetes reports: ${quoted(error)}.`,
      volume === undefined ? undefined : `${volume} is the image of a volume of the pod.`,
      hint?.remedy,
    ),
    reason,
    // A container alternates between these two for the same failure.
    cause: reason === "ImagePullBackOff" ? "ErrImagePull" : reason,
    ...(error !== undefined && { message: error }),
  };
}
