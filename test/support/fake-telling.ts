import type { Silence } from "../../src/core/notify/silence.ts";
import type { ActionStore, LoggedAction } from "../../src/ports/activity.ts";
import type { OutboxMessage, OutboxStore } from "../../src/ports/notifications.ts";
import type { SilenceStore } from "../../src/ports/silences.ts";

/** The outbox as pages read it: what a test posts is there, newest first. */
export interface FakeOutbox extends OutboxStore {
  post(...messages: OutboxMessage[]): void;
  readonly resent: string[];
}

export function createFakeOutbox(): FakeOutbox {
  const messages: OutboxMessage[] = [];
  const resent: string[] = [];
  return {
    resent,
    post: (...more) => void messages.push(...more),
    messages: async ({ id, receiver, states, from, to, limit = 1_000, cursor }) =>
      messages
        .filter(
          ({ notification, state, sequence }) =>
            (id === undefined || notification.id === id) &&
            (receiver === undefined || notification.receiver === receiver) &&
            (states === undefined || states.includes(state)) &&
            (from === undefined || notification.createdAt >= from) &&
            (to === undefined || notification.createdAt <= to) &&
            (cursor === undefined || sequence < Number(cursor)),
        )
        .sort((a, b) => b.sequence - a.sequence)
        .slice(0, limit),
    resend: async (id) => {
      resent.push(id);
      return messages.some(({ notification }) => notification.id === id);
    },
    groups: async () => [],
    enqueue: async () => {},
    claim: async () => [],
    settle: async () => true,
    nextDue: async () => undefined,
    abandon: async () => 0,
  };
}

export function createFakeSilenceStore(actions: ActionStore): SilenceStore {
  const kept = new Map<string, Silence>();
  const store: SilenceStore = {
    silences: async () => [...kept.values()].sort((a, b) => b.createdAt - a.createdAt),
    put: async (silence, action) => {
      kept.set(silence.id, silence);
      await actions.log(action);
    },
    putAll: async (changes) => {
      for (const { silence, action } of changes) await store.put(silence, action);
    },
  };
  return store;
}

export function createFakeActionStore(): ActionStore {
  const actions: LoggedAction[] = [];
  return {
    log: async (action) => void actions.push({ ...action, id: actions.length + 1 }),
    actions: async ({ about, from, to, limit = 1_000, cursor }) =>
      actions
        .filter(
          (action) =>
            (about === undefined || action.about.includes(about)) &&
            (from === undefined || action.at >= from) &&
            (to === undefined || action.at <= to) &&
            (cursor === undefined || action.id < Number(cursor)),
        )
        .sort((a, b) => b.id - a.id)
        .slice(0, limit),
  };
}
