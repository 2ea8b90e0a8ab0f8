import { type Selectable, sql, type Transaction } from "kysely";
import { deliveryId } from "../core/delivery/delivery-due.ts";
import type {
  ClaimOptions,
  ConfirmedDelivery,
  Consumer,
  Delivery,
  DeliveryScope,
  DeliveryStore,
} from "../ports/delivery.ts";
import type { Queries } from "./backend.ts";
import { type DueAlert, deliveredUntil, restartsUntil, selectDue, toDeliveries } from "./delivery-due.ts";
import { chunks } from "./rows.ts";
import type { ConsumersTable, DeliveriesTable, Tables } from "./schema.ts";

/**
 * Each transaction writes the consumer's row first. PostgreSQL locks it: two claims of one consumer run one after the
 * other and never deliver the same alert twice.
 */
export function createDeliveryStore({ db, clock, run, snapshot, write }: Queries): DeliveryStore {
  return {
    peek: (name, options) =>
      snapshot(async (trx) => {
        const row = await trx.selectFrom("consumers").selectAll().where("name", "=", name).executeTakeFirst();
        const consumer = row ?? newConsumer(name, options);
        return toDeliveries(await selectDue(trx, consumer, options), consumer, options);
      }),

    claim: (name, options) =>
      write(async (trx) => {
        const consumer = await upsertConsumer(trx, name, options);
        const due = await selectDue(trx, consumer, options);
        const deliveries = toDeliveries(due, consumer, options);
        if (due.length > 0) await lease(trx, consumer, due, deliveries, options);
        return deliveries;
      }),

    confirm: (consumer, ids, now, scope, by) =>
      write(async (trx) => {
        await touch(trx, consumer, now);
        const deliveries = await deliveriesById(trx, consumer, ids, scope);
        const rejected: string[] = [];
        const confirmed: number[] = [];
        for (const id of ids) {
          const delivery = deliveries.get(id);
          if (delivery === undefined) rejected.push(id);
          else if (delivery.confirmed_at !== null) continue;
          else if (delivery.lease_until <= now) rejected.push(id);
          else confirmed.push(delivery.sequence);
        }
        await updateDeliveries(trx, consumer, confirmed, { confirmed_at: now, confirmed_by: by ?? null });
        return rejected;
      }),

    release: (consumer, ids, now, scope) =>
      write(async (trx) => {
        await touch(trx, consumer, now);
        const deliveries = await deliveriesById(trx, consumer, ids, scope);
        const open = [...deliveries.values()].filter(({ confirmed_at }) => confirmed_at === null);
        const sequences = open.map(({ sequence }) => sequence);
        await updateDeliveries(trx, consumer, sequences, { lease_until: 0 });
        return ids.filter((id) => !deliveries.has(id));
      }),

    consumers: () =>
      run(async () => {
        const rows = await db
          .selectFrom("consumers")
          .selectAll()
          .select(({ selectFrom }) =>
            selectFrom("deliveries")
              .select(({ fn }) => fn.countAll<number>().as("count"))
              .whereRef("deliveries.consumer", "=", "consumers.name")
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
            ...(row.created_by === null ? {} : { createdBy: row.created_by }),
            lastSeenAt: row.last_seen_at,
            lastSequence: row.last_sequence,
            leased: row.leased ?? 0,
          }),
        );
      }),

    confirmedDeliveries: (consumer) =>
      run(async () => {
        const rows = await db
          .selectFrom("deliveries")
          .innerJoin("alerts", (join) =>
            join
              .onRef("alerts.fingerprint", "=", "deliveries.fingerprint")
              .onRef("alerts.episode", "=", "deliveries.episode")
              .onRef("alerts.active_at", "=", "deliveries.active_at"),
          )
          .select([
            "deliveries.fingerprint",
            "deliveries.episode",
            "claimed_at",
            "restarts_until",
            "claimed_by",
            "confirmed_by",
          ])
          .where("consumer", "=", consumer)
          .where("confirmed_at", "is not", null)
          .orderBy("sequence", "desc")
          .execute();
        const newest = new Map<string, ConfirmedDelivery>();
        for (const row of rows) {
          const newer = newest.get(row.fingerprint);
          if (newer !== undefined && newer.episode >= row.episode) continue;
          newest.set(row.fingerprint, {
            fingerprint: row.fingerprint,
            episode: row.episode,
            at: deliveredUntil(row),
            ...(row.claimed_by === null ? {} : { claimedBy: row.claimed_by }),
            ...(row.confirmed_by === null ? {} : { confirmedBy: row.confirmed_by }),
          });
        }
        return [...newest.values()].sort((a, b) => b.at - a.at);
      }),
  };
}

type Claim = Pick<ClaimOptions, "now" | "by">;

function newConsumer(name: string, { now, by }: Claim): Selectable<ConsumersTable> {
  return { name, created_at: now, created_by: by ?? null, last_seen_at: now, last_sequence: 0 };
}

/** Creates the consumer on its first claim. One that belongs to nobody, from the mode `none`, becomes the caller's. */
async function upsertConsumer(
  trx: Transaction<Tables>,
  name: string,
  claim: Claim,
): Promise<Selectable<ConsumersTable>> {
  return await trx
    .insertInto("consumers")
    .values(newConsumer(name, claim))
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet({
        last_seen_at: claim.now,
        created_by: sql<string | null>`coalesce(consumers.created_by, excluded.created_by)`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function touch(trx: Transaction<Tables>, name: string, now: number): Promise<void> {
  await trx.updateTable("consumers").set({ last_seen_at: now }).where("name", "=", name).execute();
}

async function lease(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  due: readonly DueAlert[],
  deliveries: readonly Delivery[],
  { now, by }: Claim,
): Promise<void> {
  const rows = due.map(({ alert, notification }, index): DeliveriesTable => {
    const { sequence, delivery, leaseUntil } = deliveries[index]!;
    return {
      consumer: consumer.name,
      fingerprint: alert.fingerprint,
      episode: alert.episode,
      notification,
      sequence,
      delivery,
      active_at: alert.state.activeAt,
      restarts_until: restartsUntil(alert),
      claimed_at: now,
      claimed_by: by ?? null,
      lease_until: leaseUntil,
      confirmed_at: null,
      confirmed_by: null,
    };
  });
  for (const some of chunks(rows)) {
    await trx
      .insertInto("deliveries")
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(["consumer", "fingerprint", "episode", "notification"]).doUpdateSet(({ ref }) => ({
          delivery: ref("excluded.delivery"),
          active_at: ref("excluded.active_at"),
          restarts_until: ref("excluded.restarts_until"),
          claimed_at: ref("excluded.claimed_at"),
          claimed_by: ref("excluded.claimed_by"),
          lease_until: ref("excluded.lease_until"),
        })),
      )
      .execute();
  }
  const lastSequence = rows.reduce((last, row) => Math.max(last, row.sequence), consumer.last_sequence);
  await trx.updateTable("consumers").set({ last_sequence: lastSequence }).where("name", "=", consumer.name).execute();
}

type OpenDelivery = Pick<Selectable<DeliveriesTable>, "sequence" | "lease_until" | "confirmed_at">;

async function deliveriesById(
  trx: Transaction<Tables>,
  consumer: string,
  ids: readonly string[],
  { namespaces, claimedBy }: DeliveryScope = {},
): Promise<ReadonlyMap<string, OpenDelivery>> {
  const wanted = new Set(ids);
  const parsed = [...new Set(ids.map((id) => id.slice(0, Math.max(0, id.indexOf(".")))))];
  const fingerprints = namespaces === undefined ? parsed : await fingerprintsIn(trx, parsed, new Set(namespaces));
  const found = new Map<string, OpenDelivery>();
  for (const some of chunks(fingerprints)) {
    const rows = await trx
      .selectFrom("deliveries")
      .select(["fingerprint", "episode", "notification", "sequence", "lease_until", "confirmed_at"])
      .where("consumer", "=", consumer)
      .where("fingerprint", "in", some)
      .$if(claimedBy !== undefined, (query) => query.where("claimed_by", "=", claimedBy!))
      .execute();
    for (const row of rows) found.set(deliveryId(row, row.notification), row);
  }
  for (const id of found.keys()) if (!wanted.has(id)) found.delete(id);
  return found;
}

/** The namespace is a label and so part of the fingerprint: it is the same in every episode. */
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

async function updateDeliveries(
  trx: Transaction<Tables>,
  consumer: string,
  sequences: readonly number[],
  change: { confirmed_at: number; confirmed_by: string | null } | { lease_until: number },
): Promise<void> {
  for (const some of chunks(sequences)) {
    await trx
      .updateTable("deliveries")
      .set(change)
      .where("consumer", "=", consumer)
      .where("sequence", "in", some)
      .execute();
  }
}
