import type { Kysely } from "kysely";

/** What was found out about an alert when it fired. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("evidence")
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("episode", "integer", (column) => column.notNull())
    .addColumn("taken_at", "bigint", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("evidence_pk", ["fingerprint", "episode"])
    .execute();
}
