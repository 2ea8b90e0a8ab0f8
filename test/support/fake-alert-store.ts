import { alertCursor } from "../../src/core/delivery/cursor.ts";
import { isDue, type LastHandover, predates, tellingId } from "../../src/core/delivery/handover.ts";
import type { Alert, Transition } from "../../src/core/model/alert.ts";
import type { Instant } from "../../src/core/model/time.ts";
import type { ClaimOptions, Consumer, Delivery, HandedOver, HandoverStore } from "../../src/ports/delivery.ts";
import type { KeptEvidence } from "../../src/ports/evidence.ts";
import type { Store } from "../../src/ports/store.ts";
import { createFakeActionStore, createFakeOutbox, createFakeSilenceStore, type FakeOutbox } from "./fake-telling.ts";

/** The store in memory, as far as pages and consumers use it; the hand-over keeps every promise of the port. */
export interface FakeAlertStore extends Store {
  readonly outbox: FakeOutbox;
  put(...alerts: Alert[]): void;
  log(...transitions: Transition[]): void;
  /** Why nothing can be written; undefined when it can. */
  unwritable: string | undefined;
}

interface Cursor {
  readonly createdAt: Instant;
  lastSeenAt: Instant;
  lastSequence: number;
  readonly last: Map<string, LastHandover>;
  readonly tellings: Map<string, Telling>;
}

interface Telling {
  readonly alert: Alert;
  readonly id: string;
  readonly sequence: number;
  delivery: number;
  leaseUntil: Instant;
  confirmed: boolean;
}

export function createFakeAlertStore(): FakeAlertStore {
  const alerts = new Map<string, Alert>();
  const transitions: Transition[] = [];
  const kept = new Map<string, KeptEvidence>();
  const actions = createFakeActionStore();
  const store: FakeAlertStore = {
    outbox: createFakeOutbox(),
    actions,
    silences: createFakeSilenceStore(actions),
    evidence: {
      keep: async ({ fingerprint, episode }, evidence) => void kept.set(`${fingerprint}.${episode}`, evidence),
      kept: async ({ fingerprint, episode }) => kept.get(`${fingerprint}.${episode}`),
    },
    unwritable: undefined,
    put: (...changed) => {
      for (const alert of changed) alerts.set(`${alert.fingerprint}.${alert.episode}`, alert);
    },
    log: (...more) => void transitions.unshift(...more),
    load: async () => ({
      pods: [],
      workloads: [],
      alerts: [...alerts.values()],
      terminations: [],
      confirmed: new Map(),
    }),
    commit: async (batch) => store.put(...batch.alerts),
    alerts: async ({ states, namespace, fingerprint, cursor, limit = 100 }) =>
      [...alerts.values()]
        .sort((a, b) => (alertCursor(a) < alertCursor(b) ? 1 : -1))
        .filter((alert) => cursor === undefined || alertCursor(alert) < cursor)
        .filter(
          (alert) =>
            (states === undefined || states.includes(alert.state.name)) &&
            (namespace === undefined || alert.labels.namespace === namespace) &&
            (fingerprint === undefined || alert.fingerprint === fingerprint),
        )
        .slice(0, limit),
    transitions: async ({ fingerprint, namespace, namespaces, pod, cursor, limit = 100 }) =>
      transitions
        .map((transition, index) => ({ ...transition, id: transitions.length - index }))
        .filter(({ id }) => cursor === undefined || id < Number(cursor))
        .filter(
          (one) =>
            (fingerprint === undefined || one.fingerprint === fingerprint) &&
            (namespace === undefined || one.labels.namespace === namespace) &&
            (namespaces === undefined || namespaces.includes(one.labels.namespace)) &&
            (pod === undefined || one.labels.pod === pod),
        )
        .slice(0, limit),
    acknowledge: async (fingerprint, acknowledgement) => {
      const known = [...alerts.values()].findLast((alert) => alert.fingerprint === fingerprint);
      if (known === undefined) return undefined;
      const { acknowledgement: _, ...rest } = known;
      const changed = acknowledgement === undefined ? rest : { ...rest, acknowledgement };
      store.put(changed);
      return changed;
    },
    handover: createFakeHandover(() => alerts.values()),
    prune: async () => 0,
    size: async () => 4096,
    checkWritable: async () => {
      if (store.unwritable !== undefined) throw new Error(store.unwritable);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return store;
}

function createFakeHandover(alerts: () => Iterable<Alert>): HandoverStore {
  const cursors = new Map<string, Cursor>();
  const cursorOf = (name: string, now: Instant): Cursor => {
    const known = cursors.get(name);
    if (known !== undefined) return known;
    return { createdAt: now, lastSeenAt: now, lastSequence: 0, last: new Map(), tellings: new Map() };
  };

  function due(cursor: Cursor, options: ClaimOptions): Telling[] {
    const found: Telling[] = [];
    let sequence = cursor.lastSequence;
    for (const alert of alerts()) {
      if (options.namespaces !== undefined && !options.namespaces.includes(alert.labels.namespace)) continue;
      const open = [...cursor.tellings.values()].find(
        ({ confirmed, alert: told }) =>
          !confirmed && told.fingerprint === alert.fingerprint && told.episode === alert.episode,
      );
      if (open !== undefined) {
        if (open.leaseUntil <= options.now) found.push({ ...open, alert });
        continue;
      }
      const last = cursor.last.get(alert.fingerprint);
      if (!isDue(alert, last, options.restartPolicy(alert.labels), options.now)) continue;
      if (predates(alert, cursor.createdAt)) continue;
      const told = [...cursor.tellings.values()].filter(
        (one) => one.alert.fingerprint === alert.fingerprint && one.alert.episode === alert.episode,
      ).length;
      sequence++;
      found.push({ alert, id: tellingId(alert, told + 1), sequence, delivery: 0, leaseUntil: 0, confirmed: false });
    }
    return found.slice(0, options.limit);
  }

  const visible = (telling: Telling | undefined, namespaces: readonly string[] | undefined) =>
    namespaces === undefined || (telling && namespaces.includes(telling.alert.labels.namespace)) ? telling : undefined;

  const delivery = ({ id, sequence, alert, delivery, leaseUntil }: Telling): Delivery => ({
    id,
    sequence,
    alert,
    delivery,
    leaseUntil,
  });

  return {
    peek: async (name, options) =>
      due(cursorOf(name, options.now), options).map((telling) =>
        delivery({ ...telling, delivery: telling.delivery + 1, leaseUntil: options.now + options.lease }),
      ),
    claim: async (name, options) => {
      const cursor = cursorOf(name, options.now);
      cursors.set(name, cursor);
      cursor.lastSeenAt = options.now;
      return due(cursor, options).map((telling) => {
        const claimed = { ...telling, delivery: telling.delivery + 1, leaseUntil: options.now + options.lease };
        cursor.tellings.set(telling.id, claimed);
        cursor.lastSequence = Math.max(cursor.lastSequence, claimed.sequence);
        return delivery(claimed);
      });
    },
    confirm: async (name, ids, now, namespaces) => {
      const cursor = cursorOf(name, now);
      return ids.filter((id) => {
        const telling = visible(cursor.tellings.get(id), namespaces);
        if (telling === undefined || telling.confirmed || telling.leaseUntil <= now) return true;
        telling.confirmed = true;
        cursor.last.set(telling.alert.fingerprint, { episode: telling.alert.episode, at: now });
        return false;
      });
    },
    release: async (name, ids, now, namespaces) =>
      ids.filter((id) => {
        const telling = visible(cursorOf(name, now).tellings.get(id), namespaces);
        if (telling !== undefined && !telling.confirmed) telling.leaseUntil = now;
        return telling === undefined;
      }),
    consumers: async () =>
      [...cursors].map(
        ([name, { createdAt, lastSeenAt, lastSequence, tellings }]): Consumer => ({
          name,
          createdAt,
          lastSeenAt,
          lastSequence,
          leased: [...tellings.values()].filter(({ confirmed }) => !confirmed).length,
        }),
      ),
    handedOver: async (name) =>
      [...(cursors.get(name)?.last ?? [])].map(
        ([fingerprint, { episode, at }]): HandedOver => ({ fingerprint, episode, at }),
      ),
  };
}
