import { isBeingDeleted, isStarting, waitingReason } from "../model/container.ts";
import type { ContainerSnapshot } from "../model/pod.ts";
import { imageHint } from "../text/hints.ts";
import { describeContainer, describePlace, quoted, sentences } from "../text/text.ts";
import { type Check, containerFinding, type DetectInput, firing, heldFinding, type PodDetector } from "./detector.ts";

/** Kubelet, images/types.go: one group, since a container goes back and forth between them for one and the same cause. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ErrImagePull", "its image cannot be pulled"],
  ["ImagePullBackOff", "its image cannot be pulled"],
  ["InvalidImageName", "its image name is not valid"],
  ["ErrImageNeverPull", "its image is not on the node and must not be pulled (imagePullPolicy: Never)"],
  ["ImageInspectError", "its image cannot be read on the node"],
  ["RegistryUnavailable", "the registry of its image is not available"],
  ["SignatureValidationFailed", "the signature of its image is not valid"],
]);

export function isImageReason(reason: string | undefined): boolean {
  return reason !== undefined && REASONS.has(reason);
}

export const imagePullFailing: PodDetector = {
  name: "PodImagePullFailing",
  help: "The image of a container cannot be had, so the container cannot start.",
  severity: "critical",
  check: (input) => input.containers.map((container) => checkContainer(input, container)),
  over: () => "The image is there.",
};

function checkContainer(input: DetectInput, container: ContainerSnapshot): Check {
  const reason = waitingReason(container);
  const check: Check = {
    container: container.name,
    measure: "state.waiting.reason",
    value: reason ?? container.state.name,
    threshold: "an image error",
  };
  const open = firing(input, "PodImagePullFailing", container.name);
  if (!isImageReason(reason)) {
    // The kubelet tries again, or was restarted: whether the image is there will show.
    const undecided = open !== undefined && isStarting(container);
    return undecided ? { ...check, finding: heldFinding(imagePullFailing, input, container, open) } : check;
  }
  if (isBeingDeleted(input.pod) && open === undefined) return { ...check, suppressed: "the pod is being deleted" };
  return { ...check, finding: containerFinding(imagePullFailing, input, container, describe(input, container)) };
}

function describe({ pod, open }: DetectInput, container: ContainerSnapshot) {
  const { reason, message } = container.state as { readonly reason: string; readonly message?: string };
  // ImagePullBackOff repeats the cause at best; what ErrImagePull said is worth keeping.
  const before = open("PodImagePullFailing", container.name)?.annotations.message;
  const said = reason === "ImagePullBackOff" ? (before ?? message) : message;
  const hint = said === undefined ? undefined : imageHint(said);
  const why = hint === undefined ? "" : `, ${hint.words}`;
  return {
    summary: `${describeContainer(container, pod)} cannot start: ${REASONS.get(reason)} (${reason})${why}: ${container.image}`,
    description: sentences(
      describePlace(pod),
      said === undefined ? undefined : `Kubernetes says: ${quoted(said)}.`,
      hint?.remedy,
    ),
    reason,
    // Back and forth between these two is one and the same failure.
    cause: reason === "ImagePullBackOff" ? "ErrImagePull" : reason,
    ...(said === undefined ? {} : { message: said }),
  };
}
