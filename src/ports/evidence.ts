import type { ControllerEvent } from "../core/detect/cannot-create-pods.ts";
import type { Alert, KeyEvidence } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";

/** Events of controllers that failed to create pods, or succeeded again. */
export interface ControllerEvents {
  /** The FailedCreate events of a namespace and, if there are any, its SuccessfulCreate events, unordered. */
  list(namespace: string): Promise<readonly ControllerEvent[]>;
}

/** An object as Kubernetes returns it. Only `metadata` is guaranteed. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

/** Reads from the cluster on demand. Every call has its own deadline and can fail; nothing depends on it. */
export interface Evidence {
  /** core/v1 Events of one pod (matched by UID, if given) or of a whole namespace, newest first. */
  events(
    namespace: string,
    pod?: { readonly name: string; readonly uid?: string },
  ): Promise<readonly KubernetesObject[]>;
  /** The pods as the API returns them, without environment values, tokens and managedFields. */
  pods(namespace: string, pod?: string): Promise<readonly KubernetesObject[]>;
  /** The end of a container's log, secrets masked; of the previous run if `previous`. */
  log(namespace: string, pod: string, container: string, options: LogOptions): Promise<LogExcerpt>;
}

export interface LogOptions {
  readonly previous: boolean;
  readonly tailLines: number;
}

export type LogExcerpt =
  /** `masked`: number of masked secrets, if counted. */
  | { readonly available: true; readonly lines: readonly string[]; readonly masked?: number }
  /** `reason`: why no log is available. */
  | { readonly available: false; readonly reason: string; readonly why?: NoLog };

export type NoLog = "not-kept" | "forbidden" | "never-started" | "unreachable";

/** Evidence collected when an alert fired, kept after the pod and its events are deleted. Plain JSON. */
export interface EvidenceSnapshot {
  readonly takenAt: Instant;
  /** Newest first, at most 50. */
  readonly events: readonly KubernetesObject[];
  /** The end of the previous run's log, or of the current run's if there was no previous one; masked. */
  readonly log: LogExcerpt | undefined;
  /** The run of the container that ended before, to which the log belongs. */
  readonly run?: KeyEvidence["run"];
  /** The pod as Kubernetes returned it, without environment values; undefined if it was deleted already. */
  readonly pod: KubernetesObject | undefined;
  /** The workload's other pods at that time. */
  readonly siblings: readonly Sibling[];
  /** Evidence that could not be collected, and why. */
  readonly notes: readonly string[];
}

/** Evidence by episode of an alert, kept as long as the alert. */
export interface EvidenceStore {
  put(alert: Pick<Alert, "fingerprint" | "episode">, evidence: EvidenceSnapshot): Promise<void>;
  get(alert: Pick<Alert, "fingerprint" | "episode">): Promise<EvidenceSnapshot | undefined>;
}

export interface Sibling {
  readonly pod: string;
  readonly node: string | undefined;
  readonly phase: string;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly createdAt: Instant;
  readonly images: readonly string[];
}
