import { type Kysely, sql } from "kysely";

/** Finds what is due without looking at all that waits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex("notifications_due")
    .on("notifications")
    .columns(["receiver", "due_at", "place"])
    .where(sql<boolean>`state = 'pending'`)
    .execute();
}
