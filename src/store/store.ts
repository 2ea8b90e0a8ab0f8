import { type ExpressionBuilder, type Kysely, sql, type Transaction } from "kysely";
import { parseAlertCursor } from "../core/delivery/cursor.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { Instant } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { AlertQuery, Batch, LoggedTransition, Store, StoredState, TransitionQuery } from "../ports/store.ts";
import type { Backend } from "./backend.ts";
import { createDeliveryStore } from "./delivery-store.ts";
import { createEvidenceStore } from "./evidence-store.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { DEFAULT_CONSUMER, prune } from "./prune.ts";
import { fromAlertRow, fromTransitionRow, portions, toAlertRow, toTerminationRows, toTransitionRow } from "./rows.ts";
import type { Tables } from "./schema.ts";
import { createActionStore, createSilenceStore } from "./silence-store.ts";
import { verifiedCommit } from "./verified-commit.ts";

/** The store on either database. `ports/store.ts` says what it guarantees. */
export async function createStore(backend: Backend, clock: Clock): Promise<Store> {
  const { db, engine } = backend;
  await createDefaultConsumer(db, clock.now());
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    backend.assertOwned();
    try {
      return await work();
    } catch (error) {
      throw backend.explain(error);
    }
  };
  const snapshot = <T>(work: (trx: Transaction<Tables>) => Promise<T>) =>
    explained(() => db.transaction().setIsolationLevel("repeatable read").execute(work));

  return {
    load: () => snapshot(load),
    commit: (batch) => explained(() => verifiedCommit(db, engine, (trx) => write(trx, batch))),
    alerts: (query) => explained(() => selectAlerts(db, query)),
    transitions: (query) => explained(() => selectTransitions(db, query)),
    acknowledge: (fingerprint, acknowledgement) =>
      explained(() =>
        db.transaction().execute(async (trx) => {
          const alert = await newestEpisode(trx, fingerprint);
          if (alert === undefined || alert.state.name === "resolved") return undefined;
          const { acknowledgement: _, ...rest } = alert;
          const next: Alert = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
          await upsertAlerts(trx, [next]);
          return next;
        }),
      ),
    deliveries: createDeliveryStore({ db, clock, explained }),
    outbox: createOutboxStore({ db, engine, explained }),
    silences: createSilenceStore({ db, explained }),
    actions: createActionStore({ db, explained }),
    evidence: createEvidenceStore({ db, explained }),
    prune: (before) => explained(() => prune(backend, before)),
    size: () => explained(() => backend.size()),
    checkWritable: () =>
      explained(async () => {
        const row = { name: "writable", at: clock.now() };
        await db
          .insertInto("write_checks")
          .values(row)
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ at: row.at }))
          .execute();
      }),
    [Symbol.asyncDispose]: () => backend.close(),
  };
}

/** Legacy callers receive every alert since the first start, also one that fires and resolves before their first call. */
async function createDefaultConsumer(db: Kysely<Tables>, now: Instant): Promise<void> {
  await db
    .insertInto("consumers")
    .values({ name: DEFAULT_CONSUMER, created_at: now, last_seen_at: now, last_sequence: 0 })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

async function load(trx: Transaction<Tables>): Promise<StoredState> {
  const pods = await trx.selectFrom("pod_histories").select("payload").execute();
  const workloads = await trx.selectFrom("workload_histories").select("payload").execute();
  const alerts = await trx.selectFrom("alerts").select("payload").where(isNewestEpisode).execute();
  const terminations = await trx.selectFrom("terminations").selectAll().execute();
  const confirmed = await trx.selectFrom("namespace_checkpoints").selectAll().execute();
  return {
    pods: pods.map((row) => JSON.parse(row.payload) as PodHistory),
    workloads: workloads.map((row) => JSON.parse(row.payload) as WorkloadHistory),
    alerts: alerts.map(fromAlertRow),
    terminations,
    confirmed: new Map(confirmed.map((row) => [row.namespace, row.at])),
  };
}

function isNewestEpisode({ not, exists, selectFrom }: ExpressionBuilder<Tables, "alerts">) {
  return not(
    exists(
      selectFrom("alerts as newer")
        .select(sql<number>`1`.as("one"))
        .whereRef("newer.fingerprint", "=", "alerts.fingerprint")
        .whereRef("newer.episode", ">", "alerts.episode"),
    ),
  );
}

/** In this order: a pending alert that is forgotten and comes back within one batch is there at the end. */
async function write(trx: Transaction<Tables>, batch: Batch): Promise<void> {
  for await (const pods of portions(gone(batch.pods))) {
    await trx.deleteFrom("pod_histories").where("uid", "in", pods).execute();
  }
  for await (const pods of portions(kept(batch.pods))) {
    await trx
      .insertInto("pod_histories")
      .values(pods.map(([uid, history]) => ({ uid, payload: JSON.stringify(history) })))
      .onConflict((conflict) => conflict.column("uid").doUpdateSet(({ ref }) => ({ payload: ref("excluded.payload") })))
      .execute();
  }

  for await (const workloads of portions(gone(batch.workloads))) {
    await trx.deleteFrom("workload_histories").where("key", "in", workloads).execute();
  }
  for await (const workloads of portions(kept(batch.workloads))) {
    await trx
      .insertInto("workload_histories")
      .values(workloads.map(([key, history]) => ({ key, payload: JSON.stringify(history) })))
      .onConflict((conflict) => conflict.column("key").doUpdateSet(({ ref }) => ({ payload: ref("excluded.payload") })))
      .execute();
  }

  for await (const alerts of portions(batch.forgotten)) {
    for (const { fingerprint, episode } of alerts) {
      await trx
        .deleteFrom("alerts")
        .where("fingerprint", "=", fingerprint)
        .where("episode", "=", episode)
        .where("state", "=", "pending")
        .execute();
    }
  }
  await upsertAlerts(trx, batch.alerts);

  for await (const transitions of portions(batch.transitions)) {
    await trx.insertInto("transitions").values(transitions.map(toTransitionRow)).execute();
  }
  for await (const rows of portions(toTerminationRows(batch.terminations))) {
    await trx
      .insertInto("terminations")
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(["namespace", "workload", "container", "reason"])
          .doUpdateSet({ count: sql`terminations.count + excluded.count` }),
      )
      .execute();
  }
  for await (const namespaces of portions(gone(batch.confirmed))) {
    await trx.deleteFrom("namespace_checkpoints").where("namespace", "in", namespaces).execute();
  }
  for await (const namespaces of portions(kept(batch.confirmed))) {
    await trx
      .insertInto("namespace_checkpoints")
      .values(namespaces.map(([namespace, at]) => ({ namespace, at })))
      .onConflict((conflict) => conflict.column("namespace").doUpdateSet(({ ref }) => ({ at: ref("excluded.at") })))
      .execute();
  }
}

function gone<Value>(changes: ReadonlyMap<string, Value | undefined>): readonly string[] {
  return [...changes].filter(([, value]) => value === undefined).map(([key]) => key);
}

function kept<Value>(changes: ReadonlyMap<string, Value | undefined>): readonly (readonly [string, Value])[] {
  return [...changes].flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

async function upsertAlerts(trx: Transaction<Tables>, alerts: readonly Alert[]): Promise<void> {
  // One statement may not touch a row twice; the last word on an alert is the one that counts.
  const last = new Map(alerts.map((alert) => [`${alert.fingerprint}.${alert.episode}`, alert]));
  for await (const some of portions([...last.values()])) {
    await trx
      .insertInto("alerts")
      .values(some.map(toAlertRow))
      .onConflict((conflict) =>
        conflict.columns(["fingerprint", "episode"]).doUpdateSet(({ ref }) => ({
          state: ref("excluded.state"),
          active_at: ref("excluded.active_at"),
          fired_at: ref("excluded.fired_at"),
          resolved_at: ref("excluded.resolved_at"),
          payload: ref("excluded.payload"),
        })),
      )
      .execute();
  }
}

async function newestEpisode(trx: Transaction<Tables>, fingerprint: string): Promise<Alert | undefined> {
  const row = await trx
    .selectFrom("alerts")
    .select("payload")
    .where("fingerprint", "=", fingerprint)
    .orderBy("episode", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && fromAlertRow(row);
}

async function selectAlerts(db: Kysely<Tables>, query: AlertQuery): Promise<readonly Alert[]> {
  if (query.states?.length === 0) return [];
  let select = db
    .selectFrom("alerts")
    .select("payload")
    .orderBy("active_at", "desc")
    .orderBy("fingerprint", "desc")
    .orderBy("episode", "desc");
  if (query.states !== undefined) select = select.where("state", "in", query.states);
  if (query.namespace !== undefined) select = select.where("namespace", "=", query.namespace);
  if (query.fingerprint !== undefined) select = select.where("fingerprint", "=", query.fingerprint);
  if (query.limit !== undefined) select = select.limit(query.limit);
  if (query.cursor !== undefined) {
    const place = parseAlertCursor(query.cursor);
    if (place === undefined) throw new RangeError("the cursor is not one that this program gave out");
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple("active_at", "fingerprint", "episode"), "<", tuple(place.activeAt, place.fingerprint, place.episode)),
    );
  }
  return (await select.execute()).map(fromAlertRow);
}

async function selectTransitions(db: Kysely<Tables>, query: TransitionQuery): Promise<readonly LoggedTransition[]> {
  let select = db.selectFrom("transitions").select(["id", "payload"]).orderBy("id", "desc");
  if (query.fingerprint !== undefined) select = select.where("fingerprint", "=", query.fingerprint);
  if (query.namespace !== undefined) select = select.where("namespace", "=", query.namespace);
  if (query.namespaces !== undefined) {
    if (query.namespaces.length === 0) return [];
    select = select.where("namespace", "in", query.namespaces);
  }
  if (query.pod !== undefined) select = select.where("pod", "=", query.pod);
  if (query.limit !== undefined) select = select.limit(query.limit);
  if (query.cursor !== undefined) {
    if (!/^\d{1,15}$/.test(query.cursor)) throw new RangeError("the cursor is not one that this program gave out");
    select = select.where("id", "<", Number(query.cursor));
  }
  return (await select.execute()).map(fromTransitionRow);
}
