import { type Selectable, sql } from "kysely";
import { deliveryId, isDue } from "../core/delivery/delivery-due.ts";
import { type Alert, firedAt } from "../core/model/alert.ts";
import { countedAt } from "../core/model/history.ts";
import type { ClaimOptions, Delivery } from "../ports/delivery.ts";
import type { Reader } from "./backend.ts";
import { fromAlertRow } from "./rows.ts";
import type { ConsumersTable, DeliveriesTable } from "./schema.ts";

/** An alert that a claim may deliver. */
export interface DueAlert {
  readonly alert: Alert;
  /** Counts from 1 within the episode. */
  readonly notification: number;
  /** The unconfirmed delivery that is repeated; undefined for the first one. */
  readonly previous: Pick<Selectable<DeliveriesTable>, "sequence" | "delivery"> | undefined;
}

/**
 * Repeated deliveries first, in their original order, then new ones, in the order in which the alerts fired.
 * The rule is `isDue` and `predatesConsumer` of the core; test/integration/store-delivery-due.test.ts holds both together.
 */
export async function selectDue(
  trx: Reader,
  consumer: Selectable<ConsumersTable>,
  options: ClaimOptions,
): Promise<readonly DueAlert[]> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (limit <= 0 || options.namespaces?.length === 0) return [];
  const repeated = await selectReturned(trx, consumer, options);
  if (repeated.length >= limit) return repeated;
  const first = [
    ...(await selectUndelivered(trx, consumer, options)),
    ...(await selectRestartedAgain(trx, consumer, options)),
  ].sort((a, b) => firedAt(a.alert) - firedAt(b.alert));
  return [...repeated, ...first].slice(0, limit);
}

/** Delivered, but released, or not confirmed before the lease ended. */
async function selectReturned(
  trx: Reader,
  consumer: Selectable<ConsumersTable>,
  { now, limit, namespaces }: ClaimOptions,
): Promise<readonly DueAlert[]> {
  let select = trx
    .selectFrom("deliveries")
    .innerJoin("alerts", (join) =>
      join
        .onRef("alerts.fingerprint", "=", "deliveries.fingerprint")
        .onRef("alerts.episode", "=", "deliveries.episode"),
    )
    .select(["payload", "notification", "sequence", "delivery"])
    .where("consumer", "=", consumer.name)
    .where("confirmed_at", "is", null)
    .where("lease_until", "<=", now)
    .where("state", "!=", "pending")
    .orderBy("sequence");
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  if (limit !== undefined) select = select.limit(limit);
  const rows = await select.execute();
  return rows.map((row) => ({ alert: fromAlertRow(row), notification: row.notification, previous: row }));
}

/** Fired, and this consumer has no delivery of the episode. */
async function selectUndelivered(
  trx: Reader,
  consumer: Selectable<ConsumersTable>,
  { limit, namespaces }: ClaimOptions,
): Promise<readonly DueAlert[]> {
  let select = trx
    .selectFrom("alerts")
    .select("payload")
    .select(({ selectFrom }) =>
      selectFrom("deliveries")
        .select(({ fn }) => fn.max("notification").as("notification"))
        .where("consumer", "=", consumer.name)
        .whereRef("deliveries.fingerprint", "=", "alerts.fingerprint")
        .whereRef("deliveries.episode", "=", "alerts.episode")
        .as("last_notification"),
    )
    .where("fired_at", "is not", null)
    .where(({ or, eb }) => or([eb("resolved_at", "is", null), eb("resolved_at", ">=", consumer.created_at)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("deliveries")
            .select(sql<number>`1`.as("one"))
            .where("consumer", "=", consumer.name)
            .whereRef("deliveries.fingerprint", "=", "alerts.fingerprint")
            .whereRef("deliveries.episode", "=", "alerts.episode")
            .whereRef("deliveries.active_at", "=", "alerts.active_at"),
        ),
      ),
    )
    .orderBy("fired_at")
    .orderBy("fingerprint")
    .orderBy("episode");
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  if (limit !== undefined) select = select.limit(limit);
  const rows = await select.execute();
  return rows.map((row) => ({
    alert: fromAlertRow(row),
    notification: (row.last_notification ?? 0) + 1,
    previous: undefined,
  }));
}

/** Still firing, and restarted often enough since the last delivery was confirmed. */
async function selectRestartedAgain(
  trx: Reader,
  consumer: Selectable<ConsumersTable>,
  { now, namespaces, restartPolicy }: ClaimOptions,
): Promise<readonly DueAlert[]> {
  let select = trx
    .selectFrom("alerts")
    .innerJoin("deliveries", (join) =>
      join
        .onRef("deliveries.fingerprint", "=", "alerts.fingerprint")
        .onRef("deliveries.episode", "=", "alerts.episode")
        .onRef("deliveries.active_at", "=", "alerts.active_at"),
    )
    .select(["payload", "notification", "claimed_at", "restarts_until"])
    .where("state", "=", "firing")
    .where("alertname", "=", "PodRestartingTooOften")
    .where("consumer", "=", consumer.name)
    .where("confirmed_at", "is not", null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("deliveries as later")
            .select(sql<number>`1`.as("one"))
            .whereRef("later.consumer", "=", "deliveries.consumer")
            .whereRef("later.fingerprint", "=", "deliveries.fingerprint")
            .whereRef("later.episode", "=", "deliveries.episode")
            .whereRef("later.notification", ">", "deliveries.notification"),
        ),
      ),
    );
  if (namespaces !== undefined) select = select.where("namespace", "in", namespaces);
  const rows = await select.execute();
  return rows
    .map((row) => ({ row, alert: fromAlertRow(row) }))
    .filter(({ row, alert }) =>
      isDue(alert, { episode: alert.episode, at: deliveredUntil(row) }, restartPolicy(alert.labels), now),
    )
    .map(({ row, alert }) => ({ alert, notification: row.notification + 1, previous: undefined }));
}

/**
 * A delivery reports restarts up to this moment. A restart that was seen before the claim but committed after it is not
 * part of the delivery.
 */
export function deliveredUntil(row: Pick<Selectable<DeliveriesTable>, "claimed_at" | "restarts_until">): number {
  return row.restarts_until ?? row.claimed_at;
}

/** The newest restart that a delivery of this alert reports; null where restarts do not matter. */
export function restartsUntil(alert: Alert): number | null {
  const newest = alert.subject.container?.restarts.at(-1);
  if (alert.labels.alertname !== "PodRestartingTooOften" || newest === undefined) return null;
  return countedAt(newest);
}

/** Numbers the deliveries. Repeated ones keep their sequence number. */
export function toDeliveries(
  due: readonly DueAlert[],
  consumer: Selectable<ConsumersTable>,
  { now, lease }: ClaimOptions,
): readonly Delivery[] {
  let sequence = consumer.last_sequence;
  return due.map(({ alert, notification, previous }) => ({
    id: deliveryId(alert, notification),
    sequence: previous?.sequence ?? ++sequence,
    delivery: (previous?.delivery ?? 0) + 1,
    leaseUntil: now + lease,
    alert,
  }));
}
