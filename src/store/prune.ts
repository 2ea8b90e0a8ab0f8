import { setImmediate } from "node:timers/promises";
import type { Transaction } from "kysely";
import type { Instant } from "../core/model/time.ts";
import type { Backend, Queries } from "./backend.ts";
import type { Tables } from "./schema.ts";

/** A step takes some milliseconds. Commits and reads run between steps. */
const ROWS_PER_STEP = 200;

/** The consumer of legacy callers. It exists from the first start and is never pruned. */
export const DEFAULT_CONSUMER = "default";

/**
 * Deletes rows older than the retention: transitions, resolved alerts with their deliveries and evidence, settled
 * notifications, actions, expired silences, and consumers that have not called since. An alert with an unconfirmed
 * delivery stays until it is confirmed, because its sequence number would be missing.
 */
export async function prune({ write }: Queries, shrink: Backend["shrink"], before: Instant): Promise<number> {
  let removed = 0;
  const deleteInSteps = async (step: (trx: Transaction<Tables>) => Promise<number>) => {
    for (let count = ROWS_PER_STEP; count >= ROWS_PER_STEP; ) {
      count = await write(step);
      removed += count;
      await setImmediate();
    }
  };

  const gone = await write((trx) =>
    trx
      .deleteFrom("consumers")
      .where("last_seen_at", "<", before)
      .where("name", "!=", DEFAULT_CONSUMER)
      .returning("name")
      .execute(),
  );
  removed += gone.length;

  // Includes deliveries of consumers that an interrupted run deleted.
  await deleteInSteps(async (trx) => {
    const rows = await trx
      .selectFrom("deliveries")
      .select(["consumer", "sequence"])
      .where("consumer", "not in", (eb) => eb.selectFrom("consumers").select("name"))
      .limit(ROWS_PER_STEP)
      .execute();
    for (const { consumer, sequence } of rows) {
      await trx.deleteFrom("deliveries").where("consumer", "=", consumer).where("sequence", "=", sequence).execute();
    }
    return rows.length;
  });

  await deleteInSteps(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("transitions")
      .where("id", "in", (eb) =>
        eb.selectFrom("transitions").select("id").where("at", "<", before).orderBy("at").limit(ROWS_PER_STEP),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  });

  await deleteInSteps(async (trx) => {
    const expired = await trx
      .selectFrom("alerts")
      .select(["fingerprint", "episode"])
      .where("resolved_at", "<", before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("deliveries")
              .select("sequence")
              .whereRef("deliveries.fingerprint", "=", "alerts.fingerprint")
              .whereRef("deliveries.episode", "=", "alerts.episode")
              .where("confirmed_at", "is", null),
          ),
        ),
      )
      .limit(ROWS_PER_STEP)
      .execute();
    for (const { fingerprint, episode } of expired) {
      for (const table of ["deliveries", "evidence", "alerts"] as const) {
        await trx.deleteFrom(table).where("fingerprint", "=", fingerprint).where("episode", "=", episode).execute();
      }
    }
    return expired.length;
  });

  // Pending messages stay.
  await deleteInSteps(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("notifications")
      .where("sequence", "in", (eb) =>
        eb
          .selectFrom("notifications")
          .select("sequence")
          .where("created_at", "<", before)
          .where("state", "!=", "pending")
          .limit(ROWS_PER_STEP),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  });

  await deleteInSteps(async (trx) => {
    const expired = await trx
      .selectFrom("actions")
      .select("id")
      .where("at", "<", before)
      .limit(ROWS_PER_STEP)
      .execute();
    const ids = expired.map((row) => row.id);
    if (ids.length === 0) return 0;
    await trx.deleteFrom("action_subjects").where("action", "in", ids).execute();
    await trx.deleteFrom("actions").where("id", "in", ids).execute();
    return ids.length;
  });
  const silences = await write((trx) => trx.deleteFrom("silences").where("ends_at", "<", before).executeTakeFirst());
  removed += Number(silences.numDeletedRows);

  if (removed > 0) await shrink();
  return removed;
}
