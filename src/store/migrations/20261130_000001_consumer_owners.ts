import type { Kysely } from "kysely";

/** The creator of each consumer, and the callers who claimed and confirmed each delivery. Null in the mode `none`. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable("consumers").addColumn("created_by", "text").execute();
  await schema.alterTable("deliveries").addColumn("claimed_by", "text").execute();
  await schema.alterTable("deliveries").addColumn("confirmed_by", "text").execute();
}
