import { setImmediate } from "node:timers/promises";
import type { Insertable, Selectable } from "kysely";
import type { Alert, Transition } from "../core/model/alert.ts";
import type { LoggedTransition, TerminationCount } from "../ports/store.ts";
import type { AlertsTable, TerminationsTable, TransitionsTable } from "./schema.ts";

export function toAlertRow(alert: Alert): Insertable<AlertsTable> {
  const { state } = alert;
  return {
    fingerprint: alert.fingerprint,
    episode: alert.episode,
    alertname: alert.labels.alertname,
    namespace: alert.labels.namespace,
    state: state.name,
    active_at: state.activeAt,
    fired_at: state.name === "pending" ? null : state.firedAt,
    resolved_at: state.name === "resolved" ? state.resolvedAt : null,
    payload: JSON.stringify(alert),
  };
}

export function fromAlertRow(row: Pick<Selectable<AlertsTable>, "payload">): Alert {
  return JSON.parse(row.payload) as Alert;
}

export function toTransitionRow(transition: Transition): Insertable<TransitionsTable> {
  return {
    at: transition.at,
    fingerprint: transition.fingerprint,
    episode: transition.episode,
    namespace: transition.labels.namespace,
    pod: transition.labels.pod ?? null,
    payload: JSON.stringify(transition),
  };
}

export function fromTransitionRow(row: Pick<Selectable<TransitionsTable>, "id" | "payload">): LoggedTransition {
  return { ...(JSON.parse(row.payload) as Transition), id: row.id };
}

/** One row per key: a batch may contain a key twice, and one statement may not touch a row twice. */
export function toTerminationRows(counts: readonly TerminationCount[]): Insertable<TerminationsTable>[] {
  const rows = new Map<string, Insertable<TerminationsTable>>();
  for (const { namespace, workload, container, reason, count } of counts) {
    const key = [namespace, workload, container, reason].join("\0");
    rows.set(key, {
      namespace,
      workload,
      container,
      // PostgreSQL rejects U+0000 in text. The container runtime sets the reason, so it must not block a batch.
      reason: reason.replaceAll("\0", "\uFFFD"),
      count: count + (rows.get(key)?.count ?? 0),
    });
  }
  return [...rows.values()];
}

/** PostgreSQL accepts 65,535 parameters per statement and SQLite 32,766; the widest row has a dozen. */
const ROWS_PER_STATEMENT = 200;

/** Splits rows into as many as fit one statement. */
export function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
}

/**
 * The same for many rows, such as all pods of a cluster. A chunk takes some milliseconds; the event loop runs in
 * between. Other queries of an SQLite file still wait for the end of the transaction.
 */
export async function* yieldingChunks<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  for (const some of chunks(rows)) {
    yield some;
    if (some.length === ROWS_PER_STATEMENT) await setImmediate();
  }
}
