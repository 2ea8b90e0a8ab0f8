import type { Generated } from "kysely";
import type { Instant } from "../core/model/time.ts";

/**
 * The tables as they are after the newest migration, the same in SQLite and PostgreSQL.
 *
 * A row keeps the plain JSON of the core beside the columns that are queried. JSON is `text` in both databases: what
 * was written comes back byte for byte, and PostgreSQL's `jsonb` refuses U+0000, which a container may well print.
 * Times are milliseconds since 1970 in `bigint` columns; yes and no do not occur: a moment or null says more.
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

/** One row per episode of an alert; the newest episode of a fingerprint is the one that lives. */
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

/** One row per episode of an alert about which something was found out; it goes when the episode goes. */
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

/** Who pulls alerts, and how far each has come. */
export interface ConsumersTable {
  name: string;
  created_at: Instant;
  last_seen_at: Instant;
  last_sequence: number;
}

/**
 * One telling of one alert to one consumer: first leased, then confirmed. A row that is neither is due again.
 * An alert that nobody has asked for yet has no row: that it is due follows from the alert itself.
 */
export interface DeliveriesTable {
  consumer: string;
  fingerprint: string;
  episode: number;
  /** Counts from 1; higher when restarts crossed the threshold once more after a hand-over. */
  notification: number;
  sequence: number;
  delivery: number;
  /** Tells apart two lives under one fingerprint and episode, after the first was pruned or begun anew. */
  active_at: Instant;
  /** The newest restart that the last delivery told of: those after it count afresh. Null when it told of none. */
  restarts_until: Instant | null;
  claimed_at: Instant;
  /** Zero when given back. */
  lease_until: Instant;
  confirmed_at: Instant | null;
}

/** One row that is written to find out whether writing works. */
export interface WriteChecksTable {
  name: string;
  at: Instant;
}

/** The outbox: a small state machine a row, kept after its end as the record of what was said. */
export interface NotificationsTable {
  /** The order in which they were decided. */
  sequence: Generated<number>;
  id: string;
  receiver: string;
  group_key: string;
  /** Begin of the conversation, which with the group's key names it. */
  since: Instant;
  created_at: Instant;
  state: "pending" | "delivered" | "dead";
  attempts: number;
  /** When it may be tried; while an attempt is under way the end of its lease. */
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
  /** When it is over by itself or was ended. */
  ends_at: Instant;
  payload: string;
}

export interface ActionsTable {
  id: Generated<number>;
  at: Instant;
  payload: string;
}

/** What an action was about, to be found by it. */
export interface ActionSubjectsTable {
  action: number;
  subject: string;
}
