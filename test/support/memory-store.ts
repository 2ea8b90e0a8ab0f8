import type { Alert, Transition } from "../../src/core/model/alert.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { OutboxMessage } from "../../src/ports/notifications.ts";
import type { Batch, Store } from "../../src/ports/store.ts";
import { openMemory } from "../../src/store/sqlite/sqlite.ts";
import { createStore } from "../../src/store/store.ts";
import { makeBatch } from "./batches.ts";
import { createFakeClock } from "./fake-clock.ts";

/**
 * The real store on SQLite in memory. Writes of `put`, `log` and `post` are visible to every later
 * query, because all statements use one connection.
 */
export interface MemoryStore extends Store {
  /** The committed batches, oldest first. */
  readonly batches: Batch[];
  /** Makes commits and `checkWritable` fail with this message. */
  unwritable: string | undefined;
  put(...alerts: Alert[]): void;
  /** Oldest first. */
  log(...transitions: Transition[]): void;
  /** Writes notifications to the outbox as if they had been queued and, according to their state, sent or given up. */
  post(...messages: OutboxMessage[]): void;
}

export async function createMemoryStore(clock: Clock = createFakeClock()): Promise<MemoryStore> {
  const backend = await openMemory();
  const real = await createStore(backend, clock);
  const batches: Batch[] = [];
  const store: MemoryStore = {
    ...real,
    batches,
    unwritable: undefined,
    commit: async (batch) => {
      if (store.unwritable !== undefined) throw new Error(store.unwritable);
      await real.commit(batch);
      batches.push(batch);
    },
    checkWritable: async () => {
      if (store.unwritable !== undefined) throw new Error(store.unwritable);
      await real.checkWritable();
    },
    put: (...alerts) => void real.commit(makeBatch({ alerts })),
    log: (...transitions) => void real.commit(makeBatch({ transitions })),
    post: (...messages) => void backend.db.insertInto("notifications").values(messages.map(toRow)).execute(),
  };
  return store;
}

function toRow({ notification, ...message }: OutboxMessage) {
  return {
    sequence: message.sequence,
    id: notification.id,
    receiver: notification.receiver,
    group_key: notification.groupKey,
    since: notification.since,
    created_at: notification.createdAt,
    state: message.state,
    attempts: message.attempts,
    due_at: message.dueAt,
    give_up_at: message.dueAt,
    first_attempt_at: message.firstAttemptAt ?? null,
    last_attempt_at: message.lastAttemptAt ?? null,
    settled_at: message.settledAt ?? null,
    failure: message.failure?.reason ?? null,
    detail: message.failure?.detail ?? null,
    reference: notification.reference ?? null,
    payload: JSON.stringify(notification),
  };
}
