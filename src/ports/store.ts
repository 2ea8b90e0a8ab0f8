import type { Alert, Transition } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { Instant } from "../core/model/time.ts";
import type { ActionStore } from "./activity.ts";
import type { DeliveryStore } from "./delivery.ts";
import type { EvidenceStore } from "./evidence.ts";
import type { OutboxStore } from "./notifications.ts";
import type { SilenceStore } from "./silences.ts";

/** The changes of one evaluation batch: committed as one transaction. */
export interface Batch {
  readonly at: Instant;
  /** By pod UID; undefined deletes it. */
  readonly pods: ReadonlyMap<string, PodHistory | undefined>;
  /** By `namespace/Kind/name`; undefined deletes it. */
  readonly workloads: ReadonlyMap<string, WorkloadHistory | undefined>;
  /** New and changed alerts, by fingerprint and episode. */
  readonly alerts: readonly Alert[];
  /** Pending alerts whose finding cleared: deleted; only their transition remains. */
  readonly dropped: readonly Pick<Alert, "fingerprint" | "episode">[];
  readonly transitions: readonly Transition[];
  /** Newly seen terminations, for the counters that survive a restart. */
  readonly terminations: readonly TerminationCount[];
  /**
   * When each namespace was last synced: the start of the gap after a restart. Undefined: it is no longer watched, and
   * would be new if it were watched again.
   */
  readonly checkpoints: ReadonlyMap<string, Instant | undefined>;
}

/**
 * `code` of an error whose message explains to the operator why the state cannot be read or written now: the disk is
 * full, the database is down. The operation did not happen and can be retried.
 */
export const STATE_UNAVAILABLE = "STATE_UNAVAILABLE";

/** Further combinations are counted per namespace under `other`: each bare pod has its own name. */
export const MAX_TERMINATION_SERIES = 2_000;
export const OTHER = "other";

export interface TerminationCount {
  readonly namespace: string;
  readonly workload: string;
  readonly container: string;
  readonly reason: string;
  readonly count: number;
}

/** The state at the last stop. */
export interface StoredState {
  readonly pods: readonly PodHistory[];
  readonly workloads: readonly WorkloadHistory[];
  /** The newest episode of every alert that is pending or firing, or was resolved within the retention. */
  readonly alerts: readonly Alert[];
  readonly terminations: readonly TerminationCount[];
  readonly checkpoints: ReadonlyMap<string, Instant>;
}

/** The committed state. It can be read during a commit; a reader never sees part of a batch. */
export interface AlertStore extends AsyncDisposable {
  load(): Promise<StoredState>;
  /** Durable when it resolves. Rejects with a reason for the operator (disk full, read-only…); the batch may be retried. */
  commit(batch: Batch): Promise<void>;
  alerts(query: AlertQuery): Promise<readonly Alert[]>;
  transitions(query: TransitionQuery): Promise<readonly LoggedTransition[]>;
  readonly deliveries: DeliveryStore;
  /** Deletes rows older than the retention, in small transactions; resolves to their number. */
  prune(before: Instant): Promise<number>;
  /** Bytes on disk, for /metrics. */
  size(): Promise<number>;
  /** Rejects with the reason if the state cannot be written. */
  checkWritable(): Promise<void>;
}

export interface AlertQuery {
  readonly states?: readonly Alert["state"]["name"][];
  readonly namespace?: string;
  readonly fingerprint?: string;
  /** At most this many, newest first (by when they became active). */
  readonly limit?: number;
  /** Opaque; `alertCursor` (core/delivery/cursor.ts) of the last row of the previous page. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** A transition with its position in the log. */
export type LoggedTransition = Transition & { readonly id: number };

export interface TransitionQuery {
  readonly fingerprint?: string;
  readonly namespace?: string;
  /** Only these namespaces, if the caller has access to some only. */
  readonly namespaces?: readonly string[];
  readonly pod?: string;
  /** At most this many, newest first. */
  readonly limit?: number;
  /** The `id` of the last row of the previous page, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** The whole store. */
export interface Store extends AlertStore {
  readonly outbox: OutboxStore;
  readonly silences: SilenceStore;
  readonly actions: ActionStore;
  readonly evidence: EvidenceStore;
}
