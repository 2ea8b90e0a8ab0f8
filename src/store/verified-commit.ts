import { setTimeout } from "node:timers/promises";
import { sql, type Transaction } from "kysely";
import type { Queries, Reader } from "./backend.ts";
import type { Tables } from "./schema.ts";

/** Milliseconds. While the database does not answer, and while the server has not ended the transaction. */
const ASK_AGAIN_AFTER = 200;
const ASK_FOR = 60_000;

/**
 * A transaction that resolves exactly when it was committed. A connection that breaks during COMMIT leaves the outcome
 * open: a retry could count terminations twice, and no retry could lose the batch. PostgreSQL records the outcome by
 * transaction id (`pg_xact_status`). SQLite has no such gap.
 */
export async function verifiedCommit(
  { db, engine, run, write, assertOwned }: Queries,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  let transaction: string | undefined;
  try {
    await write(async (trx) => {
      await work(trx);
      if (engine === "postgres") transaction = await transactionId(trx);
    });
  } catch (error) {
    const id = transaction;
    if (id === undefined || !(await isCommitted(() => run(() => statusOf(db, id)), assertOwned))) throw error;
  }
}

async function transactionId(trx: Transaction<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(trx);
  return rows[0]?.id;
}

type Status = "in progress" | "committed" | "aborted" | null | undefined;

async function statusOf(db: Reader, transaction: string): Promise<Status> {
  const status = sql<{ status: Status }>`select pg_xact_status(${transaction}::text::xid8) as status`;
  return (await status.execute(db)).rows[0]?.status;
}

/** False as well when the database has not answered in time: the caller retries the batch then. */
async function isCommitted(status: () => Promise<Status>, assertOwned: () => void): Promise<boolean> {
  for (let waited = 0; waited < ASK_FOR; waited += ASK_AGAIN_AFTER) {
    assertOwned();
    const known = await status().catch(() => "in progress" as const);
    if (known !== "in progress") return known === "committed";
    await setTimeout(ASK_AGAIN_AFTER);
  }
  return false;
}
