import { type ColumnDefinitionBuilder, type Kysely, sql } from "kysely";
import type { Engine } from "../backend.ts";

/** `schema.ts` describes the tables and columns. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await createHistories(db);
  await createAlerts(db, engine);
  await createDeliveries(db);
  await createOutbox(db, engine);
  await createActions(db, engine);
}

const notNull = (column: ColumnDefinitionBuilder) => column.notNull();
const primaryKey = (column: ColumnDefinitionBuilder) => column.primaryKey();

/** A primary key that counts up and never reuses a number. */
function autoIncrement(
  engine: Engine,
): ["integer" | "bigserial", (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder] {
  return engine === "postgres"
    ? ["bigserial", primaryKey]
    : ["integer", (column) => column.primaryKey().autoIncrement()];
}

async function createHistories({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("pod_histories")
    .addColumn("uid", "text", primaryKey)
    .addColumn("payload", "text", notNull)
    .execute();
  await schema
    .createTable("workload_histories")
    .addColumn("key", "text", primaryKey)
    .addColumn("payload", "text", notNull)
    .execute();
  await schema
    .createTable("terminations")
    .addColumn("namespace", "text", notNull)
    .addColumn("workload", "text", notNull)
    .addColumn("container", "text", notNull)
    .addColumn("reason", "text", notNull)
    .addColumn("count", "bigint", notNull)
    .addPrimaryKeyConstraint("terminations_key", ["namespace", "workload", "container", "reason"])
    .execute();
  await schema
    .createTable("namespace_checkpoints")
    .addColumn("namespace", "text", primaryKey)
    .addColumn("at", "bigint", notNull)
    .execute();
  await schema
    .createTable("write_checks")
    .addColumn("name", "text", primaryKey)
    .addColumn("at", "bigint", notNull)
    .execute();
}

async function createAlerts({ schema }: Kysely<unknown>, engine: Engine): Promise<void> {
  await schema
    .createTable("alerts")
    .addColumn("fingerprint", "text", notNull)
    .addColumn("episode", "integer", notNull)
    .addColumn("alertname", "text", notNull)
    .addColumn("namespace", "text", notNull)
    .addColumn("state", "text", notNull)
    .addColumn("active_at", "bigint", notNull)
    .addColumn("fired_at", "bigint")
    .addColumn("resolved_at", "bigint")
    .addColumn("payload", "text", notNull)
    .addPrimaryKeyConstraint("alerts_key", ["fingerprint", "episode"])
    .execute();
  await schema.createIndex("alerts_by_state").on("alerts").columns(["state", "alertname"]).execute();
  await schema.createIndex("alerts_by_age").on("alerts").columns(["active_at", "fingerprint", "episode"]).execute();
  // Covers every column that decides whether an alert is due, so that the search for due alerts reads no payloads.
  await schema
    .createIndex("alerts_by_firing")
    .on("alerts")
    .columns(["fired_at", "fingerprint", "episode", "active_at", "resolved_at", "namespace"])
    .where(sql<boolean>`fired_at is not null`)
    .execute();
  await schema.createIndex("alerts_by_resolution").on("alerts").column("resolved_at").execute();

  await schema
    .createTable("transitions")
    .addColumn("id", ...autoIncrement(engine))
    .addColumn("at", "bigint", notNull)
    .addColumn("fingerprint", "text", notNull)
    .addColumn("episode", "integer", notNull)
    .addColumn("namespace", "text", notNull)
    .addColumn("pod", "text")
    .addColumn("payload", "text", notNull)
    .execute();
  await schema.createIndex("transitions_by_time").on("transitions").column("at").execute();
  await schema.createIndex("transitions_by_alert").on("transitions").columns(["fingerprint", "id"]).execute();
  await schema.createIndex("transitions_by_pod").on("transitions").columns(["namespace", "pod", "id"]).execute();

  await schema
    .createTable("evidence")
    .addColumn("fingerprint", "text", notNull)
    .addColumn("episode", "integer", notNull)
    .addColumn("taken_at", "bigint", notNull)
    .addColumn("payload", "text", notNull)
    .addPrimaryKeyConstraint("evidence_key", ["fingerprint", "episode"])
    .execute();
}

async function createDeliveries({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("consumers")
    .addColumn("name", "text", primaryKey)
    .addColumn("created_at", "bigint", notNull)
    .addColumn("created_by", "text")
    .addColumn("last_seen_at", "bigint", notNull)
    .addColumn("last_sequence", "bigint", notNull)
    .execute();
  await schema
    .createTable("deliveries")
    .addColumn("consumer", "text", notNull)
    .addColumn("fingerprint", "text", notNull)
    .addColumn("episode", "integer", notNull)
    .addColumn("notification", "integer", notNull)
    .addColumn("sequence", "bigint", notNull)
    .addColumn("delivery", "integer", notNull)
    .addColumn("active_at", "bigint", notNull)
    .addColumn("restarts_until", "bigint")
    .addColumn("claimed_at", "bigint", notNull)
    .addColumn("claimed_by", "text")
    .addColumn("lease_until", "bigint", notNull)
    .addColumn("confirmed_at", "bigint")
    .addColumn("confirmed_by", "text")
    .addPrimaryKeyConstraint("deliveries_key", ["consumer", "fingerprint", "episode", "notification"])
    .addUniqueConstraint("deliveries_sequence", ["consumer", "sequence"])
    .execute();
  await schema
    .createIndex("deliveries_by_alert")
    .on("deliveries")
    .columns(["fingerprint", "episode", "consumer", "active_at"])
    .execute();
  await schema
    .createIndex("deliveries_open")
    .on("deliveries")
    .columns(["consumer", "sequence"])
    .where(sql<boolean>`confirmed_at is null`)
    .execute();
}

async function createOutbox({ schema }: Kysely<unknown>, engine: Engine): Promise<void> {
  await schema
    .createTable("notifications")
    .addColumn("sequence", ...autoIncrement(engine))
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("receiver", "text", notNull)
    .addColumn("group_key", "text", notNull)
    .addColumn("since", "bigint", notNull)
    .addColumn("created_at", "bigint", notNull)
    .addColumn("state", "text", notNull)
    .addColumn("attempts", "integer", notNull)
    .addColumn("due_at", "bigint", notNull)
    .addColumn("give_up_at", "bigint", notNull)
    .addColumn("first_attempt_at", "bigint")
    .addColumn("last_attempt_at", "bigint")
    .addColumn("settled_at", "bigint")
    .addColumn("failure", "text")
    .addColumn("detail", "text")
    .addColumn("reference", "text")
    .addColumn("payload", "text", notNull)
    .execute();
  const pending = sql<boolean>`state = 'pending'`;
  await schema
    .createIndex("notifications_pending")
    .on("notifications")
    .columns(["receiver", "group_key", "sequence", "due_at"])
    .where(pending)
    .execute();
  await schema
    .createIndex("notifications_due")
    .on("notifications")
    .columns(["receiver", "due_at", "sequence"])
    .where(pending)
    .execute();
  await schema
    .createIndex("notifications_by_conversation")
    .on("notifications")
    .columns(["receiver", "group_key", "since", "sequence"])
    .execute();
  await schema.createIndex("notifications_by_age").on("notifications").columns(["created_at", "state"]).execute();
  await schema
    .createTable("notification_groups")
    .addColumn("key", "text", primaryKey)
    .addColumn("payload", "text", notNull)
    .execute();
}

async function createActions({ schema }: Kysely<unknown>, engine: Engine): Promise<void> {
  await schema
    .createTable("silences")
    .addColumn("id", "text", primaryKey)
    .addColumn("created_at", "bigint", notNull)
    .addColumn("ends_at", "bigint", notNull)
    .addColumn("payload", "text", notNull)
    .execute();
  await schema
    .createTable("actions")
    .addColumn("id", ...autoIncrement(engine))
    .addColumn("at", "bigint", notNull)
    .addColumn("payload", "text", notNull)
    .execute();
  await schema.createIndex("actions_by_time").on("actions").column("at").execute();
  await schema
    .createTable("action_subjects")
    .addColumn("action", "bigint", notNull)
    .addColumn("subject", "text", notNull)
    .addPrimaryKeyConstraint("action_subjects_key", ["subject", "action"])
    .execute();
  await schema.createIndex("action_subjects_by_action").on("action_subjects").column("action").execute();
}
