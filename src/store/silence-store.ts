import { sql, type Transaction } from "kysely";
import { parseIdCursor } from "../core/delivery/cursor.ts";
import type { Silence } from "../core/notify/silence.ts";
import type { Action, ActionQuery, ActionStore, LoggedAction } from "../ports/activity.ts";
import type { SilenceStore } from "../ports/silences.ts";
import type { Queries, Reader } from "./backend.ts";
import { chunks } from "./rows.ts";
import type { Tables } from "./schema.ts";

export function createSilenceStore({ db, run, write }: Queries): SilenceStore {
  return {
    silences: () =>
      run(async () => {
        const rows = await db
          .selectFrom("silences")
          .select("payload")
          .orderBy("created_at", "desc")
          .orderBy("id")
          .execute();
        return rows.map((row) => JSON.parse(row.payload) as Silence);
      }),
    put: (silence, action) =>
      write(async (trx) => {
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
        await insertAction(trx, action);
      }),
  };
}

export function createActionStore({ db, run, write }: Queries): ActionStore {
  return {
    log: (action) => write((trx) => insertAction(trx, action)),
    actions: (query) => run(() => selectActions(db, query)),
  };
}

async function insertAction(trx: Transaction<Tables>, action: Action): Promise<void> {
  const { id } = await trx
    .insertInto("actions")
    .values({ at: action.at, payload: JSON.stringify(action) })
    .returning("id")
    .executeTakeFirstOrThrow();
  const subjects = [...new Set(action.about)].map((subject) => ({ action: id, subject }));
  for (const some of chunks(subjects)) await trx.insertInto("action_subjects").values(some).execute();
}

async function selectActions(db: Reader, query: ActionQuery): Promise<readonly LoggedAction[]> {
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
  if (query.cursor !== undefined) select = select.where("id", "<", parseIdCursor(query.cursor));
  const rows = await select.execute();
  return rows.map((row) => ({ ...(JSON.parse(row.payload) as Action), id: row.id }));
}
