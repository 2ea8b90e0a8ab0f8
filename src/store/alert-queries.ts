import { type ExpressionBuilder, sql, type Transaction } from "kysely";
import { parseAlertCursor, parseIdCursor } from "../core/delivery/cursor.ts";
import type { Alert } from "../core/model/alert.ts";
import type { PodHistory, WorkloadHistory } from "../core/model/history.ts";
import type { AlertQuery, AlertStore, Batch, LoggedTransition, StoredState, TransitionQuery } from "../ports/store.ts";
import type { Queries, Reader } from "./backend.ts";
import {
  fromAlertRow,
  fromTransitionRow,
  toAlertRow,
  toTerminationRows,
  toTransitionRow,
  yieldingChunks,
} from "./rows.ts";
import type { Tables } from "./schema.ts";
import { verifiedCommit } from "./verified-commit.ts";

/** Queries for the state of the watcher, and for lists of alerts and transitions. */
export function createAlertQueries(queries: Queries): Pick<AlertStore, "load" | "commit" | "alerts" | "transitions"> {
  const { db, run, snapshot } = queries;
  return {
    load: () => snapshot(load),
    commit: (batch) => verifiedCommit(queries, (trx) => write(trx, batch)),
    alerts: (query) => run(() => selectAlerts(db, query)),
    transitions: (query) => run(() => selectTransitions(db, query)),
  };
}

async function load(trx: Reader): Promise<StoredState> {
  const pods = await trx.selectFrom("pod_histories").select("payload").execute();
  const workloads = await trx.selectFrom("workload_histories").select("payload").execute();
  const alerts = await trx.selectFrom("alerts").select("payload").where(isNewestEpisode).execute();
  const terminations = await trx.selectFrom("terminations").selectAll().execute();
  const checkpoints = await trx.selectFrom("namespace_checkpoints").selectAll().execute();
  return {
    pods: pods.map((row) => JSON.parse(row.payload) as PodHistory),
    workloads: workloads.map((row) => JSON.parse(row.payload) as WorkloadHistory),
    alerts: alerts.map(fromAlertRow),
    terminations,
    checkpoints: new Map(checkpoints.map((row) => [row.namespace, row.at])),
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

/** Dropped alerts first: an alert that was dropped and raised again within one batch must exist afterwards. */
async function write(trx: Transaction<Tables>, batch: Batch): Promise<void> {
  const pods = split(batch.pods);
  for await (const uids of yieldingChunks(pods.removed)) {
    await trx.deleteFrom("pod_histories").where("uid", "in", uids).execute();
  }
  for await (const some of yieldingChunks(pods.set)) {
    await trx
      .insertInto("pod_histories")
      .values(some.map(([uid, history]) => ({ uid, payload: JSON.stringify(history) })))
      .onConflict((conflict) => conflict.column("uid").doUpdateSet(({ ref }) => ({ payload: ref("excluded.payload") })))
      .execute();
  }

  const workloads = split(batch.workloads);
  for await (const keys of yieldingChunks(workloads.removed)) {
    await trx.deleteFrom("workload_histories").where("key", "in", keys).execute();
  }
  for await (const some of yieldingChunks(workloads.set)) {
    await trx
      .insertInto("workload_histories")
      .values(some.map(([key, history]) => ({ key, payload: JSON.stringify(history) })))
      .onConflict((conflict) => conflict.column("key").doUpdateSet(({ ref }) => ({ payload: ref("excluded.payload") })))
      .execute();
  }

  for await (const alerts of yieldingChunks(batch.dropped)) {
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

  for await (const transitions of yieldingChunks(batch.transitions)) {
    await trx.insertInto("transitions").values(transitions.map(toTransitionRow)).execute();
  }
  for await (const rows of yieldingChunks(toTerminationRows(batch.terminations))) {
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

  const checkpoints = split(batch.checkpoints);
  for await (const namespaces of yieldingChunks(checkpoints.removed)) {
    await trx.deleteFrom("namespace_checkpoints").where("namespace", "in", namespaces).execute();
  }
  for await (const some of yieldingChunks(checkpoints.set)) {
    await trx
      .insertInto("namespace_checkpoints")
      .values(some.map(([namespace, at]) => ({ namespace, at })))
      .onConflict((conflict) => conflict.column("namespace").doUpdateSet(({ ref }) => ({ at: ref("excluded.at") })))
      .execute();
  }
}

function split<Value>(changes: ReadonlyMap<string, Value | undefined>) {
  const removed: string[] = [];
  const set: (readonly [string, Value])[] = [];
  for (const [key, value] of changes) {
    if (value === undefined) removed.push(key);
    else set.push([key, value]);
  }
  return { removed, set };
}

async function upsertAlerts(trx: Transaction<Tables>, alerts: readonly Alert[]): Promise<void> {
  // One statement may not touch a row twice: keep the last version of each alert.
  const last = new Map(alerts.map((alert) => [`${alert.fingerprint}.${alert.episode}`, alert]));
  for await (const some of yieldingChunks([...last.values()])) {
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

async function selectAlerts(db: Reader, query: AlertQuery): Promise<readonly Alert[]> {
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
    const from = parseAlertCursor(query.cursor);
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple("active_at", "fingerprint", "episode"), "<", tuple(from.activeAt, from.fingerprint, from.episode)),
    );
  }
  return (await select.execute()).map(fromAlertRow);
}

async function selectTransitions(db: Reader, query: TransitionQuery): Promise<readonly LoggedTransition[]> {
  if (query.namespaces?.length === 0) return [];
  let select = db.selectFrom("transitions").select(["id", "payload"]).orderBy("id", "desc");
  if (query.fingerprint !== undefined) select = select.where("fingerprint", "=", query.fingerprint);
  if (query.namespace !== undefined) select = select.where("namespace", "=", query.namespace);
  if (query.namespaces !== undefined) select = select.where("namespace", "in", query.namespaces);
  if (query.pod !== undefined) select = select.where("pod", "=", query.pod);
  if (query.limit !== undefined) select = select.limit(query.limit);
  if (query.cursor !== undefined) select = select.where("id", "<", parseIdCursor(query.cursor));
  return (await select.execute()).map(fromTransitionRow);
}
