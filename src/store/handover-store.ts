import type { Kysely, Selectable, Transaction } from "kysely";
import { tellingId } from "../core/delivery/handover.ts";
import type { Clock } from "../ports/clock.ts";
import type { Consumer, Delivery, HandedOver, HandoverStore } from "../ports/delivery.ts";
import { type Due, restartsUntil, toDeliveries, toldUntil, whatIsDue } from "./handover-due.ts";
import { chunks } from "./rows.ts";
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

    confirm: (consumer, ids, now, namespaces) =>
      transaction(async (trx) => {
        await touch(trx, consumer, now);
        const tellings = await tellingsById(trx, consumer, ids, namespaces);
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

    release: (consumer, ids, now, namespaces) =>
      transaction(async (trx) => {
        await touch(trx, consumer, now);
        const tellings = await tellingsById(trx, consumer, ids, namespaces);
        const open = [...tellings.values()].filter((telling) => telling.confirmed_at === null);
        await updateTellings(
          trx,
          consumer,
          open.map((telling) => telling.sequence),
          { lease_until: 0 },
        );
        return ids.filter((id) => !tellings.has(id));
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
  namespaces: readonly string[] | undefined,
): Promise<ReadonlyMap<string, OpenTelling>> {
  const asked = new Set(ids);
  const named = [...new Set(ids.map((id) => id.slice(0, Math.max(0, id.indexOf(".")))))];
  const fingerprints = namespaces === undefined ? named : await fingerprintsIn(trx, named, new Set(namespaces));
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
  for (const id of found.keys()) if (!asked.has(id)) found.delete(id);
  return found;
}

/** The namespace is part of what a fingerprint stands for, so that any episode tells it. */
async function fingerprintsIn(
  trx: Transaction<Tables>,
  fingerprints: readonly string[],
  namespaces: ReadonlySet<string>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const some of chunks(fingerprints)) {
    const rows = await trx
      .selectFrom("alerts")
      .select(["fingerprint", "namespace"])
      .distinct()
      .where("fingerprint", "in", some)
      .execute();
    for (const { fingerprint, namespace } of rows) if (namespaces.has(namespace)) found.add(fingerprint);
  }
  return [...found];
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
