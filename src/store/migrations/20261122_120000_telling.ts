import { type Kysely, sql } from "kysely";
import { countingKey, type Engine } from "./engine.ts";

/** The outbox and what groups were told, silences, and the log of what people did. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { schema } = db;
  await schema
    .createTable("notifications")
    .addColumn("place", ...countingKey(engine))
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("group_key", "text", (column) => column.notNull())
    .addColumn("since", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("give_up_at", "bigint", (column) => column.notNull())
    .addColumn("first_attempt_at", "bigint")
    .addColumn("last_attempt_at", "bigint")
    .addColumn("settled_at", "bigint")
    .addColumn("failure", "text")
    .addColumn("detail", "text")
    .addColumn("reference", "text")
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();
  await schema
    .createIndex("notifications_pending")
    .on("notifications")
    .columns(["receiver", "group_key", "place", "due_at"])
    .where(sql<boolean>`state = 'pending'`)
    .execute();
  await schema
    .createIndex("notifications_by_conversation")
    .on("notifications")
    .columns(["receiver", "group_key", "since", "place"])
    .execute();
  await schema.createIndex("notifications_by_age").on("notifications").columns(["created_at", "state"]).execute();

  await schema
    .createTable("notification_groups")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();

  await schema
    .createTable("silences")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();

  await schema
    .createTable("actions")
    .addColumn("id", ...countingKey(engine))
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("actions_by_time").on("actions").column("at").execute();
  await schema
    .createTable("action_subjects")
    .addColumn("action", "bigint", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("action_subjects_key", ["subject", "action"])
    .execute();
  await schema.createIndex("action_subjects_by_action").on("action_subjects").column("action").execute();
}
