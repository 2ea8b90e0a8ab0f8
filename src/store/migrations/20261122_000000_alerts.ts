import { type Kysely, sql } from "kysely";
import { countingKey, type Engine } from "./engine.ts";

/** The first schema: what the watcher remembers, alerts and their log, and pull consumers. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { schema } = db;
  await schema
    .createTable("pod_histories")
    .addColumn("uid", "text", (column) => column.primaryKey())
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("workload_histories")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();

  await schema
    .createTable("alerts")
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("episode", "integer", (column) => column.notNull())
    .addColumn("alertname", "text", (column) => column.notNull())
    .addColumn("namespace", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("active_at", "bigint", (column) => column.notNull())
    .addColumn("fired_at", "bigint")
    .addColumn("resolved_at", "bigint")
    .addColumn("payload", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("alerts_key", ["fingerprint", "episode"])
    .execute();
  await schema.createIndex("alerts_by_state").on("alerts").columns(["state", "alertname"]).execute();
  await schema.createIndex("alerts_by_age").on("alerts").columns(["active_at", "fingerprint", "episode"]).execute();
  // Holds all that decides whether an alert is unnotified, so that the search for it does not read the payloads.
  await schema
    .createIndex("alerts_by_firing")
    .on("alerts")
    .columns(["fired_at", "fingerprint", "episode", "active_at", "resolved_at", "namespace"])
    .where(sql<boolean>`fired_at is not null`)
    .execute();
  await schema.createIndex("alerts_by_resolution").on("alerts").column("resolved_at").execute();

  await schema
    .createTable("transitions")
    .addColumn("id", ...countingKey(engine))
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("episode", "integer", (column) => column.notNull())
    .addColumn("namespace", "text", (column) => column.notNull())
    .addColumn("pod", "text")
    .addColumn("payload", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("transitions_by_time").on("transitions").column("at").execute();
  await schema.createIndex("transitions_by_alert").on("transitions").columns(["fingerprint", "id"]).execute();
  await schema.createIndex("transitions_by_pod").on("transitions").columns(["namespace", "pod", "id"]).execute();

  await schema
    .createTable("terminations")
    .addColumn("namespace", "text", (column) => column.notNull())
    .addColumn("workload", "text", (column) => column.notNull())
    .addColumn("container", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("count", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("terminations_key", ["namespace", "workload", "container", "reason"])
    .execute();
  await schema
    .createTable("namespace_checkpoints")
    .addColumn("namespace", "text", (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();

  await schema
    .createTable("consumers")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("last_seen_at", "bigint", (column) => column.notNull())
    .addColumn("last_sequence", "bigint", (column) => column.notNull())
    .execute();
  await schema
    .createTable("deliveries")
    .addColumn("consumer", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("episode", "integer", (column) => column.notNull())
    .addColumn("telling", "integer", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("delivery", "integer", (column) => column.notNull())
    .addColumn("active_at", "bigint", (column) => column.notNull())
    .addColumn("restarts_until", "bigint")
    .addColumn("claimed_at", "bigint", (column) => column.notNull())
    .addColumn("lease_until", "bigint", (column) => column.notNull())
    .addColumn("confirmed_at", "bigint")
    .addPrimaryKeyConstraint("deliveries_key", ["consumer", "fingerprint", "episode", "telling"])
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

  await schema
    .createTable("probes")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();
}
