import type { Alert } from "../../core/model/alert.ts";
import { own } from "../../core/model/own.ts";
import type { Instant } from "../../core/model/time.ts";
import { SILENCE_ID } from "../../core/notify/silence.ts";
import type { ActionStore, LoggedAction } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfirmedDelivery, DeliveryStore } from "../../ports/delivery.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import type { AlertStore, LoggedTransition } from "../../ports/store.ts";
import type { Caller } from "../base/caller.ts";
import type { Containers } from "../rows/containers.ts";
import { restartView } from "../rows/details.ts";
import { endedAcks } from "../rows/ended-acks.ts";
import { parseRowId, type RowTarget } from "../rows/row-id.ts";
import { rowIdOf } from "../rows/rows.ts";
import type { HistoryEntry, HistoryQuery, NotificationEntry } from "../schemas/history.ts";

export interface HistoryDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "alerts" | "transitions"> & {
    readonly outbox: Pick<OutboxStore, "messages">;
    readonly actions: Pick<ActionStore, "actions">;
    readonly deliveries: Pick<DeliveryStore, "consumers" | "confirmedDeliveries">;
  };
  readonly clock: Clock;
  readonly containers: Pick<Containers, "restartPolicy">;
  readonly kindOf: (receiver: string) => string;
}

/** The subject of a history: one row, one alert, or everything that the caller sees. */
export interface Subject {
  readonly target?: RowTarget;
  readonly fingerprint?: string;
  readonly concerns: (alert: Pick<Alert, "fingerprint" | "labels">) => boolean;
}

export interface HistoryRequest {
  readonly caller: Caller;
  readonly query: HistoryQuery;
  readonly subject: Subject;
}

/** One record of a stream, newest first. `entry` is undefined when it is not for this subject or caller. */
export interface StreamItem {
  readonly at: Instant;
  readonly entry: HistoryEntry | undefined;
  /** Where the stream continues after this record. */
  readonly position: string;
}

export type Stream = AsyncGenerator<StreamItem, void>;

type StreamName = "transitions" | "restarts" | "messages" | "pulls" | "actions" | "endedAcks";

/** How far each stream has been read; absent at its start. */
export type Positions = { [Name in StreamName]?: string | undefined };

export const STREAMS: readonly {
  readonly name: StreamName;
  readonly kind: HistoryEntry["kind"];
  readonly open: (deps: HistoryDeps, request: HistoryRequest, position: string | undefined) => Stream;
}[] = [
  { name: "transitions", kind: "transition", open: transitionStream },
  { name: "restarts", kind: "restart", open: restartStream },
  { name: "messages", kind: "notification", open: messageStream },
  { name: "pulls", kind: "notification", open: pullStream },
  { name: "actions", kind: "action", open: actionStream },
  { name: "endedAcks", kind: "action", open: endedAckStream },
];

const BATCH = 200;
/** Rows named of one notification; `alerts` has the number of all. */
const MAX_ABOUT = 5;

/** Reads a table in batches; `read` takes a cursor, `positionOf` returns that of one record. */
async function* inBatches<Found>(
  read: (options: { readonly limit: number; readonly cursor?: string }) => Promise<readonly Found[]>,
  toItem: (found: Found) => StreamItem,
  position: string | undefined,
): Stream {
  for (let cursor = position; ; ) {
    const batch = await read({ limit: BATCH, ...(cursor === undefined ? {} : { cursor }) });
    for (const found of batch) {
      const item = toItem(found);
      cursor = item.position;
      yield item;
    }
    if (batch.length < BATCH) return;
  }
}

/** Entries in memory, in any order. A position is the number of older entries: newer ones may be added meanwhile. */
async function* fromMemory(entries: readonly HistoryEntry[], position: string | undefined): Stream {
  const sorted = entries
    .toSorted((a, b) => a.at - b.at)
    .slice(0, position === undefined ? undefined : Number(position));
  for (const [older, entry] of [...sorted.entries()].reverse()) {
    yield { at: entry.at, entry, position: String(older) };
  }
}

function transitionStream({ store }: HistoryDeps, { subject }: HistoryRequest, position: string | undefined): Stream {
  const { target, fingerprint } = subject;
  return inBatches(
    (options) =>
      store.transitions({
        ...options,
        ...(target === undefined ? {} : { namespace: target.namespace }),
        ...(target?.pod === undefined ? {} : { pod: target.pod }),
        ...(fingerprint === undefined ? {} : { fingerprint }),
      }),
    (transition) => ({
      at: transition.at,
      entry: subject.concerns(transition) ? transitionEntry(transition) : undefined,
      position: String(transition.id),
    }),
    position,
  );
}

function transitionEntry({ id, at, labels, fingerprint, episode, from, to, reason }: LoggedTransition): HistoryEntry {
  const { alertname } = labels;
  const row = rowIdOf(labels);
  return { kind: "transition", id: String(id), at, row, fingerprint, episode, alertname, from, to, reason };
}

function restartStream({ live }: HistoryDeps, { subject }: HistoryRequest, position: string | undefined): Stream {
  const { namespace, pod: name, container } = subject.target ?? {};
  const pod = namespace === undefined || name === undefined ? undefined : live.source.pod(namespace, name);
  const restarts = (container && pod && own(live.history(pod.uid)?.containers, container)?.restarts) || [];
  return fromMemory(
    restarts.map((restart) => ({ kind: "restart", id: String(restart.at), ...restartView(restart) })),
    position,
  );
}

function messageStream(
  { store, kindOf }: HistoryDeps,
  { caller, query, subject }: HistoryRequest,
  position: string | undefined,
): Stream {
  const { receiver, from, to } = query;
  return inBatches(
    (options) =>
      store.outbox.messages({
        ...options,
        ...(receiver === undefined ? {} : { receiver }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    (message) => ({
      at: message.notification.createdAt,
      entry: message.notification.alerts.some(subject.concerns)
        ? notificationEntry(message, caller, kindOf(message.notification.receiver))
        : undefined,
      position: String(message.sequence),
    }),
    position,
  );
}

/** Undefined when it is about nothing that the caller sees. */
function notificationEntry(message: OutboxMessage, caller: Caller, receiverKind: string): HistoryEntry | undefined {
  const { notification, state, attempts, dueAt, firstAttemptAt, settledAt, lastAttemptAt, failure } = message;
  const seen = notification.alerts.filter(({ labels }) => caller.sees(labels.namespace));
  if (seen.length === 0) return undefined;
  const seesRest = caller.seesUnwatched || (caller.seesAll && seen.length === notification.alerts.length);
  const endedAt = settledAt ?? lastAttemptAt;
  return {
    kind: "notification",
    id: notification.id,
    at: notification.createdAt,
    receiver: notification.receiver,
    receiverKind,
    status: notification.status,
    about: rowIds(seen),
    alerts: seen.length + (seesRest ? notification.truncatedAlerts : 0),
    result: state === "pending" && failure !== undefined ? "failed" : state,
    attempts,
    ...(state === "pending" ? { dueAt } : {}),
    ...(firstAttemptAt === undefined || endedAt === undefined ? {} : { latencyMs: endedAt - firstAttemptAt }),
    ...(failure === undefined ? {} : { detail: failure.detail }),
    reason: notification.reason,
  };
}

function rowIds(alerts: readonly Alert[]): readonly string[] {
  return [...new Set(alerts.map(({ labels }) => rowIdOf(labels)))].slice(0, MAX_ABOUT);
}

/** Deliveries to consumers: the most recent one of each alert, those of one moment as one entry. */
async function* pullStream(
  { store, live }: HistoryDeps,
  { caller, subject }: HistoryRequest,
  position: string | undefined,
): Stream {
  const entries: { readonly position: string; readonly entry: NotificationEntry }[] = [];
  for (const { name } of await store.deliveries.consumers()) {
    const byMoment = Map.groupBy(await store.deliveries.confirmedDeliveries(name), ({ at }) => at);
    for (const [at, deliveries] of byMoment) {
      const seen = deliveries.flatMap((delivery) => {
        const alert = live.alert(delivery.fingerprint);
        return alert !== undefined && caller.sees(alert.labels.namespace) ? [{ alert, delivery }] : [];
      });
      const alerts = seen.map(({ alert }) => alert);
      if (!alerts.some(subject.concerns)) continue;
      const own = `${String(at).padStart(15, "0")}:${name}`;
      entries.push({ position: own, entry: pullEntry(`pull:${own}`, name, at, alerts, seen[0]?.delivery) });
    }
  }
  const left = entries.filter((one) => position === undefined || one.position < position);
  for (const { entry, position: own } of left.sort((a, b) => (a.position < b.position ? 1 : -1))) {
    yield { at: entry.at, entry, position: own };
  }
}

function pullEntry(
  id: string,
  consumer: string,
  at: Instant,
  alerts: readonly Alert[],
  by: Pick<ConfirmedDelivery, "claimedBy" | "confirmedBy"> | undefined,
): NotificationEntry {
  return {
    kind: "notification",
    id,
    at,
    receiver: consumer,
    receiverKind: "pull",
    status: alerts.some(({ state }) => state.name === "firing") ? "firing" : "resolved",
    about: rowIds(alerts),
    alerts: alerts.length,
    result: "delivered",
    attempts: 1,
    reason: claimedBy(by),
  };
}

function claimedBy({ claimedBy, confirmedBy }: Pick<ConfirmedDelivery, "claimedBy" | "confirmedBy"> = {}): string {
  const claim = claimedBy === undefined ? "claimed by the consumer" : `claimed by ${claimedBy}`;
  return confirmedBy === undefined || confirmedBy === claimedBy ? claim : `${claim}, confirmed by ${confirmedBy}`;
}

function actionStream(
  { store }: HistoryDeps,
  { caller, query, subject }: HistoryRequest,
  position: string | undefined,
): Stream {
  const { from, to } = query;
  const subjects = subjectIds(subject);
  return inBatches(
    (options) =>
      store.actions.actions({
        ...options,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    (action) => ({
      at: action.at,
      entry:
        subjects === undefined || action.about.some((id) => subjects.has(id)) ? actionEntry(action, caller) : undefined,
      position: String(action.id),
    }),
    position,
  );
}

/** The ids under which actions on the subject are logged: its own, and those of what it is part of. */
function subjectIds({ target, fingerprint }: Subject): ReadonlySet<string> | undefined {
  if (fingerprint !== undefined) return new Set([fingerprint]);
  if (target === undefined) return undefined;
  const { namespace, workload, pod, container } = target;
  const own = [workload, pod, pod === undefined || container === undefined ? undefined : `${pod}/${container}`];
  return new Set([namespace, ...own.filter((part) => part !== undefined).map((part) => `${namespace}/${part}`)]);
}

/** Undefined when it is about nothing that the caller sees. */
function actionEntry(logged: LoggedAction, caller: Caller): HistoryEntry | undefined {
  const { id, at, by, action, note } = logged;
  const about = visibleSubjects(logged, caller);
  if (about === undefined) return undefined;
  // A note on several places may name any of them.
  const isNoteVisible = note && about.length === logged.about.length;
  return { kind: "action", id: String(id), at, by, action, about, ...(isNoteVisible ? { note } : {}) };
}

/**
 * The rows among the subjects that the caller sees. Fingerprints and silence ids are included when the caller sees all
 * rows. An action without a row (a receiver, a silence of everything) is for callers who see all namespaces.
 */
function visibleSubjects({ about, action }: LoggedAction, caller: Caller): readonly string[] | undefined {
  if (caller.seesUnwatched) return about;
  const namespaces = new Map(about.map((subject) => [subject, namespaceOf(subject, action)]));
  const seen = about.filter((subject) => {
    const namespace = namespaces.get(subject);
    return namespace !== undefined && caller.sees(namespace);
  });
  const named = [...namespaces.values()].filter((one) => one !== undefined);
  if (named.length === 0) return caller.seesAll ? about : undefined;
  if (seen.length === 0) return undefined;
  return seen.length === named.length ? about : seen;
}

function namespaceOf(subject: string, action: LoggedAction["action"]): string | undefined {
  if (subject.includes("/")) return parseRowId(subject)?.namespace;
  // A whole namespace is logged by its name, next to the id of the silence or the fingerprint of the alert.
  const hasRows = action.startsWith("silence") || ["ack", "unack", "release"].includes(action);
  return hasRows && !SILENCE_ID.test(subject) && !FINGERPRINT.test(subject) ? subject : undefined;
}

/** See core/model/fingerprint.ts. */
const FINGERPRINT = /^[0-9a-f]{16}$/;

/** Acknowledgements that ended by themselves. No log has them: they follow from the episodes. */
async function* endedAckStream(
  { live, store, clock, containers }: HistoryDeps,
  { subject: { target } }: HistoryRequest,
  position: string | undefined,
): Stream {
  if (target === undefined) return;
  const window = containers.restartPolicy(target).timeframe;
  yield* fromMemory(await endedAcks({ live, store, now: clock.now(), window }, target), position);
}
