import type { ControllerEvent } from "../core/detect/cannot-create-pods.ts";
import type { Alert } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";

/** What controllers say of the pods that they could not, or could again, create. */
export interface ControllerEvents {
  /** The FailedCreate events of a namespace and, where there are any, the SuccessfulCreate ones, in no order. */
  list(namespace: string): Promise<readonly ControllerEvent[]>;
}

/** An object as Kubernetes gives it. Only `metadata` is certain. */
export type KubernetesObject = Readonly<Record<string, unknown>>;

/** Observations into the cluster on demand. Every call has its own deadline and may fail: nothing waits for it. */
export interface Evidence {
  /** core/v1 Events of one pod (matched by UID where given) or of a whole namespace, newest first. */
  events(
    namespace: string,
    pod?: { readonly name: string; readonly uid?: string },
  ): Promise<readonly KubernetesObject[]>;
  /** The pods as the API gives them, without environment values, tokens and managedFields. */
  pods(namespace: string, pod?: string): Promise<readonly KubernetesObject[]>;
  /** The end of a container's log, secrets masked; the previous run's when `previous`. */
  log(namespace: string, pod: string, container: string, options: LogOptions): Promise<LogExcerpt>;
}

export interface LogOptions {
  readonly previous: boolean;
  readonly tailLines: number;
}

export type LogExcerpt =
  /** `masked`: how many secrets were masked in it, where they were counted. */
  | { readonly available: true; readonly lines: readonly string[]; readonly masked?: number }
  /** Why there is none, in words: not kept, forbidden, never started. */
  | { readonly available: false; readonly reason: string; readonly why?: NoLog };

export type NoLog = "not-kept" | "forbidden" | "never-started" | "unreachable";

/** What was found out about an alert when it fired, kept when the pod and its events are long gone. Plain JSON. */
export interface EvidenceSnapshot {
  readonly takenAt: Instant;
  /** Newest first, at most 50. */
  readonly events: readonly KubernetesObject[];
  /** The end of the previous run's log, or of the present one's where there was none before; masked. */
  readonly log: LogExcerpt | undefined;
  /** The pod as Kubernetes gave it, without environment values; undefined when it was gone already. */
  readonly pod: KubernetesObject | undefined;
  /** The workload's other pods at that moment. */
  readonly siblings: readonly Sibling[];
  /** What could not be had and why, in words. */
  readonly notes: readonly string[];
}

/** Evidence by episode of an alert: kept as long as the alert is. */
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
