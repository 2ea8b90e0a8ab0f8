import { DAY, type Instant } from "../../core/model/time.ts";
import { SILENCE_ID } from "../../core/notify/silence.ts";
import type { ActionStore, LoggedAction } from "../../ports/activity.ts";
import type { DeliveryStore } from "../../ports/delivery.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import type { ActivityEntry, ActivityQuery, NotificationEntry, Page } from "../base/api-types.ts";
import type { Caller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import { parseRowId } from "../rows/row-id.ts";
import { rowIdOf } from "../rows/rows.ts";

export interface ActivityDeps {
  readonly live: Pick<LiveState, "alert">;
  readonly store: {
    readonly outbox: Pick<OutboxStore, "messages">;
    readonly actions: Pick<ActionStore, "actions">;
    readonly deliveries: Pick<DeliveryStore, "consumers" | "confirmedDeliveries">;
  };
  readonly kindOf: (receiver: string) => string;
}

const BATCH = 200;
/** Entries that one page looks through when most do not match. */
const LOOKED_THROUGH = 4_000;
/** Rows named of one message; how many there were is said beside. */
const MAX_ABOUT = 5;

/** An entry with its place in the stream that it comes from, which is where the next page goes on. */
interface Placed {
  readonly entry: ActivityEntry;
  readonly stream: keyof Cursor;
  readonly place: string;
}

/** How far each stream has been read; absent at its beginning. */
type Cursor = { messages?: string; actions?: string; pulls?: string };

/** What was sent and what people did, newest first: three streams, merged by time. */
export async function activityOf(
  deps: ActivityDeps,
  caller: Caller,
  query: ActivityQuery,
): Promise<Page<ActivityEntry>> {
  const { limit = 100 } = query;
  const cursor = parseCursor(query.cursor);
  const matches = filterOf(query);
  const wanted = (kind: ActivityEntry["kind"]) => query.kind === undefined || query.kind === kind;
  const messages = wanted("notification") ? messageStream(deps, caller, query, cursor.messages) : nothing();
  const actions = wanted("action") ? actionStream(deps, caller, query, cursor.actions) : nothing();
  const pulls = wanted("notification") ? pullStream(deps, caller, cursor.pulls) : nothing();

  const entries: ActivityEntry[] = [];
  let seen = 0;
  for await (const { entry, stream, place } of newestFirst([messages, actions, pulls])) {
    cursor[stream] = place;
    if (++seen > LOOKED_THROUGH) return { entries, next: formatCursor(cursor) };
    if (!matches(entry)) continue;
    entries.push(entry);
    if (entries.length === limit) return { entries, next: formatCursor(cursor) };
  }
  return { entries };
}

type Stream = AsyncGenerator<Placed, void>;

async function* nothing(): Stream {}

async function* newestFirst(streams: readonly Stream[]): Stream {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, head: await stream.next() })));
  for (;;) {
    const open = heads.filter(({ head }) => head.done !== true);
    const next = open.toSorted((a, b) => momentOf(b.head.value) - momentOf(a.head.value))[0];
    if (next === undefined) return;
    yield next.head.value as Placed;
    next.head = await next.stream.next();
  }
}

// biome-ignore lint/suspicious/noConfusingVoidType: what a generator's value is once it is done
function momentOf(placed: Placed | void): Instant {
  return placed?.entry.at ?? 0;
}

async function* messageStream(
  { store, kindOf }: ActivityDeps,
  caller: Caller,
  query: ActivityQuery,
  begin?: string,
): Stream {
  for (let cursor = begin; ; ) {
    const batch = await store.outbox.messages({
      limit: BATCH,
      ...(query.receiver === undefined ? {} : { receiver: query.receiver }),
      ...(query.from === undefined ? {} : { from: query.from }),
      ...(query.to === undefined ? {} : { to: query.to }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const message of batch) {
      cursor = String(message.sequence);
      const entry = notificationEntry(message, caller, kindOf(message.notification.receiver));
      if (entry !== undefined) yield { entry, stream: "messages", place: cursor };
    }
    if (batch.length < BATCH) return;
  }
}

async function* actionStream({ store }: ActivityDeps, caller: Caller, query: ActivityQuery, begin?: string): Stream {
  for (let cursor = begin; ; ) {
    const batch = await store.actions.actions({
      limit: BATCH,
      ...(query.from === undefined ? {} : { from: query.from }),
      ...(query.to === undefined ? {} : { to: query.to }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const action of batch) {
      cursor = String(action.id);
      const entry = actionEntry(action, caller);
      if (entry !== undefined) yield { entry, stream: "actions", place: cursor };
    }
    if (batch.length < BATCH) return;
  }
}

/** Hand-overs to consumers: the newest of each alert, those of one moment as one entry. */
async function* pullStream({ store, live }: ActivityDeps, caller: Caller, begin?: string): Stream {
  const consumers = await store.deliveries.consumers();
  const entries = await Promise.all(
    consumers.map(async ({ name }) => {
      const byMoment = Map.groupBy(await store.deliveries.confirmedDeliveries(name), ({ at }) => at);
      return [...byMoment].map(([at, confirmedDeliveries]) => {
        const alerts = confirmedDeliveries
          .map(({ fingerprint }) => live.alert(fingerprint))
          .filter((alert) => alert !== undefined);
        const seen = alerts.filter(({ labels }) => caller.sees(labels.namespace));
        return { name, at, seen };
      });
    }),
  );
  const placed = entries
    .flat()
    .filter(({ seen }) => seen.length > 0)
    .map(({ name, at, seen }) => ({ name, at, seen, place: `${String(at).padStart(15, "0")}:${name}` }))
    .filter(({ place }) => begin === undefined || place < begin)
    .sort((a, b) => (a.place < b.place ? 1 : -1));
  for (const { name, at, seen, place } of placed) {
    const entry: NotificationEntry = {
      kind: "notification",
      id: `pull:${place}`,
      at,
      receiver: name,
      receiverKind: "pull",
      status: seen.some(({ state }) => state.name === "firing") ? "firing" : "resolved",
      about: seen.slice(0, MAX_ABOUT).map(({ labels }) => rowIdOf(labels)),
      alerts: seen.length,
      result: "delivered",
      attempts: 1,
      reason: "the consumer asked for it",
    };
    yield { entry, stream: "pulls", place };
  }
}

/** Undefined when it is about nothing that the caller may see. */
export function notificationEntry(
  message: OutboxMessage,
  caller: Caller,
  receiverKind: string,
): NotificationEntry | undefined {
  const { notification, state, attempts, firstAttemptAt, settledAt, lastAttemptAt, failure } = message;
  const seen = notification.alerts.filter(({ labels }) => caller.sees(labels.namespace));
  if (seen.length === 0) return undefined;
  const ended = settledAt ?? lastAttemptAt;
  return {
    kind: "notification",
    id: notification.id,
    at: notification.createdAt,
    receiver: notification.receiver,
    receiverKind,
    status: notification.status,
    about: [...new Set(seen.map(({ labels }) => rowIdOf(labels)))].slice(0, MAX_ABOUT),
    alerts: seen.length + (caller.seesAll ? notification.truncatedAlerts : 0),
    result: state === "pending" && failure !== undefined ? "failed" : state,
    attempts,
    ...(firstAttemptAt === undefined || ended === undefined ? {} : { latency: ended - firstAttemptAt }),
    ...(failure === undefined ? {} : { detail: failure.detail }),
    reason: notification.reason,
  };
}

/** Undefined when it is about nothing that the caller may see. */
function actionEntry(logged: LoggedAction, caller: Caller): ActivityEntry | undefined {
  const { id, at, by, action } = logged;
  const about = visibleSubjects(logged, caller);
  if (about === undefined) return undefined;
  const note = visibleNote(logged, caller);
  return { kind: "action", id: String(id), at, by, action, about, ...(note === undefined ? {} : { note }) };
}

/** What was said of several places at once may name any of them: it is for who sees them all. */
export function visibleNote(logged: LoggedAction, caller: Caller): string | undefined {
  const { about, note } = logged;
  return note && visibleSubjects(logged, caller)?.length === about.length ? note : undefined;
}

/**
 * Of what an action was about, the places that the caller sees, and what else is named beside them if they see them all:
 * fingerprints, the silence. What names no place (a receiver, a silence of everything) is for those who may see all.
 */
function visibleSubjects({ about, action }: LoggedAction, caller: Caller): readonly string[] | undefined {
  if (caller.seesAll) return about;
  const namespaces = new Map(about.map((subject) => [subject, namespaceOf(subject, action)]));
  const seen = about.filter((subject) => {
    const namespace = namespaces.get(subject);
    return namespace !== undefined && caller.sees(namespace);
  });
  if (seen.length === 0) return undefined;
  return seen.length === [...namespaces.values()].filter((one) => one !== undefined).length ? about : seen;
}

function namespaceOf(subject: string, action: LoggedAction["action"]): string | undefined {
  if (subject.includes("/")) return parseRowId(subject)?.namespace;
  // A whole namespace is logged by its bare name, beside the silence's id or the alert's fingerprint.
  const isOfPlaces = action.startsWith("silence") || action === "ack" || action === "unack";
  return isOfPlaces && !SILENCE_ID.test(subject) && !FINGERPRINT.test(subject) ? subject : undefined;
}

/** As core/fingerprint.ts makes them. */
const FINGERPRINT = /^[0-9a-f]{16}$/;

function filterOf({ result, receiver, q, from, to }: ActivityQuery): (entry: ActivityEntry) => boolean {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (entry) => {
    if (from !== undefined && entry.at < from) return false;
    if (to !== undefined && entry.at > to) return false;
    if (entry.kind === "notification") {
      if (result !== undefined && entry.result !== result) return false;
      if (receiver !== undefined && entry.receiver !== receiver) return false;
    } else if (result !== undefined || receiver !== undefined) {
      return false;
    }
    const text = textOf(entry).toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function textOf(entry: ActivityEntry): string {
  const own =
    entry.kind === "action" ? [entry.by, entry.action, entry.note] : [entry.receiver, entry.detail, entry.reason];
  return [...entry.about, ...own].join(" ");
}

function parseCursor(given: string | undefined): Cursor {
  if (given === undefined) return {};
  const match = /^(\d{0,15})~(\d{0,15})~((?:\d{15}:[A-Za-z0-9._-]{1,63})?)$/.exec(given);
  if (match === null) {
    throw new HttpProblem(400, "The cursor is not one that this program gave: leave it out to begin anew.");
  }
  const [, messages, actions, pulls] = match;
  return { ...(messages ? { messages } : {}), ...(actions ? { actions } : {}), ...(pulls ? { pulls } : {}) };
}

function formatCursor({ messages = "", actions = "", pulls = "" }: Cursor): string {
  return `${messages}~${actions}~${pulls}`;
}

/** How long a message that is sent once more is tried. */
export const RESENT_FOR = DAY;
