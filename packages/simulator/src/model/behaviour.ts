/** What a simulated container does when the kubelet tries to run it. */
import type { Duration } from "../../../../src/core/model/time.ts";

export interface Behaviour {
  /** Why the image cannot be had; undefined when it can. */
  readonly image?: ImageFailure;
  /** How long pulling takes the first time on a node; the image is there already when not given. */
  readonly pullTime?: Duration;
  /** Why no container can be made of it, such as CreateContainerConfigError; undefined when it can. */
  readonly create?: Failure;
  /** Why the made container cannot be started: RunContainerError with a StartError record. */
  readonly start?: string;
  /** How and when it ends by itself; undefined when it runs on. */
  readonly exit?: Exit;
  /** When the readiness probe begins to succeed, `never`, or at once when not given. */
  readonly ready?: Duration | "never";
  /** When the liveness probe has failed often enough; never when not given. */
  readonly livenessFails?: Duration;
  /** What it does at SIGTERM: end with a code after a while, or ignore it until SIGKILL. 143 at once when not given. */
  readonly onTerm?: { readonly after: Duration; readonly exitCode: number } | "ignores";
  /** Lines that it writes when it starts. */
  readonly log?: readonly string[];
  /** Lines that it writes before it ends by itself. */
  readonly exitLog?: readonly string[];
}

/** The same at every run, or by the number of the run, counted from 0. */
export type BehaviourSource = Behaviour | ((run: number) => Behaviour);

export interface Exit {
  readonly after: Duration;
  readonly exitCode: number;
  /** Error or Completed, by the exit code, when not given. */
  readonly reason?: string;
  /** The termination message. */
  readonly message?: string;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

export interface ImageFailure {
  /** ErrImagePull alternates with ImagePullBackOff; the others stay. */
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";
  readonly message?: string;
}

/** The out-of-memory killer ends it after a while. */
export function oomKilledAfter(after: Duration): Exit {
  return { after, exitCode: 137, reason: "OOMKilled" };
}
