import { setImmediate } from "node:timers/promises";
import type { Instant } from "../core/model/time.ts";
import type { Backend } from "./backend.ts";

/** Some milliseconds of work: between two such steps commits and readers have their turn. */
const ROWS_PER_STEP = 200;

/** The consumer of the legacy call. It is there from the beginning and stays, so that nothing passes it by. */
export const DEFAULT_CONSUMER = "default";

/**
 * Removes what is older than the retention: log lines, resolved alerts with what was told of them, messages that were
 * settled, silences that are over, and consumers that have not been seen since. An alert that a living consumer has been given but not confirmed stays until it is, for
 * its number would be missing.
 */
export async function prune({ db, shrink }: Backend, before: Instant): Promise<number> {
  let removed = 0;
  const drain = async (step: () => Promise<number>) => {
    for (let count = ROWS_PER_STEP; count >= ROWS_PER_STEP; ) {
      count = await step();
      removed += count;
      await setImmediate();
    }
  };

  const gone = await db
    .deleteFrom("consumers")
    .where("last_seen_at", "<", before)
    .where("name", "!=", DEFAULT_CONSUMER)
    .returning("name")
    .execute();
  removed += gone.length;

  // Deliveries of consumers that are no more, also of those that an interrupted pruning left.
  await drain(async () => {
    const rows = await db
      .selectFrom("deliveries")
      .select(["consumer", "sequence"])
      .where("consumer", "not in", (eb) => eb.selectFrom("consumers").select("name"))
      .limit(ROWS_PER_STEP)
      .execute();
    for (const { consumer, sequence } of rows) {
      await db.deleteFrom("deliveries").where("consumer", "=", consumer).where("sequence", "=", sequence).execute();
    }
    return rows.length;
  });

  await drain(async () => {
    const { numDeletedRows } = await db
      .deleteFrom("transitions")
      .where("id", "in", (eb) =>
        eb.selectFrom("transitions").select("id").where("at", "<", before).orderBy("at").limit(ROWS_PER_STEP),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  });

  await drain(() =>
    db.transaction().execute(async (trx) => {
      const old = await trx
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
      for (const { fingerprint, episode } of old) {
        for (const table of ["deliveries", "evidence", "alerts"] as const) {
          await trx.deleteFrom(table).where("fingerprint", "=", fingerprint).where("episode", "=", episode).execute();
        }
      }
      return old.length;
    }),
  );

  // Messages that still wait to be sent stay.
  await drain(async () => {
    const { numDeletedRows } = await db
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

  await drain(() =>
    db.transaction().execute(async (trx) => {
      const old = await trx.selectFrom("actions").select("id").where("at", "<", before).limit(ROWS_PER_STEP).execute();
      const ids = old.map((row) => row.id);
      if (ids.length === 0) return 0;
      await trx.deleteFrom("action_subjects").where("action", "in", ids).execute();
      await trx.deleteFrom("actions").where("id", "in", ids).execute();
      return ids.length;
    }),
  );
  const silences = await db.deleteFrom("silences").where("ends_at", "<", before).executeTakeFirst();
  removed += Number(silences.numDeletedRows);

  if (removed > 0) await shrink();
  return removed;
}
