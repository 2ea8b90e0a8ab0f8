import type { Generated } from "kysely";
import type { Instant } from "../core/model/time.ts";

/**
 * The tables after the newest migration, the same in SQLite and PostgreSQL.
 *
 * A row has the JSON of the core as `payload`, and columns for queries. JSON is `text` in both databases: it is read
 * back byte for byte, and PostgreSQL's `jsonb` rejects U+0000, which a container may print. Times are milliseconds
 * since 1970 in `bigint` columns. There are no boolean columns: a time or null has more information.
 */
export interface Tables {
  pod_histories: PodHistoriesTable;
  workload_histories: WorkloadHistoriesTable;
  alerts: AlertsTable;
  transitions: TransitionsTable;
  terminations: TerminationsTable;
  namespace_checkpoints: NamespaceCheckpointsTable;
  consumers: ConsumersTable;
  deliveries: DeliveriesTable;
  write_checks: WriteChecksTable;
  notifications: NotificationsTable;
  notification_groups: NotificationGroupsTable;
  silences: SilencesTable;
  actions: ActionsTable;
  action_subjects: ActionSubjectsTable;
  evidence: EvidenceTable;
}

export interface PodHistoriesTable {
  uid: string;
  payload: string;
}

export interface WorkloadHistoriesTable {
  /** `namespace/Kind/name`. */
  key: string;
  payload: string;
}

/** One row per episode of an alert; only the newest episode of a fingerprint changes. */
export interface AlertsTable {
  fingerprint: string;
  episode: number;
  alertname: string;
  namespace: string;
  state: "pending" | "firing" | "resolved";
  active_at: Instant;
  /** Null while pending. */
  fired_at: Instant | null;
  /** Null until resolved. */
  resolved_at: Instant | null;
  payload: string;
}

/** At most one row per episode of an alert, deleted with the episode. */
export interface EvidenceTable {
  fingerprint: string;
  episode: number;
  taken_at: Instant;
  payload: string;
}

export interface TransitionsTable {
  id: Generated<number>;
  at: Instant;
  fingerprint: string;
  episode: number;
  namespace: string;
  pod: string | null;
  payload: string;
}

export interface TerminationsTable {
  namespace: string;
  workload: string;
  container: string;
  reason: string;
  count: number;
}

export interface NamespaceCheckpointsTable {
  namespace: string;
  at: Instant;
}

/** Clients that pull alerts, and the last sequence number of each. */
export interface ConsumersTable {
  name: string;
  created_at: Instant;
  /** Null in the mode `none`. */
  created_by: string | null;
  last_seen_at: Instant;
  last_sequence: number;
}

/**
 * One alert claimed by one consumer: first leased, then confirmed. A row that is neither is due again. An alert that was
 * never claimed has no row: that it is due follows from the alert.
 */
export interface DeliveriesTable {
  consumer: string;
  fingerprint: string;
  episode: number;
  /** Counts from 1; increases when restarts after a delivery cross the threshold again. */
  notification: number;
  sequence: number;
  delivery: number;
  /** Distinguishes two alerts with one fingerprint and episode, of which the first was pruned. */
  active_at: Instant;
  /** The newest restart that the last delivery reported: only later ones count. Null when it reported none. */
  restarts_until: Instant | null;
  claimed_at: Instant;
  claimed_by: string | null;
  /** Zero when released. */
  lease_until: Instant;
  confirmed_at: Instant | null;
  confirmed_by: string | null;
}

/** One row, written to check that the state is writable. */
export interface WriteChecksTable {
  name: string;
  at: Instant;
}

/** The outbox. Each row is a small state machine, and stays afterwards as the record of the notification. */
export interface NotificationsTable {
  /** In the order of the decisions. */
  sequence: Generated<number>;
  id: string;
  receiver: string;
  group_key: string;
  /** The start of the conversation, which `group_key` and `since` identify. */
  since: Instant;
  created_at: Instant;
  state: "pending" | "delivered" | "dead";
  attempts: number;
  /** The time of the next attempt; during an attempt, the end of its lease. */
  due_at: Instant;
  give_up_at: Instant;
  first_attempt_at: Instant | null;
  last_attempt_at: Instant | null;
  settled_at: Instant | null;
  failure: string | null;
  detail: string | null;
  reference: string | null;
  payload: string;
}

export interface NotificationGroupsTable {
  key: string;
  payload: string;
}

export interface SilencesTable {
  id: string;
  created_at: Instant;
  /** When it expires, or when it was ended. */
  ends_at: Instant;
  payload: string;
}

export interface ActionsTable {
  id: Generated<number>;
  at: Instant;
  payload: string;
}

/** An index of actions by subject. */
export interface ActionSubjectsTable {
  action: number;
  subject: string;
}
