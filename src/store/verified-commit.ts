import { type Kysely, sql, type Transaction } from "kysely";
import type { Engine } from "./backend.ts";
import type { Tables } from "./schema.ts";

/**
 * A transaction of which it is known afterwards whether it took place. A connection that breaks during COMMIT leaves
 * that open: to write the batch again would count its terminations twice, to leave it could lose it. PostgreSQL
 * remembers what became of a transaction's number (`pg_xact_status`); in SQLite there is nothing in between.
 */
export async function verifiedCommit(
  db: Kysely<Tables>,
  engine: Engine,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  let transaction: string | undefined;
  try {
    await db.transaction().execute(async (trx) => {
      await work(trx);
      if (engine === "postgres") transaction = await currentTransaction(trx);
    });
  } catch (error) {
    if (transaction === undefined || !(await tookPlace(db, transaction))) throw error;
  }
}

/** Undefined when nothing was written, for then it does not matter. */
async function currentTransaction(trx: Transaction<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ id: string | null }>`select pg_current_xact_id_if_assigned()::text as id`.execute(trx);
  return rows[0]?.id ?? undefined;
}

/** False as well when it cannot be found out: whoever retries then does so with open eyes. */
async function tookPlace(db: Kysely<Tables>, transaction: string): Promise<boolean> {
  try {
    const status = sql<{ status: string | null }>`select pg_xact_status(${transaction}::text::xid8) as status`;
    const { rows } = await status.execute(db);
    return rows[0]?.status === "committed";
  } catch {
    return false;
  }
}
