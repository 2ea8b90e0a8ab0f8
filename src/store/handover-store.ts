import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Alert } from "../core/alert.ts";
import { isDue, tellingId } from "../core/handover.ts";
import type { ClaimOptions, Clock, Consumer, Delivery, HandedOver, HandoverStore } from "../ports.ts";
import { chunks, fromAlertRow } from "./rows.ts";
import type { ConsumersTable, Tables, TellingsTable } from "./schema.ts";

export interface HandoverDependencies {
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  /** Runs a query, turning what fails into words for the operator. */
  readonly explained: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Who has been told of what. A consumer's row is written first in every transaction, which on PostgreSQL locks it: two
 * claims of one consumer come one after the other and never hand out the same alert.
 */
export function createHandoverStore({ db, clock, explained }: HandoverDependencies): HandoverStore {
  const transaction = <T>(work: (trx: Transaction<Tables>) => Promise<T>) =>
    explained(() => db.transaction().execute(work));

  return {
    peek: (consumer, options) =>
      explained(() =>
        db
          .transaction()
          .setIsolationLevel("repeatable read")
          .execute(async (trx) => {
            const known = await trx.selectFrom("consumers").selectAll().where("name", "=", consumer).executeTakeFirst();
            const reader = known ?? newConsumer(consumer, options.now);
            return toDeliveries(await whatIsDue(trx, reader, options), reader, options);
          }),
      ),

    claim: (consumer, options) =>
      transaction(async (trx) => {
        const reader = await seenNow(trx, consumer, options.now);
        const due = await whatIsDue(trx, reader, options);
        if (due.length === 0) return [];
        const deliveries = toDeliveries(due, reader, options);
        await lease(trx, reader, due, deliveries, options.now);
        return deliveries;
      }),

    confirm: (consumer, ids, now) =>
      transaction(async (trx) => {
        await touch(trx, consumer, now);
        const tellings = await tellingsById(trx, consumer, ids);
        const refused: string[] = [];
        const confirmed: number[] = [];
        for (const id of ids) {
          const telling = tellings.get(id);
          if (telling === undefined) refused.push(id);
          else if (telling.confirmed_at !== null) continue;
          else if (telling.lease_until <= now) refused.push(id);
          else confirmed.push(telling.sequence);
        }
        await updateTellings(trx, consumer, confirmed, { confirmed_at: now });
        return refused;
      }),

    release: (consumer, ids, now) =>
      transaction(async (trx) => {
        await touch(trx, consumer, now);
        const tellings = await tellingsById(trx, consumer, ids);
        const open = [...tellings.values()].filter((telling) => telling.confirmed_at === null);
        await updateTellings(
          trx,
          consumer,
          open.map((telling) => telling.sequence),
          { lease_until: 0 },
        );
      }),

    consumers: () =>
      explained(async () => {
        const rows = await db
          .selectFrom("consumers")
          .selectAll()
          .select(({ selectFrom }) =>
            selectFrom("tellings")
              .select(({ fn }) => fn.countAll<number>().as("count"))
              .whereRef("tellings.consumer", "=", "consumers.name")
              .where("confirmed_at", "is", null)
              .where("lease_until", ">", clock.now())
              .as("leased"),
          )
          .orderBy("name")
          .execute();
        return rows.map(
          (row): Consumer => ({
            name: row.name,
            createdAt: row.created_at,
            lastSeenAt: row.last_seen_at,
            lastSequence: row.last_sequence,
            leased: row.leased ?? 0,
          }),
        );
      }),

    handedOver: (consumer) =>
      explained(async () => {
        const rows = await db
          .selectFrom("tellings")
          .innerJoin("alerts", (join) =>
            join
              .onRef("alerts.fingerprint", "=", "tellings.fingerprint")
              .onRef("alerts.episode", "=", "tellings.episode")
              .onRef("alerts.active_at", "=", "tellings.active_at"),
          )
          .select(["tellings.fingerprint", "tellings.episode", "handed_at", "restarts_until"])
          .where("consumer", "=", consumer)
          .where("confirmed_at", "is not", null)
          .orderBy("sequence", "desc")
          .execute();
        const newest = new Map<string, HandedOver>();
        for (const row of rows) {
          const known = newest.get(row.fingerprint);
          if (known !== undefined && known.episode >= row.episode) continue;
          newest.set(row.fingerprint, { fingerprint: row.fingerprint, episode: row.episode, at: toldUntil(row) });
        }
        return [...newest.values()].sort((a, b) => b.at - a.at);
      }),
  };
}

// ─── What is due ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Something to hand out: again, when it has a telling that was never confirmed; else for the first time. */
interface Due {
  readonly alert: Alert;
  readonly again: Pick<Selectable<TellingsTable>, "telling" | "sequence" | "delivery"> | undefined;
  /** The telling's number, counting from 1 within the episode. */
  readonly telling: number;
}

/** What comes again first, in its old order; then what is new, in the order in which it fired. */
async function whatIsDue(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  options: ClaimOptions,
): Promise<readonly Due[]> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (limit <= 0 || options.namespaces?.length === 0) return [];
  const again = await returned(trx, consumer, options);
  if (again.length >= limit) return again.slice(0, limit);
  const fresh = [...(await untold(trx, consumer, options)), ...(await crossedAgain(trx, consumer, options))].sort(
    (a, b) => firedAt(a.alert) - firedAt(b.alert),
  );
  return [...again, ...fresh].slice(0, limit);
}

/** Handed out before, but the lease ended or it was given back. */
async function returned(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  { now, limit, namespaces }: ClaimOptions,
): Promise<readonly Due[]> {
  let select = trx
    .selectFrom("tellings")
    .innerJoin("alerts", (join) =>
      join.onRef("alerts.fingerprint", "=", "tellings.fingerprint").onRef("alerts.episode", "=", "tellings.episode"),
    )
    .select(["payload", "telling", "sequence", "delivery"])
    .where("consumer", "=", consumer.name)
    .where("confirmed_at", "is", null)
    .where("lease_until", "<=", now)
    .where("state", "!=", "pending")
    .orderBy("sequence");
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  if (limit !== undefined) select = select.limit(limit);
  const rows = await select.execute();
  return rows.map((row) => ({ alert: fromAlertRow(row), again: row, telling: row.telling }));
}

/** Fired, and no telling speaks of this life of it. */
async function untold(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  { now, limit, namespaces, restartPolicy }: ClaimOptions,
): Promise<readonly Due[]> {
  let select = trx
    .selectFrom("alerts")
    .select("payload")
    .select(({ selectFrom }) =>
      selectFrom("tellings")
        .select(({ fn }) => fn.max("telling").as("telling"))
        .where("consumer", "=", consumer.name)
        .whereRef("tellings.fingerprint", "=", "alerts.fingerprint")
        .whereRef("tellings.episode", "=", "alerts.episode")
        .as("told"),
    )
    .where("fired_at", "is not", null)
    // What was over before this consumer first asked is history to it (`predates` in core/handover.ts).
    .where(({ or, eb }) => or([eb("resolved_at", "is", null), eb("resolved_at", ">=", consumer.created_at)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("tellings")
            .select(sql<number>`1`.as("one"))
            .where("consumer", "=", consumer.name)
            .whereRef("tellings.fingerprint", "=", "alerts.fingerprint")
            .whereRef("tellings.episode", "=", "alerts.episode")
            .whereRef("tellings.active_at", "=", "alerts.active_at"),
        ),
      ),
    )
    .orderBy("fired_at")
    .orderBy("fingerprint")
    .orderBy("episode");
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  if (limit !== undefined) select = select.limit(limit);
  const rows = await select.execute();
  return rows
    .map((row) => ({ alert: fromAlertRow(row), again: undefined, telling: (row.told ?? 0) + 1 }))
    .filter(({ alert }) => isDue(alert, undefined, restartPolicy(alert.labels), now));
}

/** Told and confirmed, still firing, and restarted often enough since. */
async function crossedAgain(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  { now, namespaces, restartPolicy }: ClaimOptions,
): Promise<readonly Due[]> {
  let select = trx
    .selectFrom("alerts")
    .innerJoin("tellings", (join) =>
      join
        .onRef("tellings.fingerprint", "=", "alerts.fingerprint")
        .onRef("tellings.episode", "=", "alerts.episode")
        .onRef("tellings.active_at", "=", "alerts.active_at"),
    )
    .select(["payload", "telling", "handed_at", "restarts_until", "confirmed_at"])
    .where("state", "=", "firing")
    .where("alertname", "=", "PodRestartingTooOften")
    .where("consumer", "=", consumer.name)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("tellings as later")
            .select(sql<number>`1`.as("one"))
            .whereRef("later.consumer", "=", "tellings.consumer")
            .whereRef("later.fingerprint", "=", "tellings.fingerprint")
            .whereRef("later.episode", "=", "tellings.episode")
            .whereRef("later.telling", ">", "tellings.telling"),
        ),
      ),
    );
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  const rows = await select.execute();
  return rows
    .filter((row) => row.confirmed_at !== null)
    .map((row) => ({ row, alert: fromAlertRow(row) }))
    .filter(({ row, alert }) =>
      isDue(alert, { episode: alert.episode, at: toldUntil(row) }, restartPolicy(alert.labels), now),
    )
    .map(({ row, alert }) => ({ alert, again: undefined, telling: row.telling + 1 }));
}

/** Up to when a telling speaks: a restart that was seen before it but committed after it has not been told of. */
function toldUntil(row: Pick<Selectable<TellingsTable>, "handed_at" | "restarts_until">): number {
  return row.restarts_until ?? row.handed_at;
}

function restartsUntil(alert: Alert): number | null {
  const newest = alert.subject.container?.restarts.at(-1);
  if (alert.labels.alertname !== "PodRestartingTooOften" || newest === undefined) return null;
  return newest.seenAt ?? newest.at;
}

function firedAt({ state }: Alert): number {
  return state.name === "pending" ? Number.POSITIVE_INFINITY : state.firedAt;
}

function toDeliveries(
  due: readonly Due[],
  consumer: Selectable<ConsumersTable>,
  { now, lease }: ClaimOptions,
): readonly Delivery[] {
  let sequence = consumer.last_sequence;
  return due.map(({ alert, again, telling }) => ({
    id: tellingId(alert, telling),
    sequence: again?.sequence ?? ++sequence,
    delivery: (again?.delivery ?? 0) + 1,
    leaseUntil: now + lease,
    alert,
  }));
}

// ─── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

function newConsumer(name: string, now: number): Selectable<ConsumersTable> {
  return { name, created_at: now, last_seen_at: now, last_sequence: 0 };
}

/** Makes the consumer known when it is not yet. */
async function seenNow(trx: Transaction<Tables>, name: string, now: number): Promise<Selectable<ConsumersTable>> {
  return await trx
    .insertInto("consumers")
    .values(newConsumer(name, now))
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ last_seen_at: now }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function touch(trx: Transaction<Tables>, name: string, now: number): Promise<void> {
  await trx.updateTable("consumers").set({ last_seen_at: now }).where("name", "=", name).execute();
}

async function lease(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  due: readonly Due[],
  deliveries: readonly Delivery[],
  now: number,
): Promise<void> {
  const rows = due.map(({ alert, telling }, index): TellingsTable => {
    const { sequence, delivery, leaseUntil } = deliveries[index]!;
    return {
      consumer: consumer.name,
      fingerprint: alert.fingerprint,
      episode: alert.episode,
      telling,
      sequence,
      delivery,
      active_at: alert.state.activeAt,
      restarts_until: restartsUntil(alert),
      handed_at: now,
      lease_until: leaseUntil,
      confirmed_at: null,
    };
  });
  for (const some of chunks(rows)) {
    await trx
      .insertInto("tellings")
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(["consumer", "fingerprint", "episode", "telling"]).doUpdateSet(({ ref }) => ({
          delivery: ref("excluded.delivery"),
          active_at: ref("excluded.active_at"),
          restarts_until: ref("excluded.restarts_until"),
          handed_at: ref("excluded.handed_at"),
          lease_until: ref("excluded.lease_until"),
        })),
      )
      .execute();
  }
  const lastSequence = rows.reduce((last, row) => Math.max(last, row.sequence), consumer.last_sequence);
  await trx.updateTable("consumers").set({ last_sequence: lastSequence }).where("name", "=", consumer.name).execute();
}

type OpenTelling = Pick<Selectable<TellingsTable>, "sequence" | "lease_until" | "confirmed_at">;

async function tellingsById(
  trx: Transaction<Tables>,
  consumer: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OpenTelling>> {
  const fingerprints = [...new Set(ids.map((id) => id.slice(0, Math.max(0, id.indexOf(".")))))];
  const found = new Map<string, OpenTelling>();
  for (const some of chunks(fingerprints)) {
    const rows = await trx
      .selectFrom("tellings")
      .select(["fingerprint", "episode", "telling", "sequence", "lease_until", "confirmed_at"])
      .where("consumer", "=", consumer)
      .where("fingerprint", "in", some)
      .execute();
    for (const row of rows) found.set(tellingId(row, row.telling), row);
  }
  const asked = new Set(ids);
  for (const id of found.keys()) if (!asked.has(id)) found.delete(id);
  return found;
}

async function updateTellings(
  trx: Transaction<Tables>,
  consumer: string,
  sequences: readonly number[],
  change: { confirmed_at: number } | { lease_until: number },
): Promise<void> {
  for (const some of chunks(sequences)) {
    await trx
      .updateTable("tellings")
      .set(change)
      .where("consumer", "=", consumer)
      .where("sequence", "in", some)
      .execute();
  }
}
