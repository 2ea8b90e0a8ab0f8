import { setImmediate as nextTurn } from "node:timers/promises";
import type { LastDelivery } from "../../core/delivery/delivery-due.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../../core/model/time.ts";
import { isSame } from "../../core/util/same.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { ConfirmedDelivery } from "../../ports/delivery.ts";
import type { LiveState, StateChanges } from "../../ports/live-state.ts";
import type { OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import type { AlertStore } from "../../ports/store.ts";
import { DEFAULT_CONSUMER } from "../base/consumer-names.ts";
import type { Row } from "../schemas/state.ts";
import { ChangeLog, type ChangeLogEntry } from "./change-log.ts";
import type { Containers } from "./containers.ts";
import type { Pull } from "./pull.ts";
import { createRowAlerts, type RowAlerts } from "./row-alerts.ts";
import { groupOf, type RowContext, rowsOf } from "./rows.ts";

/**
 * The rows of the page, kept true while somebody looks: built at the first request, brought up to date by what changes,
 * and dropped when nobody has asked for a while. Many pages share one book; each sees its own namespaces of it.
 */
export interface StatusRowCache extends Disposable {
  /** All rows as of `seq`, by id. Resolves when the book is complete. */
  read(): Promise<Snapshot>;
  /** The rows of one group (`groupOf`), as they are now, whether or not the book is open. */
  group(labels: Parameters<typeof groupOf>[0]): Promise<readonly Row[]>;
  /** Likewise, with the rows of alerts that are long over and still known. */
  remembered(labels: Parameters<typeof groupOf>[0]): Promise<readonly Row[]>;
  /** The rows for which something fires, as they are now. Does not open the book: who asks may ask once a minute. */
  problems(): Promise<readonly Row[]>;
  /** Called with each numbered change while not disposed; keeps the book open. */
  follow(listener: (entry: ChangeLogEntry) => void): Disposable;
  /** What came after that change, oldest first; undefined when it is not all known any more. */
  since(seq: number): readonly ChangeLogEntry[] | undefined;
  /** Somebody was told of alerts: what was Failure may now be Sent. */
  told(): void;
  /** Silences changed, or the rules: every row may look different. */
  everythingChanged(what: "rows" | "config"): void;
  /** What the health says beside the namespaces has changed. */
  healthChanged(): void;
  readonly seq: number;
}

export interface Snapshot {
  readonly seq: number;
  readonly rows: ReadonlyMap<string, Row>;
}

export interface StatusRowCacheDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "deliveries" | "transitions"> & { readonly outbox: Pick<OutboxStore, "messages"> };
  readonly containers: Containers;
  readonly pull: Pick<Pull, "inFlight">;
  readonly silenceOf: RowContext["silenceOf"];
  readonly clock: Clock;
}

/** Four patches a second at most: more often than people can read. */
const COALESCE: Duration = 250;
/** Time alone changes rows, too: a silence ends, a gone pod's window is over. */
const SWEEP: Duration = 30 * SECOND;
/** Delivered messages that are looked through for who was told: what fires for long is told of again and again. */
const MESSAGES = 1_000;
/** Transitions that are looked through for what happened within the window. */
const MAX_RECALLED = 5_000;
const RECALLED_AT_ONCE = 1_000;
/** A hundred thousand rows take a while: after so many, which are some milliseconds, others get their turn. */
const PODS_A_TURN = 200;
/** A page that polls every minute keeps the book open. */
const KEPT_OPEN: Duration = 5 * MINUTE;

export function createStatusRowCache(deps: StatusRowCacheDeps): StatusRowCache {
  const { live, containers, clock } = deps;
  const rows = new Map<string, Row>();
  const idsOfGroup = new Map<string, readonly string[]>();
  const alerts = createRowAlerts(live);
  /** When the pods of groups were seen to be gone. */
  const goneAt = new Map<string, Instant>();
  /** Groups with rows that time alone may change. */
  const passing = new Set<string>();
  const dirty = new Set<string>();
  const changeLog = new ChangeLog(startOfNumbers(clock));
  const listeners = new Set<(entry: ChangeLogEntry) => void>();

  let opened: Promise<void> | undefined;
  let subscription: Disposable | undefined;
  let flushTimer: Timer | undefined;
  let flushing = Promise.resolve();
  let sweepTimer: Timer | undefined;
  let usedAt = clock.monotonic();
  let confirmedDeliveries: ReadonlyMap<string, ConfirmedDelivery> = new Map();
  let notified: ReadonlyMap<string, LastDelivery> = new Map();
  let firstNotified: ReadonlyMap<string, Instant> = new Map();
  let isNotifiedStale = true;
  let reading = Promise.resolve();
  let isHealthDirty = false;
  let isConfigDirty = false;

  const context: RowContext = {
    containers,
    silenceOf: deps.silenceOf,
    toldOf: ({ fingerprint }) => newer(confirmedDeliveries.get(fingerprint), notified.get(fingerprint)),
    now: clock.now,
  };

  /** Whoever asks while somebody reads waits for that, and is not told what was true before. */
  function readNotified(): Promise<void> {
    reading = reading.catch(() => {}).then(readNotifiedIfStale);
    return reading;
  }

  async function readNotifiedIfStale(): Promise<void> {
    if (!isNotifiedStale) return;
    isNotifiedStale = false;
    try {
      const confirmed = await deps.store.deliveries.confirmedDeliveries(DEFAULT_CONSUMER);
      const all = [...confirmed, ...deps.pull.inFlight(DEFAULT_CONSUMER)];
      confirmedDeliveries = new Map(all.map((one) => [one.fingerprint, one]));
      const messages = await deps.store.outbox.messages({ states: ["delivered"], limit: MESSAGES });
      notified = newestDeliveries(messages);
      firstNotified = firstDeliveries(messages, all);
    } catch (error) {
      isNotifiedStale = true;
      throw error;
    }
  }

  /** What the log says of the window: the alerts themselves tell of their last episode alone. */
  async function recall(into: RowAlerts): Promise<void> {
    const from = windowStart();
    let cursor: string | undefined;
    for (let read = 0; read < MAX_RECALLED; read += RECALLED_AT_ONCE) {
      const transitions = await deps.store.transitions({
        limit: RECALLED_AT_ONCE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      into.recall(transitions.filter(({ at }) => at > from));
      const oldest = transitions.at(-1);
      if (oldest === undefined || oldest.at <= from || transitions.length < RECALLED_AT_ONCE) return;
      cursor = String(oldest.id);
    }
  }

  async function readAlerts(into: RowAlerts): Promise<void> {
    for (const alert of live.alerts()) into.note(alert);
    await recall(into);
    into.forget(windowStart());
  }

  const windowStart = () => clock.now() - containers.policy().restartTimeframe;

  // ─── Opening and closing ───────────────────────────────────────────────────────────────────────────────────────

  function open(): Promise<void> {
    usedAt = clock.monotonic();
    opened ??= build().catch((error: unknown) => {
      close();
      throw error;
    });
    return opened;
  }

  async function build(): Promise<void> {
    subscription = live.subscribe(note);
    await readNotified();
    await readAlerts(alerts);
    let made = 0;
    for (const pod of live.source.pods()) {
      const key = groupOf({ namespace: pod.namespace, pod: pod.name });
      renew(key);
      made++;
      if (made % PODS_A_TURN === 0) await nextTurn();
    }
    for (const key of alerts.groups()) if (!idsOfGroup.has(key)) renew(key);
    changeLog.begin();
    sweepTimer = clock.after(SWEEP, sweep);
    if (dirty.size > 0) scheduleFlush();
  }

  function close(): void {
    subscription?.[Symbol.dispose]();
    flushTimer?.cancel();
    sweepTimer?.cancel();
    subscription = flushTimer = sweepTimer = opened = undefined;
    for (const known of [rows, idsOfGroup, alerts, goneAt, passing, dirty]) known.clear();
    isNotifiedStale = true;
    changeLog.forget();
  }

  function sweep(): void {
    if (listeners.size === 0 && clock.monotonic() - usedAt > KEPT_OPEN) {
      close();
      return;
    }
    for (const key of passing) dirty.add(key);
    alerts.forget(windowStart());
    // Another replica may have told somebody, or ended a silence.
    isNotifiedStale = true;
    markTroubled();
    sweepTimer = clock.after(SWEEP, sweep);
    void flush();
  }

  // ─── Changes ───────────────────────────────────────────────────────────────────────────────────────────────────

  function note(changes: StateChanges): void {
    for (const { namespace, name } of changes.pods.values()) {
      const key = groupOf({ namespace, pod: name });
      dirty.add(key);
      if (live.source.pod(namespace, name) !== undefined) goneAt.delete(key);
      else if (!goneAt.has(key)) goneAt.set(key, clock.now());
    }
    for (const alert of changes.alerts) {
      alerts.note(alert);
      dirty.add(groupOf(alert.labels));
    }
    if (changes.namespaces.size > 0) isHealthDirty = true;
    scheduleFlush();
  }

  function scheduleFlush(): void {
    flushTimer ??= clock.after(COALESCE, () => {
      flushTimer = undefined;
      void flush();
    });
  }

  /** One after another: what is numbered later must not be older. */
  function flush(): Promise<void> {
    flushing = flushing.then(flushOnce);
    return flushing;
  }

  async function flushOnce(): Promise<void> {
    try {
      await opened;
      await readNotified();
    } catch {
      // The store does not answer: what was told is what was known before, and asked for again next time.
      isNotifiedStale = true;
    }
    const changed: Row[] = [];
    const removed: Row[] = [];
    let made = 0;
    for (const key of dirty) {
      dirty.delete(key);
      renew(key, changed, removed);
      made++;
      if (made % PODS_A_TURN === 0) await nextTurn();
      if (opened === undefined) return;
    }
    if (opened === undefined) return;
    if (changed.length === 0 && removed.length === 0 && !isHealthDirty && !isConfigDirty) return;
    const entry = changeLog.add({ changed, removed, health: isHealthDirty, config: isConfigDirty });
    isHealthDirty = isConfigDirty = false;
    for (const listener of [...listeners]) listener(entry);
  }

  /** Recomputes one group, noting what became of its rows. */
  function renew(key: string, changed: Row[] = [], removed: Row[] = []): void {
    const before = idsOfGroup.get(key) ?? [];
    const made = compute(key);
    for (const row of made) {
      if (isSame(rows.get(row.id), row)) continue;
      rows.set(row.id, row);
      changed.push(row);
    }
    const ids = made.map(({ id }) => id);
    for (const id of before) {
      if (ids.includes(id)) continue;
      removed.push(rows.get(id)!);
      rows.delete(id);
    }
    if (ids.length === 0) {
      idsOfGroup.delete(key);
      goneAt.delete(key);
    } else {
      idsOfGroup.set(key, ids);
    }
    if (made.some(isPassing)) passing.add(key);
    else passing.delete(key);
  }

  /** The rows of a group, with what happened there within the window, or ever. */
  function compute(key: string, from = windowStart(), known = alerts): readonly Row[] {
    const spans = known.spans(key, (fingerprint, episode) => firstNotified.get(`${fingerprint}.${episode}`));
    const group = { pod: podOf(key), goneAt: goneAt.get(key), alerts: alertsIn(known, key, from), spans };
    return rowsOf(group, context);
  }

  function podOf(key: string): PodSnapshot | undefined {
    const [namespace, name] = splitKey(key);
    return name === undefined ? undefined : live.source.pod(namespace, name);
  }

  /** Firing ones, and those that resolved after that. */
  function alertsIn(known: RowAlerts, key: string, from: Instant): readonly Alert[] {
    return known
      .of(key)
      .filter(({ state }) => state.name === "firing" || (state.name === "resolved" && state.resolvedAt > from));
  }

  function markTroubled(): void {
    for (const key of troubled(alerts)) dirty.add(key);
  }

  function markAll(): void {
    for (const key of [...idsOfGroup.keys(), ...alerts.groups()]) dirty.add(key);
    if (opened !== undefined) scheduleFlush();
  }

  return {
    read: async () => {
      await open();
      return { seq: changeLog.seq, rows };
    },
    group: async (labels) => {
      await open();
      return compute(groupOf(labels));
    },
    remembered: async (labels) => {
      await open();
      return compute(groupOf(labels), Number.NEGATIVE_INFINITY);
    },
    problems: async () => {
      let known = alerts;
      if (opened === undefined) {
        isNotifiedStale = true;
        known = createRowAlerts(live);
        await readAlerts(known);
      }
      await Promise.all([opened, readNotified()]);
      return troubled(known)
        .flatMap((key) => compute(key, windowStart(), known))
        .filter((row) => row.state !== "Normal" && row.deletedAt === undefined);
    },
    follow: (listener) => {
      open().catch(() => {});
      listeners.add(listener);
      return {
        [Symbol.dispose]: () => {
          listeners.delete(listener);
          usedAt = clock.monotonic();
        },
      };
    },
    since: (seq) => changeLog.since(seq),
    told: () => {
      isNotifiedStale = true;
      markTroubled();
      if (opened !== undefined) scheduleFlush();
    },
    everythingChanged: (what) => {
      if (what === "config") isConfigDirty = true;
      markAll();
    },
    healthChanged: () => {
      isHealthDirty = true;
      if (opened !== undefined) scheduleFlush();
    },
    get seq() {
      return changeLog.seq;
    },
    [Symbol.dispose]: close,
  };
}

/**
 * A number beyond any that an earlier run or another replica has given out: those count on by four a second at most,
 * this one is ahead by a thousand for each millisecond of start time. Below 2^53 until the year 2255.
 */
function startOfNumbers(clock: Clock): number {
  return clock.now() * 1_000 + Math.floor(clock.random() * 1_000);
}

function splitKey(key: string): [string, string | undefined] {
  const slash = key.indexOf("/");
  if (slash === -1) return [key, undefined];
  const rest = key.slice(slash + 1);
  return [key.slice(0, slash), /^[A-Z]/.test(rest) ? undefined : rest];
}

/** Of each alert that a message said to be firing, the newest message. */
function newestDeliveries(messages: readonly OutboxMessage[]): ReadonlyMap<string, LastDelivery> {
  const newest = new Map<string, LastDelivery>();
  for (const { notification, settledAt } of messages) {
    for (const { fingerprint, episode, state } of notification.alerts) {
      if (state.name !== "firing" || settledAt === undefined) continue;
      newest.set(fingerprint, newer(newest.get(fingerprint), { episode, at: settledAt })!);
    }
  }
  return newest;
}

/** By fingerprint and episode, when it was told of first, as far as that is known. */
function firstDeliveries(
  messages: readonly OutboxMessage[],
  confirmedDeliveries: readonly ConfirmedDelivery[],
): ReadonlyMap<string, Instant> {
  const first = new Map<string, Instant>();
  const note = (key: string, at: Instant) => first.set(key, Math.min(at, first.get(key) ?? at));
  for (const { notification, settledAt } of messages) {
    for (const { fingerprint, episode, state } of notification.alerts) {
      if (state.name === "firing" && settledAt !== undefined) note(`${fingerprint}.${episode}`, settledAt);
    }
  }
  for (const { fingerprint, episode, at } of confirmedDeliveries) note(`${fingerprint}.${episode}`, at);
  return first;
}

/** Groups in which something fires. */
function troubled(alerts: RowAlerts): readonly string[] {
  return [...alerts.groups()].filter((key) => alerts.of(key).some(({ state }) => state.name === "firing"));
}

/** Time alone changes it. */
function isPassing({ deletedAt, resolvedAt, silenced, changes }: Row): boolean {
  return deletedAt !== undefined || resolvedAt !== undefined || silenced !== undefined || changes !== undefined;
}

function newer(a: LastDelivery | undefined, b: LastDelivery | undefined): LastDelivery | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.episode > a.episode || (b.episode === a.episode && b.at > a.at) ? b : a;
}
