import { type Kysely, sql, type Transaction } from "kysely";
import type { Queries } from "./backend.ts";
import type { Tables } from "./schema.ts";

/**
 * A transaction that resolves exactly when it was committed. A connection that breaks during COMMIT leaves the outcome
 * open: a retry could count terminations twice, and no retry could lose the batch. PostgreSQL records the outcome by
 * transaction id (`pg_xact_status`). SQLite has no such gap.
 */
export function verifiedCommit(
  { db, engine, run }: Queries,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  return run(async () => {
    let transaction: string | undefined;
    try {
      await db.transaction().execute(async (trx) => {
        await work(trx);
        if (engine === "postgres") transaction = await transactionId(trx);
      });
    } catch (error) {
      if (transaction === undefined || !(await isCommitted(db, transaction))) throw error;
    }
  });
}

/** Undefined when nothing was written: the outcome does not matter then. */
async function transactionId(trx: Transaction<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ id: string | null }>`select pg_current_xact_id_if_assigned()::text as id`.execute(trx);
  return rows[0]?.id ?? undefined;
}

/** False as well when the status cannot be read: the caller retries the batch then. */
async function isCommitted(db: Kysely<Tables>, transaction: string): Promise<boolean> {
  try {
    const status = sql<{ status: string | null }>`select pg_xact_status(${transaction}::text::xid8) as status`;
    const { rows } = await status.execute(db);
    return rows[0]?.status === "committed";
  } catch {
    return false;
  }
}
