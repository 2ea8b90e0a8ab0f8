import { alertCursor } from "../../src/core/delivery/cursor.ts";
import { deliveryId, isDue, type LastDelivery, predates } from "../../src/core/delivery/handover.ts";
import type { Alert, Transition } from "../../src/core/model/alert.ts";
import type { Instant } from "../../src/core/model/time.ts";
import type { ClaimOptions, ConfirmedDelivery, Consumer, Delivery, DeliveryStore } from "../../src/ports/delivery.ts";
import type { EvidenceSnapshot } from "../../src/ports/evidence.ts";
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
  readonly last: Map<string, LastDelivery>;
  readonly deliveries: Map<string, Notifications>;
}

interface Notifications {
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
  const kept = new Map<string, EvidenceSnapshot>();
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
    deliveries: createFakeHandover(() => alerts.values()),
    prune: async () => 0,
    size: async () => 4096,
    checkWritable: async () => {
      if (store.unwritable !== undefined) throw new Error(store.unwritable);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return store;
}

function createFakeHandover(alerts: () => Iterable<Alert>): DeliveryStore {
  const cursors = new Map<string, Cursor>();
  const cursorOf = (name: string, now: Instant): Cursor => {
    const known = cursors.get(name);
    if (known !== undefined) return known;
    return { createdAt: now, lastSeenAt: now, lastSequence: 0, last: new Map(), deliveries: new Map() };
  };

  function due(cursor: Cursor, options: ClaimOptions): Notifications[] {
    const found: Notifications[] = [];
    let sequence = cursor.lastSequence;
    for (const alert of alerts()) {
      if (options.namespaces !== undefined && !options.namespaces.includes(alert.labels.namespace)) continue;
      const open = [...cursor.deliveries.values()].find(
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
      const told = [...cursor.deliveries.values()].filter(
        (one) => one.alert.fingerprint === alert.fingerprint && one.alert.episode === alert.episode,
      ).length;
      sequence++;
      found.push({ alert, id: deliveryId(alert, told + 1), sequence, delivery: 0, leaseUntil: 0, confirmed: false });
    }
    return found.slice(0, options.limit);
  }

  const visible = (telling: Notifications | undefined, namespaces: readonly string[] | undefined) =>
    namespaces === undefined || (telling && namespaces.includes(telling.alert.labels.namespace)) ? telling : undefined;

  const delivery = ({ id, sequence, alert, delivery, leaseUntil }: Notifications): Delivery => ({
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
        cursor.deliveries.set(telling.id, claimed);
        cursor.lastSequence = Math.max(cursor.lastSequence, claimed.sequence);
        return delivery(claimed);
      });
    },
    confirm: async (name, ids, now, namespaces) => {
      const cursor = cursorOf(name, now);
      return ids.filter((id) => {
        const telling = visible(cursor.deliveries.get(id), namespaces);
        if (telling === undefined || telling.confirmed || telling.leaseUntil <= now) return true;
        telling.confirmed = true;
        cursor.last.set(telling.alert.fingerprint, { episode: telling.alert.episode, at: now });
        return false;
      });
    },
    release: async (name, ids, now, namespaces) =>
      ids.filter((id) => {
        const telling = visible(cursorOf(name, now).deliveries.get(id), namespaces);
        if (telling !== undefined && !telling.confirmed) telling.leaseUntil = now;
        return telling === undefined;
      }),
    consumers: async () =>
      [...cursors].map(
        ([name, { createdAt, lastSeenAt, lastSequence, deliveries }]): Consumer => ({
          name,
          createdAt,
          lastSeenAt,
          lastSequence,
          leased: [...deliveries.values()].filter(({ confirmed }) => !confirmed).length,
        }),
      ),
    confirmedDeliveries: async (name) =>
      [...(cursors.get(name)?.last ?? [])].map(
        ([fingerprint, { episode, at }]): ConfirmedDelivery => ({ fingerprint, episode, at }),
      ),
  };
}
