import { setImmediate } from "node:timers/promises";
import type { Instant } from "../core/time.ts";
import type { Backend } from "./backend.ts";

/** Some milliseconds of work: between two such steps commits and readers have their turn. */
const ROWS_PER_STEP = 200;

/** The consumer of the legacy call. It is there from the beginning and stays, so that nothing passes it by. */
export const DEFAULT_CONSUMER = "default";

/**
 * Removes what is older than the retention: log lines, resolved alerts with what was told of them, and consumers that
 * have not been seen since. An alert that a living consumer has been given but not confirmed stays until it is, for
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

  // Tellings of consumers that are no more, also of those that an interrupted pruning left.
  await drain(async () => {
    const rows = await db
      .selectFrom("tellings")
      .select(["consumer", "sequence"])
      .where("consumer", "not in", (eb) => eb.selectFrom("consumers").select("name"))
      .limit(ROWS_PER_STEP)
      .execute();
    for (const { consumer, sequence } of rows) {
      await db.deleteFrom("tellings").where("consumer", "=", consumer).where("sequence", "=", sequence).execute();
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
              selectFrom("tellings")
                .select("sequence")
                .whereRef("tellings.fingerprint", "=", "alerts.fingerprint")
                .whereRef("tellings.episode", "=", "alerts.episode")
                .where("confirmed_at", "is", null),
            ),
          ),
        )
        .limit(ROWS_PER_STEP)
        .execute();
      for (const { fingerprint, episode } of old) {
        for (const table of ["tellings", "alerts"] as const) {
          await trx.deleteFrom(table).where("fingerprint", "=", fingerprint).where("episode", "=", episode).execute();
        }
      }
      return old.length;
    }),
  );

  if (removed > 0) await shrink();
  return removed;
}
