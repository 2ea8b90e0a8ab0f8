import type { Acknowledgement, Alert, Transition } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { Instant } from "../core/model/time.ts";
import type { ActionStore } from "./activity.ts";
import type { DeliveryStore } from "./delivery.ts";
import type { EvidenceStore } from "./evidence.ts";
import type { OutboxStore } from "./notifications.ts";
import type { SilenceStore } from "./silences.ts";

/** What one evaluation batch leaves behind: written as one transaction or not at all. */
export interface Batch {
  readonly at: Instant;
  /** By pod UID; undefined forgets it. */
  readonly pods: ReadonlyMap<string, PodHistory | undefined>;
  /** By `namespace/Kind/name`; undefined forgets it. */
  readonly workloads: ReadonlyMap<string, WorkloadHistory | undefined>;
  /** New and changed alerts, by fingerprint and episode. */
  readonly alerts: readonly Alert[];
  /** Pending alerts whose finding went away: removed without a trace but for their transition. */
  readonly dropped: readonly Pick<Alert, "fingerprint" | "episode">[];
  readonly transitions: readonly Transition[];
  /** Newly seen terminations, for the counters that survive a restart. */
  readonly terminations: readonly TerminationCount[];
  /**
   * When each namespace's picture was last known to be complete: the far end of a gap after a restart. Undefined: it is
   * watched no longer, and would be new if it were watched again.
   */
  readonly checkpoints: ReadonlyMap<string, Instant | undefined>;
}

/**
 * `code` of an error whose message says, for the operator, why the state cannot be read or written at present: the disk
 * is full, the database is away. What was asked for did not happen and may be asked for again.
 */
export const STATE_UNAVAILABLE = "STATE_UNAVAILABLE";

/** More combinations than this are counted together per namespace, under `other`: bare pods each have a name of their own. */
export const MAX_TERMINATION_SERIES = 2_000;
export const OTHER = "other";

export interface TerminationCount {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
  readonly reason: string;
  readonly count: number;
}

/** Everything that survived the last stop. */
export interface StoredState {
  readonly pods: readonly PodHistory[];
  readonly workloads: readonly WorkloadHistory[];
  /** The newest episode of every alert that is pending or firing, or was resolved within the retention. */
  readonly alerts: readonly Alert[];
  readonly terminations: readonly TerminationCount[];
  readonly checkpoints: ReadonlyMap<string, Instant>;
}

/** The committed state. All of it may be read while a commit is under way; a reader never sees half a batch. */
export interface AlertStore extends AsyncDisposable {
  load(): Promise<StoredState>;
  /** Durable when it resolves. Rejects with a reason for the operator (disk full, read-only…); the batch may be retried. */
  commit(batch: Batch): Promise<void>;
  alerts(query: AlertQuery): Promise<readonly Alert[]>;
  transitions(query: TransitionQuery): Promise<readonly LoggedTransition[]>;
  acknowledge(fingerprint: string, acknowledgement: Acknowledgement | undefined): Promise<Alert | undefined>;
  readonly deliveries: DeliveryStore;
  /** Removes what is older than the retention, in small transactions; says how many rows went. */
  prune(before: Instant): Promise<number>;
  /** Bytes on disk, for /metrics. */
  size(): Promise<number>;
  /** Rejects with the reason when nothing can be written. */
  checkWritable(): Promise<void>;
}

export interface AlertQuery {
  readonly states?: readonly Alert["state"]["name"][];
  readonly namespace?: string;
  readonly fingerprint?: string;
  /** At most this many, newest first (by when they became active). */
  readonly limit?: number;
  /** Opaque; `alertCursor` (core/cursor.ts) of the last answer's last row. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** A transition with its place in the log. */
export type LoggedTransition = Transition & { readonly id: number };

export interface TransitionQuery {
  readonly fingerprint?: string;
  readonly namespace?: string;
  /** Only these namespaces, where the caller may see only some. */
  readonly namespaces?: readonly string[];
  readonly pod?: string;
  /** At most this many, newest first. */
  readonly limit?: number;
  /** The `id` of the last answer's last row, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** Everything that is kept. */
export interface Store extends AlertStore {
  readonly outbox: OutboxStore;
  readonly silences: SilenceStore;
  readonly actions: ActionStore;
  readonly evidence: EvidenceStore;
}
