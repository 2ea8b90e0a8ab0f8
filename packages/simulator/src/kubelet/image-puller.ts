/** How a node pulls the image of a container, or fails to: `pkg/kubelet/images/image_manager.go`. */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Behaviour, Failure, ImageFailure } from "../model/behaviour.ts";
import { hex } from "../model/names.ts";
import type { RecordEvent } from "../storage/event-recorder.ts";
import { type Backoff, longer } from "./backoff.ts";

export interface ImagePullerSetting {
  readonly image: string;
  readonly clock: Clock;
  /** The images that are present on the node. */
  readonly images: Set<string>;
  readonly record: RecordEvent;
  /** A pull has ended. */
  readonly changed: () => void;
}

export interface ImagePuller {
  /** `pending` while it is being pulled, a Failure when it cannot be pulled. */
  pull(behaviour: Behaviour): "present" | "pending" | Failure;
}

export function createImagePuller({ image, clock, images, record, changed }: ImagePullerSetting): ImagePuller {
  let backoff: Backoff | undefined;
  let arrivesAt: Instant | undefined;

  const failed = ({ reason, message = messageOf(reason, image) }: ImageFailure): Failure => {
    const now = clock.monotonic();
    if (reason !== "ErrImagePull") {
      record("Warning", reason === "ErrImageNeverPull" ? reason : "InspectFailed", message);
      record("Warning", "Failed", `Error: ${reason}`);
      return { reason, message };
    }
    if (backoff !== undefined && now - backoff.at < backoff.delay) {
      record("Normal", "BackOff", `Back-off pulling image "${image}"`);
      record("Warning", "Failed", "Error: ImagePullBackOff");
      const text = `Back-off pulling image "${image}": ErrImagePull: ${message}`;
      return { reason: "ImagePullBackOff", message: text };
    }
    record("Normal", "Pulling", `Pulling image "${image}"`);
    record("Warning", "Failed", `Failed to pull image "${image}": ${message}`);
    record("Warning", "Failed", "Error: ErrImagePull");
    backoff = { delay: longer(backoff), at: now };
    return { reason, message };
  };

  return {
    pull: ({ image: failure, pullTime }) => {
      if (failure !== undefined) return failed(failure);
      backoff = undefined;
      if (pullTime === undefined || images.has(image)) {
        record("Normal", "Pulled", `Container image "${image}" already present on machine`);
        return "present";
      }
      const now = clock.monotonic();
      if (arrivesAt === undefined) {
        record("Normal", "Pulling", `Pulling image "${image}"`);
        arrivesAt = now + pullTime;
        clock.after(pullTime, changed);
      }
      if (now < arrivesAt) return "pending";
      images.add(image);
      const took = `${(pullTime / 1_000).toFixed(3)}s`;
      const size = "Image size: 73401216 bytes.";
      record(
        "Normal",
        "Pulled",
        `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`,
      );
      return "present";
    },
  };
}

/** The same image has the same ID on every node. */
export function imageID(image: string): string {
  let state = 0;
  for (let i = 0; i < image.length; i++) state = (Math.imul(state, 31) + image.charCodeAt(i)) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return `${image.replace(/(:[^/:]+)?(@.*)?$/, "")}@sha256:${hex(random, 64)}`;
}

function messageOf(reason: ImageFailure["reason"], image: string): string {
  switch (reason) {
    case "ErrImageNeverPull":
      return `Container image "${image}" is not present with pull policy of Never`;
    case "InvalidImageName":
      return `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    case "ImageInspectError":
      return `Failed to inspect image "${image}": rpc error: code = Unknown desc = layer not known`;
    case "ErrImagePull":
      return `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  }
}
