import { type Kysely, sql, type Transaction } from "kysely";
import type { Silence } from "../core/notify/silence.ts";
import type { Action, ActionQuery, ActionStore, LoggedAction } from "../ports/activity.ts";
import type { SilenceStore } from "../ports/silences.ts";
import { chunks } from "./rows.ts";
import type { Tables } from "./schema.ts";

export interface SilenceDependencies {
  readonly db: Kysely<Tables>;
  /** Runs a query, turning what fails into words for the operator. */
  readonly explained: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createSilenceStore({ db, explained }: SilenceDependencies): SilenceStore {
  return {
    silences: () =>
      explained(async () => {
        const rows = await db
          .selectFrom("silences")
          .select("payload")
          .orderBy("created_at", "desc")
          .orderBy("id")
          .execute();
        return rows.map((row) => JSON.parse(row.payload) as Silence);
      }),

    put: (silence, action) =>
      explained(() =>
        db.transaction().execute(async (trx) => {
          const row = {
            id: silence.id,
            created_at: silence.createdAt,
            ends_at: Math.min(silence.until, silence.endedAt ?? silence.until),
            payload: JSON.stringify(silence),
          };
          await trx
            .insertInto("silences")
            .values(row)
            .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
            .execute();
          await writeAction(trx, action);
        }),
      ),
  };
}

export function createActionStore({ db, explained }: SilenceDependencies): ActionStore {
  return {
    log: (action) => explained(() => db.transaction().execute((trx) => writeAction(trx, action))),
    actions: (query) => explained(() => selectActions(db, query)),
  };
}

async function writeAction(trx: Transaction<Tables>, action: Action): Promise<void> {
  const { id } = await trx
    .insertInto("actions")
    .values({ at: action.at, payload: JSON.stringify(action) })
    .returning("id")
    .executeTakeFirstOrThrow();
  const subjects = [...new Set(action.about)].map((subject) => ({ action: id, subject }));
  for (const some of chunks(subjects)) await trx.insertInto("action_subjects").values(some).execute();
}

async function selectActions(db: Kysely<Tables>, query: ActionQuery): Promise<readonly LoggedAction[]> {
  let select = db.selectFrom("actions").select(["id", "payload"]).orderBy("id", "desc");
  const { about } = query;
  if (about !== undefined) {
    select = select.where(({ exists, selectFrom }) =>
      exists(
        selectFrom("action_subjects")
          .select(sql<number>`1`.as("one"))
          .where("subject", "=", about)
          .whereRef("action_subjects.action", "=", "actions.id"),
      ),
    );
  }
  if (query.from !== undefined) select = select.where("at", ">=", query.from);
  if (query.to !== undefined) select = select.where("at", "<=", query.to);
  if (query.limit !== undefined) select = select.limit(query.limit);
  if (query.cursor !== undefined) {
    if (!/^\d{1,15}$/.test(query.cursor)) throw new RangeError("the cursor is not one that this program gave out");
    select = select.where("id", "<", Number(query.cursor));
  }
  const rows = await select.execute();
  return rows.map((row) => ({ ...(JSON.parse(row.payload) as Action), id: row.id }));
}
