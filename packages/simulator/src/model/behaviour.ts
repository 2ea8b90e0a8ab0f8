/** The behaviour of a simulated container when the kubelet runs it. */
import type { Duration } from "../../../../src/core/model/time.ts";

export interface Behaviour {
  /** Why the image cannot be pulled; undefined when it can. */
  readonly image?: ImageFailure;
  /** How long the first pull on a node takes; by default the image is already present. */
  readonly pullTime?: Duration;
  /** Why the container cannot be created, such as CreateContainerConfigError; undefined when it can. */
  readonly create?: Failure;
  /** Why the created container cannot be started: RunContainerError with a StartError record. */
  readonly start?: string;
  /** How and when the process exits; undefined when it keeps running. */
  readonly exit?: Exit;
  /** When the readiness probe starts to succeed; default immediately. */
  readonly ready?: Duration | "never";
  /** When the liveness probe reaches its failure threshold; default never. */
  readonly livenessFails?: Duration;
  /** The reaction to SIGTERM: exit with a code after a while, or ignore it until SIGKILL. Default: 143 immediately. */
  readonly onTerm?: { readonly after: Duration; readonly exitCode: number } | "ignores";
  /** Log lines at the start. */
  readonly log?: readonly string[];
  /** Log lines before the process exits. */
  readonly exitLog?: readonly string[];
}

/** The same for every run, or a function of the number of the run, counted from 0. */
export type BehaviourSource = Behaviour | ((run: number) => Behaviour);

export interface Exit {
  readonly after: Duration;
  readonly exitCode: number;
  /** Default Error or Completed, depending on the exit code. */
  readonly reason?: string;
  /** The termination message. */
  readonly message?: string;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

export interface ImageFailure {
  /** ErrImagePull alternates with ImagePullBackOff; the others do not change. */
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";
  readonly message?: string;
}

/** The out-of-memory killer kills the process after a while. */
export function oomKilledAfter(after: Duration): Exit {
  return { after, exitCode: 137, reason: "OOMKilled" };
}
