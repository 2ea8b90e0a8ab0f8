import { type Selectable, sql, type Transaction } from "kysely";
import { deliveryId, isDue } from "../core/delivery/handover.ts";
import type { Alert } from "../core/model/alert.ts";
import type { ClaimOptions, Delivery } from "../ports/delivery.ts";
import { fromAlertRow } from "./rows.ts";
import type { ConsumersTable, DeliveriesTable, Tables } from "./schema.ts";

/** Something to hand out: again, when it has a telling that was never confirmed; else for the first time. */
export interface Due {
  readonly alert: Alert;
  readonly again: Pick<Selectable<DeliveriesTable>, "notification" | "sequence" | "delivery"> | undefined;
  /** The telling's number, counting from 1 within the episode. */
  readonly notification: number;
}

/** What comes again first, in its old order; then what is new, in the order in which it fired. */
export async function whatIsDue(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  options: ClaimOptions,
): Promise<readonly Due[]> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (limit <= 0 || options.namespaces?.length === 0) return [];
  const again = await returned(trx, consumer, options);
  if (again.length >= limit) return again.slice(0, limit);
  const fresh = [...(await unnotified(trx, consumer, options)), ...(await crossedAgain(trx, consumer, options))].sort(
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
  return rows.map((row) => ({ alert: fromAlertRow(row), again: row, notification: row.notification }));
}

/** Fired, and no telling speaks of this life of it. */
async function unnotified(
  trx: Transaction<Tables>,
  consumer: Selectable<ConsumersTable>,
  { now, limit, namespaces, restartPolicy }: ClaimOptions,
): Promise<readonly Due[]> {
  let select = trx
    .selectFrom("alerts")
    .select("payload")
    .select(({ selectFrom }) =>
      selectFrom("deliveries")
        .select(({ fn }) => fn.max("notification").as("notification"))
        .where("consumer", "=", consumer.name)
        .whereRef("deliveries.fingerprint", "=", "alerts.fingerprint")
        .whereRef("deliveries.episode", "=", "alerts.episode")
        .as("told"),
    )
    .where("fired_at", "is not", null)
    // What was over before this consumer first asked is history to it (`predates` in core/handover.ts).
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
  return rows
    .map((row) => ({ alert: fromAlertRow(row), again: undefined, notification: (row.told ?? 0) + 1 }))
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
    .innerJoin("deliveries", (join) =>
      join
        .onRef("deliveries.fingerprint", "=", "alerts.fingerprint")
        .onRef("deliveries.episode", "=", "alerts.episode")
        .onRef("deliveries.active_at", "=", "alerts.active_at"),
    )
    .select(["payload", "notification", "claimed_at", "restarts_until", "confirmed_at"])
    .where("state", "=", "firing")
    .where("alertname", "=", "PodRestartingTooOften")
    .where("consumer", "=", consumer.name)
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
    .filter((row) => row.confirmed_at !== null)
    .map((row) => ({ row, alert: fromAlertRow(row) }))
    .filter(({ row, alert }) =>
      isDue(alert, { episode: alert.episode, at: notifiedUntil(row) }, restartPolicy(alert.labels), now),
    )
    .map(({ row, alert }) => ({ alert, again: undefined, notification: row.notification + 1 }));
}

/** Up to when a telling speaks: a restart that was seen before it but committed after it has not been told of. */
export function notifiedUntil(row: Pick<Selectable<DeliveriesTable>, "claimed_at" | "restarts_until">): number {
  return row.restarts_until ?? row.claimed_at;
}

export function restartsUntil(alert: Alert): number | null {
  const newest = alert.subject.container?.restarts.at(-1);
  if (alert.labels.alertname !== "PodRestartingTooOften" || newest === undefined) return null;
  return newest.seenAt ?? newest.at;
}

function firedAt({ state }: Alert): number {
  return state.name === "pending" ? Number.POSITIVE_INFINITY : state.firedAt;
}

export function toDeliveries(
  due: readonly Due[],
  consumer: Selectable<ConsumersTable>,
  { now, lease }: ClaimOptions,
): readonly Delivery[] {
  let sequence = consumer.last_sequence;
  return due.map(({ alert, again, notification }) => ({
    id: deliveryId(alert, notification),
    sequence: again?.sequence ?? ++sequence,
    delivery: (again?.delivery ?? 0) + 1,
    leaseUntil: now + lease,
    alert,
  }));
}
