import { type ExpressionBuilder, type Insertable, type Selectable, sql, type Transaction } from "kysely";
import { parseIdCursor } from "../core/delivery/cursor.ts";
import type { GroupState } from "../core/notify/notification.ts";
import type {
  ClaimedMessage,
  Notification,
  OutboxChanges,
  OutboxMessage,
  OutboxQuery,
  OutboxStore,
  SendFailure,
} from "../ports/notifications.ts";
import type { Queries, Reader } from "./backend.ts";
import { chunks } from "./rows.ts";
import type { NotificationGroupsTable, NotificationsTable, Tables } from "./schema.ts";
import { verifiedCommit } from "./verified-commit.ts";

/** src/ports/notifications.ts says what it guarantees. */
export function createOutboxStore(queries: Queries): OutboxStore {
  const { db, engine, run, write } = queries;
  return {
    groups: () =>
      run(async () => {
        const rows = await db.selectFrom("notification_groups").select("payload").execute();
        return rows.map((row) => JSON.parse(row.payload) as GroupState);
      }),

    enqueue: (changes) => verifiedCommit(queries, (trx) => enqueue(trx, changes)),

    claim: (receiver, { now, lease, limit }) =>
      write(async (trx) => {
        let due = trx
          .selectFrom("notifications")
          .select(["id", "payload", "attempts", "give_up_at"])
          .where("receiver", "=", receiver)
          .where("state", "=", PENDING)
          .where("due_at", "<=", now)
          .where(isFirstOfItsGroup)
          .orderBy("due_at")
          .orderBy("sequence")
          .limit(limit);
        // Attempts of several receivers run at the same time; SQLite has one connection and no row locks.
        if (engine === "postgres") due = due.forUpdate().skipLocked();
        const claimed: ClaimedMessage[] = [];
        for (const row of await due.execute()) {
          const attempt = row.attempts + 1;
          await trx
            .updateTable("notifications")
            .set({
              attempts: attempt,
              due_at: now + lease,
              last_attempt_at: now,
              first_attempt_at: sql`coalesce(first_attempt_at, ${now})`,
            })
            .where("id", "=", row.id)
            .execute();
          const notification: Notification = { ...(JSON.parse(row.payload) as Notification), attempt };
          const reference = await latestReference(trx, notification);
          claimed.push({
            notification: reference === undefined ? notification : { ...notification, reference },
            giveUpAt: row.give_up_at,
          });
        }
        return claimed;
      }),

    settle: ({ id, attempt }, outcome, now) =>
      write(async (trx) => {
        const change = outcome.delivered
          ? {
              state: "delivered" as const,
              settled_at: now,
              failure: null,
              detail: null,
              reference: outcome.reference ?? null,
            }
          : {
              state: outcome.retryAt === undefined ? ("dead" as const) : ("pending" as const),
              failure: outcome.reason,
              detail: outcome.detail,
              ...(outcome.retryAt === undefined ? { settled_at: now } : { due_at: outcome.retryAt }),
            };
        const { numUpdatedRows } = await trx
          .updateTable("notifications")
          .set(change)
          .where("id", "=", id)
          .where("attempts", "=", attempt)
          .where("state", "=", "pending")
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    nextDue: (receiver) =>
      run(async () => {
        const row = await db
          .selectFrom("notifications")
          .select("due_at")
          .where("receiver", "=", receiver)
          .where("state", "=", PENDING)
          .where(isFirstOfItsGroup)
          .orderBy("due_at")
          .orderBy("sequence")
          .limit(1)
          .executeTakeFirst();
        return row?.due_at;
      }),

    abandon: (known, reason, now) =>
      write(async (trx) => {
        let update = trx
          .updateTable("notifications")
          .set({ state: "dead", settled_at: now, failure: "abandoned", detail: reason })
          .where("state", "=", "pending");
        if (known.length > 0) update = update.where("receiver", "not in", known);
        const { numUpdatedRows } = await update.executeTakeFirst();
        return Number(numUpdatedRows);
      }),

    messages: (query) => run(() => selectMessages(db, query)),

    resend: (id, { now, giveUpAt }) =>
      write(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("notifications")
          .set({ state: "pending", due_at: now, give_up_at: giveUpAt, settled_at: null })
          .where("id", "=", id)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
  };
}

/** A literal, not a parameter: SQLite uses a partial index only when the query text implies its condition. */
const PENDING = sql.lit<"pending">("pending");

/** Later messages of the group wait for it. */
function isFirstOfItsGroup({ not, exists, selectFrom }: ExpressionBuilder<Tables, "notifications">) {
  return not(
    exists(
      selectFrom("notifications as earlier")
        .select(sql<number>`1`.as("one"))
        .whereRef("earlier.receiver", "=", "notifications.receiver")
        .whereRef("earlier.group_key", "=", "notifications.group_key")
        .where("earlier.state", "=", PENDING)
        .whereRef("earlier.sequence", "<", "notifications.sequence"),
    ),
  );
}

async function enqueue(trx: Transaction<Tables>, { notifications, groups }: OutboxChanges): Promise<void> {
  const rows = notifications.map(
    ({ notification, giveUpAt }): Insertable<NotificationsTable> => ({
      id: notification.id,
      receiver: notification.receiver,
      group_key: notification.groupKey,
      since: notification.since,
      created_at: notification.createdAt,
      state: "pending",
      attempts: 0,
      due_at: notification.createdAt,
      give_up_at: giveUpAt,
      payload: JSON.stringify(notification),
    }),
  );
  for (const some of chunks(rows)) await trx.insertInto("notifications").values(some).execute();

  const set: Insertable<NotificationGroupsTable>[] = [];
  const removed: string[] = [];
  for (const [key, memory] of groups) {
    if (memory === undefined) removed.push(key);
    else set.push({ key, payload: JSON.stringify(memory) });
  }
  for (const keys of chunks(removed)) {
    await trx.deleteFrom("notification_groups").where("key", "in", keys).execute();
  }
  for (const some of chunks(set)) {
    await trx
      .insertInto("notification_groups")
      .values(some)
      .onConflict((conflict) => conflict.column("key").doUpdateSet(({ ref }) => ({ payload: ref("excluded.payload") })))
      .execute();
  }
}

/** The reference that the receiver returned last in this conversation. */
async function latestReference(
  trx: Transaction<Tables>,
  { receiver, groupKey, since }: Notification,
): Promise<string | undefined> {
  const row = await trx
    .selectFrom("notifications")
    .select("reference")
    .where("receiver", "=", receiver)
    .where("group_key", "=", groupKey)
    .where("since", "=", since)
    .where("reference", "is not", null)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.reference ?? undefined;
}

async function selectMessages(db: Reader, query: OutboxQuery): Promise<readonly OutboxMessage[]> {
  if (query.states?.length === 0) return [];
  let select = db.selectFrom("notifications").selectAll().orderBy("sequence", "desc");
  if (query.id !== undefined) select = select.where("id", "=", query.id);
  if (query.receiver !== undefined) select = select.where("receiver", "=", query.receiver);
  if (query.groupKey !== undefined) select = select.where("group_key", "=", query.groupKey);
  if (query.states !== undefined) select = select.where("state", "in", query.states);
  if (query.from !== undefined) select = select.where("created_at", ">=", query.from);
  if (query.to !== undefined) select = select.where("created_at", "<=", query.to);
  if (query.limit !== undefined) select = select.limit(query.limit);
  if (query.cursor !== undefined) select = select.where("sequence", "<", parseIdCursor(query.cursor));
  return (await select.execute()).map(fromRow);
}

function fromRow(row: Selectable<NotificationsTable>): OutboxMessage {
  return {
    sequence: row.sequence,
    notification: { ...(JSON.parse(row.payload) as Notification), attempt: row.attempts },
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    firstAttemptAt: row.first_attempt_at ?? undefined,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    settledAt: row.settled_at ?? undefined,
    failure:
      row.failure === null ? undefined : { reason: row.failure as SendFailure | "abandoned", detail: row.detail ?? "" },
  };
}
